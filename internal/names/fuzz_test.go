package names

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"weir/internal/packet"
)

// script reads what happens from the bytes of a fuzz input.
type script struct{ b []byte }

func (s *script) byte() byte {
	if len(s.b) == 0 {
		return 0
	}
	c := s.b[0]
	s.b = s.b[1:]
	return c
}

func (s *script) text() []byte {
	n := min(int(s.byte()), len(s.b))
	t := s.b[:n]
	s.b = s.b[n:]
	return t
}

func (s *script) addr() packet.Addr {
	c := s.byte()
	if c > 250 {
		return packet.AddrOf(netip.IPv6Unspecified())
	}
	return packet.AddrOf(netip.AddrFrom4([4]byte{192, 0, 2, c}))
}

func (s *script) ttl() uint32 { return uint32(s.byte()) << (s.byte() % 25) }

// play calls whatever the script says and returns the handles it was given.
func (s *script) play(h *house) (kept []uint32) {
	now := noon
	for len(s.b) > 0 {
		op := s.byte()
		now += int64(s.byte()) * int64(s.byte()) * second / 16
		c := Client{Device: uint32(op >> 6), Addr: s.addr(), Private: op&32 != 0}
		switch op % 12 {
		case 0, 1, 2, 3:
			h.Message(&Message{
				At: now, Client: c, Resolver: Resolver{Addr: s.addr(), Via: Via(op % 3 * op % 6)}, ID: uint16(s.byte() % 4),
				Response: op&1 != 0, Rcode: s.byte() % 6, Type: typeA, Name: s.text(),
			})
		case 4, 5:
			h.Answer(&Answer{Owner: s.text(), Type: [...]uint16{typeA, typeCNAME, typeHTTPS, 16}[s.byte()%4], TTL: s.ttl(), Target: s.text(), Addr: s.addr()})
		case 6:
			h.Done()
		case 7:
			h.Tick(now)
		case 8:
			kept = append(kept, h.Keep(s.text(), &c), h.KeepDetail(s.text(), &c))
		case 9:
			server := s.addr()
			m := h.Lookup(&c, &server, now)
			kept = append(kept, h.Pool.Hold(m.Name))
			h.Stranger(&c, &Stranger{Server: server, Bytes: 1}, now)
		case 10:
			h.Uses(&c, &Resolver{Addr: s.addr(), Via: Via(s.byte() % 6)}, now)
		case 11:
			s.rare(h, &c, now)
		}
	}
	return kept
}

func (s *script) rare(h *house, c *Client, now int64) {
	switch s.byte() % 5 {
	case 4:
		h.SetDecode(s.byte()&1 != 0)
	case 0:
		h.Forget(c)
	case 1:
		h.SetPrivacy(Privacy(s.byte() % 3))
	case 2:
		h.Shift(int64(int8(s.byte()))*3600*second, noon, now)
	case 3:
		h.Client(c)
		h.Denied(c, uint32(s.byte()), now)
	}
}

// FuzzNames has anything happen in any order: every reference is accounted for, no
// bound is exceeded, and at the end every text is clean.
func FuzzNames(f *testing.F) {
	seed := func(parts ...string) {
		var b []byte
		for _, p := range parts {
			b = append(b, p...)
		}
		f.Add(b)
	}
	query, response := "\x40\x01\x01\x07\x01\x01\x00\x0bwww.example", "\x41\x00\x00\x07\x01\x01\x00\x0bwww.example"
	record, alias := "\x04\x00\x00\x00\x0bwww.example\x00\x3c\x00\x00\x21", "\x04\x00\x00\x00\x0bwww.example\x01\x3c\x00\x03cdn\x00"
	done, tick, look := "\x06\x00\x00\x00", "\x07\xff\xff\x00", "\x49\x00\x00\x07\x21"
	seed(query, response, record, done, look, tick)
	seed(query, response, alias, record, done, tick, "\x0b\x00\x00\x07\x00", "\x0b\x00\x00\x07\x01\x02")
	seed(response, done, "\x08\x00\x00\x00\x05a.b.c\x05/path", "\x0a\x00\x00\x00\x01\x02", "\x0b\x00\x00\x07\x02\x10")
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<14 {
			return
		}
		h := newHouse(t, Config{Flows: 64, Devices: 16})
		s := script{b}
		kept := s.play(h)
		h.consistent(kept...)
		for i := range h.Pool.slots {
			for _, c := range h.Pool.Text(uint32(i)) {
				if c <= ' ' || c >= 0x7f {
					t.Fatalf("kept %q", h.Pool.Text(uint32(i)))
				}
			}
		}
		rows(h)
		for _, k := range kept {
			h.Pool.Release(k)
		}
		h.SetPrivacy((h.reduce.Level + 1) % 3)
		if h.Pool.Len() != 0 {
			t.Fatalf("%d texts without a holder", h.Pool.Len())
		}
	})
}

// rows asks for all there is.
func rows(h *house) {
	h.Log(func(q *Query) bool { return q.Name == nil || len(q.Name) > 0 })
	h.Top(nil)
	h.Resolvers()
	h.Bypasses()
	h.Strangers()
	h.Denials()
	h.Stats()
}

