package names

import (
	"encoding/binary"
	"hash/maphash"

	"weir/internal/packet"
)

// Types of records that are read (IANA, DNS parameters).
const (
	typeA     = 1
	typeCNAME = 5
	typeAAAA  = 28
	typeSVCB  = 64
	typeHTTPS = 65
)

// Message is the head of a DNS message: a query (opcode 0), or its answer on the
// way back. It is read during the call only.
type Message struct {
	At       int64
	Client   Client   // who asks; of an announcement by multicast, who announces
	Resolver Resolver // who answers
	Port     uint16   // the client's
	ID       uint16
	Response bool
	Rcode    uint8
	Type     uint16 // of the question
	Name     []byte // of the question, in presentation form
}

// Answer is a record of a response. It is read during the call only.
type Answer struct {
	Owner  []byte // the name that it is about, in presentation form
	Type   uint16
	TTL    uint32      // seconds
	Target []byte      // of a CNAME; of SVCB and HTTPS, nil for the owner itself
	Addr   packet.Addr // of A and AAAA, or a hint of SVCB and HTTPS (RFC 9460 section 7.3)
}

// mostRecords is how many records of one message are read.
const mostRecords = 32

// exchange is the response that is being read. Names are hashes here.
type exchange struct {
	active  bool
	local   bool // an announcement: each record stands for itself
	private bool
	via     Via
	at      int64
	client  uint32 // clientKey
	entry   uint32 // in the log
	asked   uint64 // the name
	name    uint32 // what its addresses are learnt as, with a reference
	records [mostRecords]record
	len     int
}

type record struct {
	owner, target uint64 // target 0: an address
	domain        uint64 // of the target
	addr          packet.Addr
	ttl           uint32
}

// Message takes the head of a message. The records of the answer section of a
// response follow, one by one, by Answer, then Done.
func (n *Names) Message(m *Message) {
	if !n.cfg.Decode {
		return
	}
	n.drop()
	if n.start == 0 {
		n.start = m.At
	}
	if m.Resolver.Via == MDNS || m.Resolver.Via == LLMNR {
		n.open = exchange{active: m.Response && m.Rcode == 0, local: true, private: m.Client.Private, via: m.Resolver.Via, at: m.At}
		return
	}
	var room [MaxText]byte
	text, _ := Clean(room[:0], m.Name)
	asked := n.hashText(text)
	// What only counts takes no new names when half of the room for texts is taken.
	name := n.name(text, m.Client.Private, m.Response && m.Rcode == 0 || n.Pool.Spare())
	slot := n.client(&m.Client, m.At)
	if m.Response {
		n.response(m, slot, asked, name)
		return
	}
	n.query(m, slot, asked, name)
	n.Pool.Release(name)
}

// name returns what may be kept of a cleaned name, with a reference.
func (n *Names) name(text []byte, private, room bool) uint32 {
	var kept [MaxText]byte
	t := n.reduce.Append(kept[:0], text, private)
	if len(t) == 0 {
		return 0
	}
	if room {
		return n.put(t)
	}
	return n.Pool.Hold(n.Pool.Find(t))
}

func (n *Names) query(m *Message, slot uint16, asked uint64, name uint32) {
	n.uses(&m.Client, slot, &m.Resolver, m.At)
	c := &n.clients.slots[slot]
	w, repeated := n.pending.add(n.hash(m, asked), m.At)
	if repeated {
		n.total.Repeats++
		c.counts.Repeats++
		return
	}
	n.total.Queries++
	c.counts.Queries++
	w.client = c.key
	w.entry = n.log.add(m, c.key, name)
	n.tally.add(0, name)
	n.tally.add(slot+1, name)
}

// response counts a response and opens it for its records.
func (n *Names) response(m *Message, slot uint16, asked uint64, name uint32) {
	c := &n.clients.slots[slot]
	w := n.pending.find(n.hash(m, asked))
	if w != nil && w.answered {
		n.Pool.Release(name) // seen before
		return
	}
	if w == nil {
		n.total.Unasked++
		c.counts.Unasked++
		if !n.believed(m, slot) {
			n.Pool.Release(name)
			return
		}
	}
	result := resultOf(m.Rcode)
	n.total.Answers[result]++
	c.counts.Answers[result]++
	entry := uint32(0)
	if w == nil {
		n.uses(&m.Client, slot, &m.Resolver, m.At)
		entry = n.log.add(m, c.key, name)
		n.tally.add(0, name)
		n.tally.add(slot+1, name)
	} else {
		entry = w.entry
		w.answered = true
		n.total.took(m.At - w.at)
		c.counts.took(m.At - w.at)
	}
	if e := n.log.entry(entry); e != nil {
		e.rcode, e.state = m.Rcode, e.state|entryAnswered
		if w != nil {
			e.state |= entryTimed
			e.took = uint32(min(max(m.At-w.at, 0), queryLife))
		}
	}
	if result == NoSuch {
		n.tally.deny(0, name)
		n.tally.deny(slot+1, name)
		n.denied.note(c.key, m.Client.Device, name, m.At)
	}
	if led := n.aliases.find(n.aliasHash(c.key, asked), m.At); led != 0 && !m.Client.Private {
		n.Pool.Hold(led)
		n.Pool.Release(name)
		name = led
	}
	n.open = exchange{active: true, at: m.At, client: c.key, entry: entry, asked: asked, name: name}
}

