package names

import (
	"encoding/binary"
	"hash/maphash"

	"weir/internal/packet"
)

// Config bounds a Names.
type Config struct {
	// Decode says that DNS is looked at. Without it (dns_mode off) the only names
	// are those that Keep is given.
	Decode  bool
	Privacy Privacy
	Flows   int // kept at once by the engine
	Devices int
}

// What the bounds follow from Config: bytes of texts for a flow, flows for one
// answer, and counted names for a device.
const (
	flowText     = 40
	answerFlows  = 2
	deviceCounts = 4
)

// warmUp is how long after the start no flow is called one to a stranger, in
// microseconds: what was asked before was not seen.
const warmUp = (leastLife + grace) * 1_000_000

// Names is what is known of names. Use New.
type Names struct {
	Pool    *Pool
	Answers *Answers // another one after SetDecode
	Reverse Reverse

	cfg    Config
	reduce Reducer
	seed   maphash.Seed
	seen
}

// seen is what DNS told.
type seen struct {
	start     int64 // when the first message was seen
	total     Counts
	clients   *clients
	tally     *tally
	pending   pending
	log       queries
	denied    denied
	aliases   aliases
	resolvers resolvers
	strangers strangers
	open      exchange // the message that Answer and Done belong to
	stats     Stats
}

// Stats counts what did not fit. All of it says that bounds were reached.
type Stats struct {
	TextsRefused   uint64 // names that found no room
	AnswersEvicted uint64 // answers given up for newer ones
	QueriesCrowded uint64 // queries whose outcome is not known
	ClientsEvicted uint64 // clients whose counts were given up
	NamesEvicted   uint64 // counted names given up for those of another client
	UsesEvicted    uint64 // resolvers and who asked them
	RecordsIgnored uint64 // records beyond what is read of one message
}

// New returns an empty Names.
func New(cfg Config) *Names {
	cfg.Flows, cfg.Devices = max(cfg.Flows, 64), max(cfg.Devices, 16)
	n := &Names{cfg: cfg, reduce: Reducer{cfg.Privacy}, seed: maphash.MakeSeed(), Pool: NewPool(flowText * cfg.Flows)}
	n.Reverse.n = n
	n.begin()
	return n
}

// begin makes empty tables.
func (n *Names) begin() {
	answers := n.cfg.Flows / answerFlows
	if !n.cfg.Decode {
		answers = 1
	}
	n.Answers = NewAnswers(answers, n.Pool)
	c := newClients(n.cfg.Devices)
	n.seen = seen{
		clients: c, tally: newTally(houseNames+deviceCounts*c.max, c.max, n.Pool),
		log: queries{pool: n.Pool}, denied: denied{pool: n.Pool}, aliases: aliases{pool: n.Pool},
	}
}

// SetDecode changes whether DNS is looked at. What is not looked at any more is
// forgotten, with all that was counted.
func (n *Names) SetDecode(on bool) {
	if on == n.cfg.Decode {
		return
	}
	n.unname()
	n.cfg.Decode = on
	n.begin()
}

// Keep puts into the Pool what may be kept of a name that the client asked for in
// another way than DNS, such as in a TLS handshake, and returns its handle with a
// reference, 0 for none.
func (n *Names) Keep(name []byte, c *Client) uint32 {
	var room [MaxText]byte
	return n.put(n.reduce.Append(room[:0], name, c.Private))
}

// KeepDetail is Keep for a text that says more than a name, such as a URL.
func (n *Names) KeepDetail(text []byte, c *Client) uint32 {
	var room [MaxText]byte
	return n.put(n.reduce.AppendDetail(room[:0], text, c.Private))
}

// put puts a text into the Pool. While it does not fit, the oldest names of
// answers leave, so that whoever asks for many names cannot make flows nameless.
func (n *Names) put(text []byte) uint32 {
	h := n.Pool.try(text)
	for range 4 {
		if h != 0 || len(text) == 0 || !n.Answers.shed() {
			break
		}
		h = n.Pool.try(text)
	}
	if h == 0 && len(text) > 0 {
		n.Pool.Refused++
	}
	return h
}

// Lookup returns what is known of an address when the client opens a flow to it.
// Nothing is called a stranger before the house was watched for a while.
func (n *Names) Lookup(c *Client, server *packet.Addr, now int64) Match {
	if !n.cfg.Decode {
		return Match{}
	}
	m := n.Answers.Lookup(n.keys(c), server, now)
	m.Stranger = m.Stranger && n.start != 0 && now-n.start >= warmUp
	if c.Private {
		m.Name, m.Trust, m.Shared = 0, NoName, false
	}
	return m
}

// Uses counts a flow by which a client asks a resolver in a way that is not read:
// DoT, DoH or DoQ.
func (n *Names) Uses(c *Client, r *Resolver, now int64) {
	if n.cfg.Decode {
		n.uses(c, n.client(c, now), r, now)
	}
}

func (n *Names) uses(c *Client, slot uint16, r *Resolver, now int64) {
	i := n.resolvers.use(r, now, func(i int) {
		for j := range n.clients.slots {
			n.clients.slots[j].uses &^= 1 << i
		}
	})
	n.clients.slots[slot].uses |= 1 << i
	if !r.House && !c.Router {
		n.resolvers.outside(c, n.clients.slots[slot].key, r, now)
	}
}

