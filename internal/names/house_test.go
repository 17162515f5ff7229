package names

import (
	"net/netip"
	"testing"

	"weir/internal/packet"
)

// second is one in the unit of times, and noon a time to begin with.
const (
	second = int64(1_000_000)
	noon   = 1_700_000_000 * second
)

func addr(s string) packet.Addr { return packet.AddrOf(netip.MustParseAddr(s)) }

// router is the resolver of the tests' house.
func router() Resolver { return Resolver{Addr: addr("192.168.1.1"), House: true} }

// phone and tablet are devices of it.
func phone() Client  { return Client{Device: 7, Addr: addr("192.168.1.7")} }
func tablet() Client { return Client{Device: 8, Addr: addr("192.168.1.8")} }

// house is a Names with what a test says in it.
type house struct {
	*Names
	t  testing.TB
	id uint16
}

func newHouse(t testing.TB, cfg Config) *house {
	t.Helper()
	cfg.Decode = true
	if cfg.Flows == 0 {
		cfg.Flows = 512
	}
	return &house{Names: New(cfg), t: t}
}

// a and cname make records.
func a(owner, to string) Answer {
	x := Answer{Owner: []byte(owner), Type: typeA, TTL: 60, Addr: addr(to)}
	if netip.MustParseAddr(to).Is6() {
		x.Type = typeAAAA
	}
	return x
}

func cname(owner, target string) Answer {
	return Answer{Owner: []byte(owner), Type: typeCNAME, TTL: 60, Target: []byte(target)}
}

// query sends a query and returns it.
func (h *house) query(c Client, name string, at int64) *Message {
	h.t.Helper()
	h.id++
	m := &Message{At: at, Client: c, Resolver: router(), Port: 5000, ID: h.id, Type: typeA, Name: []byte(name)}
	h.Message(m)
	return m
}

// answer answers a query after 20 milliseconds.
func (h *house) answer(m *Message, rcode uint8, records ...Answer) {
	h.t.Helper()
	r := *m
	r.Response, r.Rcode, r.At = true, rcode, m.At+20_000
	h.Message(&r)
	for i := range records {
		h.Answer(&records[i])
	}
	h.Done()
}

// resolve is both.
func (h *house) resolve(c Client, name string, at int64, records ...Answer) {
	h.t.Helper()
	h.answer(h.query(c, name, at), 0, records...)
}

// announce sends records to everybody.
func (h *house) announce(c Client, via Via, at int64, records ...Answer) {
	h.t.Helper()
	h.Message(&Message{At: at, Client: c, Resolver: Resolver{Via: via}, Response: true})
	for i := range records {
		h.Answer(&records[i])
	}
	h.Done()
}

// find is Lookup in words.
func (h *house) find(c Client, to string, at int64) (string, Trust) {
	h.t.Helper()
	server := addr(to)
	m := h.Lookup(&c, &server, at)
	return string(h.Pool.Text(m.Name)), m.Trust
}

// consistent checks what always holds: as many references in the Pool as there
// are holders, kept by others than the tables, and no bound exceeded.
func (h *house) consistent(kept ...uint32) {
	h.t.Helper()
	refs := map[uint32]uint32{}
	for _, k := range kept {
		refs[k]++
	}
	h.answersConsistent(refs)
	h.tallyConsistent(refs)
	for i := range h.log.ring {
		refs[h.log.ring[i].name]++
	}
	for i := range h.denied.rows {
		refs[h.denied.rows[i].name]++
	}
	for i := range h.aliases.slots {
		refs[h.aliases.slots[i].name]++
	}
	text := 0
	for i := range h.Reverse.slots {
		refs[h.Reverse.slots[i].name]++
		text += len(h.Pool.Text(h.Reverse.slots[i].name))
	}
	if text != h.Reverse.text || text > reverseText || len(h.Reverse.slots) > reverseAddrs {
		h.t.Fatalf("%d bytes of names by reverse lookup, %d are counted; %d slots", text, h.Reverse.text, len(h.Reverse.slots))
	}
	refs[h.open.name]++
	delete(refs, 0)
	for i := range h.Pool.slots {
		if got := h.Pool.slots[i].refs; got != refs[uint32(i)] {
			h.t.Fatalf("%q has %d references, want %d", h.Pool.Text(uint32(i)), got, refs[uint32(i)])
		}
	}
	for i := range h.clients.slots {
		if j, ok := h.clients.index[h.clients.slots[i].key]; !ok || int(j) != i {
			h.t.Fatalf("client %d is found in slot %d", i, j)
		}
	}
	if len(h.clients.index) != len(h.clients.slots) || len(h.clients.slots) > h.clients.max {
		h.t.Fatalf("%d clients in %d slots of %d", len(h.clients.index), len(h.clients.slots), h.clients.max)
	}
	if len(h.log.ring) > logEntries || len(h.denied.rows) > denials || len(h.resolvers.slots) > resolverSlots ||
		len(h.resolvers.bypass) > bypassRows || len(h.strangers.rows) > strangerRows {
		h.t.Fatal("a bound was exceeded")
	}
}

func (h *house) answersConsistent(refs map[uint32]uint32) {
	h.t.Helper()
	n, named := 0, 0
	for head := range h.Answers.heads {
		for i := h.Answers.heads[head]; i != 0; i = h.Answers.slots[i].next {
			s := &h.Answers.slots[i]
			if s.flags&answerUsed == 0 || h.Answers.home(&s.addr) != uint32(head) {
				h.t.Fatalf("answer %d is in a list where it does not belong", i)
			}
			refs[s.name]++
			n++
			if s.name != 0 {
				named++
			}
		}
	}
	if named != h.Answers.named {
		h.t.Fatalf("%d answers with names, %d counted", named, h.Answers.named)
	}
	if n != h.Answers.Len() || n > h.Answers.max {
		h.t.Fatalf("%d answers, %d counted, at most %d", n, h.Answers.Len(), h.Answers.max)
	}
}

func (h *house) tallyConsistent(refs map[uint32]uint32) {
	h.t.Helper()
	used := 0
	for owner, l := range h.tally.lists {
		n := uint16(0)
		for i := l.head; i != 0; i = h.tally.slots[i].next {
			if int(h.tally.slots[i].owner) != owner {
				h.t.Fatalf("counter %d is in another owner's list", i)
			}
			refs[h.tally.slots[i].name]++
			n++
		}
		if n != l.len || owner > 0 && n > clientNames || n > houseNames {
			h.t.Fatalf("owner %d has %d counters, %d counted", owner, n, l.len)
		}
		used += int(n)
	}
	if used > h.tally.max {
		h.t.Fatalf("%d counters, at most %d", used, h.tally.max)
	}
}