// believed reports whether an answer counts although its question was not seen:
// from a resolver that the client has asked before. Else anybody who can send the
// client a datagram could name what it talks to. Where no questions are seen at
// all, as in a capture of one direction, nothing better is to be had.
func (n *Names) believed(m *Message, slot uint16) bool {
	i := n.resolvers.find(&m.Resolver)
	return n.total.Queries == 0 || i >= 0 && n.clients.slots[slot].uses&(1<<i) != 0
}

// Answer takes a record of the answer section of the response that Message began.
func (n *Names) Answer(a *Answer) {
	x := &n.open
	if !x.active {
		return
	}
	if x.len == mostRecords { // before its names cost anything
		n.stats.RecordsIgnored++
		return
	}
	if x.local {
		x.len++
		n.announced(a)
		return
	}
	r := record{addr: a.Addr, ttl: a.TTL}
	switch a.Type {
	case typeA, typeAAAA:
	case typeSVCB, typeHTTPS, typeCNAME:
		if len(a.Target) > 0 {
			r.target, r.domain = n.hashTarget(a.Target)
		}
	default:
		return
	}
	if r.target == 0 && a.Addr == (packet.Addr{}) {
		return
	}
	if r.owner = n.hashName(a.Owner); r.owner == 0 {
		return
	}
	x.records[x.len] = r
	x.len++
}

// hashName returns the hash of a name, the same for every case of its letters; 0
// for what Clean does not take.
func (n *Names) hashName(name []byte) uint64 {
	var room [MaxText]byte
	text, _ := Clean(room[:0], name)
	return n.hashText(text)
}

// hashTarget also returns the hash of the name's domain.
func (n *Names) hashTarget(name []byte) (whole, domain uint64) {
	var room [MaxText]byte
	text, _ := Clean(room[:0], name)
	return n.hashText(text), n.hashText(Domain(text))
}

func (n *Names) hashText(text []byte) uint64 {
	if len(text) == 0 {
		return 0
	}
	return maphash.Bytes(n.seed, text) | 1
}

// Done ends the response: the addresses that its chain of aliases leads to are
// learnt under the name that was asked for.
func (n *Names) Done() {
	if x := &n.open; x.active && !x.local {
		n.learn(x)
	}
	n.drop()
}

// drop ends the response without learning from it.
func (n *Names) drop() {
	n.Pool.Release(n.open.name)
	n.open.active, n.open.name, n.open.len = false, 0, 0
}

// learn follows the aliases from the name that was asked for, in whatever order
// they stand. An alias is cached no longer than its own TTL says, so the chain's
// least one counts for all.
func (n *Names) learn(x *exchange) {
	var reached [mostRecords]bool
	var queue [mostRecords + 1]uint64
	queue[0] = x.asked
	domain := n.hashText(Domain(n.Pool.Text(x.name)))
	ttl := ^uint32(0)
	for next, end := 0, 1; next < end; next++ {
		for i := range x.records[:x.len] {
			r := &x.records[i]
			if reached[i] || r.owner != queue[next] {
				continue
			}
			reached[i] = true
			if r.target != 0 {
				ttl = min(ttl, r.ttl)
				if r.domain != domain {
					n.aliases.add(n.aliasHash(x.client, r.target), x.name, ttl, x.at)
				}
				queue[end] = r.target
				end++
			}
		}
	}
	e := n.log.entry(x.entry)
	for i := range x.records[:x.len] {
		r := &x.records[i]
		if !reached[i] || r.addr == (packet.Addr{}) {
			continue
		}
		if e != nil && e.first == (packet.Addr{}) {
			e.first = r.addr
		}
		if useful(&r.addr) {
			n.Answers.Learn(x.client, &r.addr, x.name, min(ttl, r.ttl), x.at)
		}
	}
}

// aliasHash mixes a client and the hash of a name.
func (n *Names) aliasHash(client uint32, name uint64) uint64 {
	var b [12]byte
	binary.LittleEndian.PutUint32(b[:], client)
	binary.LittleEndian.PutUint64(b[4:], name)
	return maphash.Bytes(n.seed, b[:]) | 1
}