// Stranger counts a flow that ended and for which Lookup said Stranger: its
// Server, Proto, Port and Bytes.
func (n *Names) Stranger(c *Client, f *Stranger, now int64) {
	if !n.cfg.Decode {
		return
	}
	s := &n.clients.slots[n.client(c, now)]
	s.lone.flows++
	s.lone.bytes += f.Bytes
	s.lone.last = seconds(now)
	n.strangers.add(c, s.key, f, now)
}

// Tick is called once a second: queries that waited too long are counted, and old
// names leave.
func (n *Names) Tick(now int64) {
	if !n.cfg.Decode {
		return
	}
	n.pending.expire(now, func(w *waiting) {
		n.total.Unanswered++
		if c := n.clients.find(w.client); c != nil {
			c.counts.Unanswered++
		}
		if e := n.log.entry(w.entry); e != nil {
			e.state |= entryLost
		}
	})
	n.Answers.Sweep(now)
	n.aliases.sweep(now)
}

// SetPrivacy changes the level, and drops all names when that is another one. Who
// holds handles from Keep or Lookup must release those too.
func (n *Names) SetPrivacy(level Privacy) {
	if level == n.reduce.Level {
		return
	}
	n.reduce.Level, n.cfg.Privacy = level, level
	n.unname()
}

// unname drops all names.
func (n *Names) unname() {
	n.drop()
	n.Answers.Forget(0)
	n.Reverse.Forget()
	n.log.forget(0)
	n.denied.forget(0)
	n.aliases.forget()
	for i := range n.tally.lists {
		n.tally.forget(uint16(i))
	}
}

// Forget drops the names that a client asked for, because it is private from now
// on. What is counted for the whole house begins anew, since it does not say who
// asked. Of a device it is called once for each address.
func (n *Names) Forget(c *Client) {
	n.drop()
	n.tally.forget(0)
	n.Reverse.Forget()
	n.aliases.forget()
	for _, key := range n.keys(c) {
		if i, ok := n.clients.index[key]; ok {
			n.tally.forget(i + 1)
		}
		n.Answers.Forget(key)
		n.log.forget(key)
		n.denied.forget(key)
	}
}

// Shift moves the times from from to to by delta because the wall clock was set;
// all are microseconds.
func (n *Names) Shift(delta, from, to int64) {
	n.Answers.shift(delta/1_000_000, seconds(from), seconds(to))
	n.Reverse.shift(delta/1_000_000, seconds(from), seconds(to))
	for i := range n.clients.slots {
		c := &n.clients.slots[i]
		shiftSeconds(&c.last, delta/1_000_000, seconds(from), seconds(to))
		shiftSeconds(&c.lone.last, delta/1_000_000, seconds(from), seconds(to))
	}
	for i := range n.log.ring {
		shiftMicros(&n.log.ring[i].at, delta, from, to)
	}
	for i := range n.pending.slots {
		shiftMicros(&n.pending.slots[i].at, delta, from, to)
	}
	for i := range n.denied.rows {
		shiftSeconds(&n.denied.rows[i].last, delta/1_000_000, seconds(from), seconds(to))
	}
	for i := range n.aliases.slots {
		shiftSeconds(&n.aliases.slots[i].until, delta/1_000_000, seconds(from), seconds(to)+mostLife)
	}
	for i := range n.strangers.rows {
		shiftMicros(&n.strangers.rows[i].row.Last, delta, from, to)
	}
	n.resolvers.shift(delta/1_000_000, seconds(from), seconds(to))
	if n.start != 0 {
		shiftMicros(&n.start, delta, from, to)
	}
}

// clientKey stands for a client in the tables: the ID of its device, or bits of a
// hash of its address above all IDs. Two addresses without a device are taken for
// one once in 2^31 times.
func (n *Names) clientKey(c *Client) uint32 { return n.keys(c)[0] }

// keys returns all that may stand for a client: what it asked before its device
// was known is found by its address.
func (n *Names) keys(c *Client) [2]uint32 {
	byAddr := 1<<31 | uint32(maphash.Bytes(n.seed, c.Addr[:]))
	if c.Device == 0 {
		return [2]uint32{byAddr, byAddr}
	}
	return [2]uint32{c.Device, byAddr}
}

// client returns the slot where c is counted.
func (n *Names) client(c *Client, now int64) uint16 {
	return n.clients.seen(n.clientKey(c), now, func(slot uint16) { n.tally.forget(slot + 1) })
}

// hash mixes what an answer repeats of its query.
func (n *Names) hash(m *Message, name uint64) uint64 {
	var b [46]byte
	copy(b[:], m.Client.Addr[:])
	copy(b[16:], m.Resolver.Addr[:])
	binary.LittleEndian.PutUint64(b[32:], name)
	binary.LittleEndian.PutUint16(b[40:], m.Port)
	binary.LittleEndian.PutUint16(b[42:], m.ID)
	binary.LittleEndian.PutUint16(b[44:], m.Type)
	return maphash.Bytes(n.seed, b[:]) | 1
}