// FuzzClean holds that what Clean takes is within its bounds and cleaned for good.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"WWW.example.com.", `a\.b\\.`, "\xff\x00 ", "."} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, ok := Clean(nil, raw)
		if ok != (len(got) > 0) || len(got) > MaxText {
			t.Fatalf("%q of %q, %v", got, raw, ok)
		}
		again, _ := Clean(nil, append(got[:len(got):len(got)], '.'))
		if ok && got[len(got)-1] != '\\' && string(again) != string(got) {
			t.Fatalf("%q, cleaned again %q", got, again)
		}
	})
}

func TestNothingIsAllocatedForWhatIsKnown(t *testing.T) {
	for _, level := range []Privacy{KeepNames, KeepDomains, KeepNothing} {
		h := newHouse(t, Config{Flows: 8192, Devices: 512, Privacy: level})
		ex := newExchangeBench(h)
		for range 2 * logEntries {
			ex.run()
		}
		if n := testing.AllocsPerRun(200, ex.run); n != 0 {
			t.Errorf("level %d: %v allocations", level, n)
		}
	}
}

// exchangeBench is a query, its answer with an alias and two addresses, a flow to
// one of them, and its end.
type exchangeBench struct {
	h       *house
	n       uint32
	m       Message
	records []Answer
	who     Client
	lone    Stranger
	quad    Resolver
}

func newExchangeBench(h *house) *exchangeBench {
	return &exchangeBench{
		h: h, who: phone(), quad: Resolver{Addr: addr("192.0.2.53"), Via: DoT}, lone: Stranger{Server: addr("192.0.2.9")},
		m:       Message{At: noon, Client: phone(), Resolver: router(), Type: typeA, Name: []byte("rr3---sn-4g5e6nsz.googlevideo.com")},
		records: []Answer{cname("rr3---sn-4g5e6nsz.googlevideo.com", "rr3.sn-4g5e6nsz.googlevideo.com"), a("rr3.sn-4g5e6nsz.googlevideo.com", "192.0.2.1"), a("rr3.sn-4g5e6nsz.googlevideo.com", "192.0.2.2")},
	}
}

func (x *exchangeBench) run() {
	x.n++
	x.m.ID, x.m.Response = uint16(x.n), false
	x.m.At += 1000
	binary.BigEndian.PutUint16(x.m.Client.Addr[14:], uint16(x.n%500))
	x.m.Client.Device = x.n%500 + 1
	x.h.Message(&x.m)
	x.m.Response = true
	if x.n%10 == 0 {
		x.m.Rcode = 3
	}
	x.h.Message(&x.m)
	for i := range x.records {
		x.h.Answer(&x.records[i])
	}
	x.h.Done()
	x.m.Rcode = 0
	x.h.Lookup(&x.who, &x.records[1].Addr, x.m.At)
	x.h.Pool.Release(x.h.Keep(x.m.Name, &x.who))
	x.h.Uses(&x.m.Client, &x.quad, x.m.At)
	x.h.Stranger(&x.m.Client, &x.lone, x.m.At)
	x.h.Tick(x.m.At)
}

func BenchmarkExchange(b *testing.B) {
	h := newHouse(b, Config{Flows: 8192, Devices: 512})
	x := newExchangeBench(h)
	b.ReportAllocs()
	for b.Loop() {
		x.n++
		x.m.ID, x.m.Response = uint16(x.n), false
		x.m.Client.Device = x.n%500 + 1
		h.Message(&x.m)
		x.m.Response = true
		h.Message(&x.m)
		for i := range x.records {
			h.Answer(&x.records[i])
		}
		h.Done()
	}
}

func BenchmarkLookup(b *testing.B) {
	h := newHouse(b, Config{Flows: 8192, Devices: 512})
	servers := make([]packet.Addr, 4096)
	who := phone()
	for i := range servers {
		servers[i] = packet.Addr{10: 0xff, 11: 0xff, 12: 198, 13: 51, 14: byte(i >> 8), 15: byte(i)}
		h.Answers.Learn(7, &servers[i], h.Pool.Put([]byte("www.example.com")), 60, noon)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if m := h.Lookup(&who, &servers[i*61%4096], noon); m.Trust != Asked {
			b.Fatal(m)
		}
		i++
	}
}

func BenchmarkKeep(b *testing.B) {
	h := newHouse(b, Config{Flows: 8192, Devices: 512})
	who := phone()
	name := []byte("rr3---sn-4g5e6nsz.googlevideo.com")
	h.Keep(name, &who)
	b.ReportAllocs()
	for b.Loop() {
		h.Pool.Release(h.Keep(name, &who))
	}
}

// BenchmarkHostile is the response that costs most: a chain in reverse order, of
// names as long as they get, each of another domain.
func BenchmarkHostile(b *testing.B) {
	h := newHouse(b, Config{Flows: 8192, Devices: 512})
	name := func(i int) string { return strings.Repeat("a.", 120) + "x" + string(rune('A'+i)) + ".test" }
	m := &Message{At: noon, Client: phone(), Resolver: router(), Response: true, Name: []byte(name(0))}
	var records []Answer
	for i := range mostRecords {
		records = append(records, cname(name(mostRecords-1-i), name(mostRecords-i)))
	}
	b.ReportAllocs()
	for b.Loop() {
		m.ID++
		h.Message(m)
		for i := range records {
			h.Answer(&records[i])
		}
		h.Done()
	}
}
