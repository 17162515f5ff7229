package names

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestResolvers(t *testing.T) {
	h := newHouse(t, Config{})
	p, tb, r := phone(), tablet(), Client{Device: 1, Addr: addr("192.0.2.200"), Router: true}
	h.query(p, "one.example", noon)
	h.query(p, "two.example", noon+second)
	h.query(tb, "one.example", noon+second)
	outside := Resolver{Addr: addr("192.0.2.53")}
	h.Message(&Message{At: noon, Client: tb, Resolver: outside, Name: []byte("one.example")})
	h.Message(&Message{At: noon, Client: r, Resolver: outside, Name: []byte("one.example")})
	quad := Resolver{Addr: addr("2001:db8::53"), Via: DoH}
	for i := range int64(3) {
		h.Uses(&p, &quad, noon+(2+i)*second)
	}
	want := []Used{
		{Resolver: router(), Clients: 2, Asked: 3, First: noon, Last: noon + second},
		{Resolver: quad, Clients: 1, Asked: 3, First: noon + 2*second, Last: noon + 4*second},
		{Resolver: outside, Clients: 2, Asked: 2, First: noon, Last: noon},
	}
	if d := cmp.Diff(want, h.Resolvers()); d != "" {
		t.Error(d)
	}
	bypasses := []Bypass{
		{Device: 7, Client: p.Addr, Resolver: quad.Addr, Via: DoH, Count: 3, First: noon + 2*second, Last: noon + 4*second},
		{Device: 8, Client: tb.Addr, Resolver: outside.Addr, Count: 1, First: noon, Last: noon},
	}
	if d := cmp.Diff(bypasses, h.Bypasses()); d != "" {
		t.Error(d)
	}
	if got := fmt.Sprint(DNS, DoT, DoH, DoQ, MDNS, LLMNR, Via(99)); got != "dns dot doh doq mdns llmnr llmnr" {
		t.Error(got)
	}
}

func TestResolversAreBounded(t *testing.T) {
	h := newHouse(t, Config{})
	c := phone()
	for i := range 500 {
		h.Uses(&c, &Resolver{Addr: addr(fmt.Sprintf("192.0.%d.%d", i/256, i%256)), Via: DoT}, noon+int64(i)*second)
	}
	used := h.Resolvers()
	if len(used) != resolverSlots || len(h.Bypasses()) != bypassRows || h.Stats().UsesEvicted != 500-resolverSlots+500-bypassRows {
		t.Errorf("%d resolvers, %d rows, %d evicted", len(used), len(h.Bypasses()), h.Stats().UsesEvicted)
	}
	for _, u := range used {
		if u.Clients != 1 || u.First < noon+(500-resolverSlots)*second {
			t.Errorf("%+v", u)
		}
	}
	// A resolver that takes another's slot does not take its clients.
	o := tablet()
	h.Uses(&o, &Resolver{Addr: addr("198.51.100.1")}, noon+600*second)
	for _, u := range h.Resolvers() {
		if u.Addr == addr("198.51.100.1") && u.Clients != 1 {
			t.Errorf("%+v", u)
		}
	}
}

func TestStrangers(t *testing.T) {
	h := newHouse(t, Config{})
	who := phone()
	known, strange := addr("192.0.2.1"), addr("198.51.100.1")
	if m := h.Lookup(&who, &strange, noon); m.Stranger {
		t.Error("a stranger before anything was seen")
	}
	h.resolve(tablet(), "one.example", noon, a("one.example", "192.0.2.1"))
	if m := h.Lookup(&who, &strange, noon+10*second); m.Stranger {
		t.Error("a stranger at the start")
	}
	later := noon + warmUp
	if m := h.Lookup(&who, &strange, later); !m.Stranger {
		t.Error("no stranger")
	}
	if m := h.Lookup(&who, &known, later+second); m.Stranger || m.Name != 0 {
		t.Errorf("asked for, long ago: %+v", m)
	}
	for i := range int64(2) {
		h.Stranger(&who, &Stranger{Server: strange, Proto: packetTCP, Port: 443, Bytes: 1000}, later+i*second)
	}
	h.Stranger(&who, &Stranger{Server: strange, Proto: packetTCP, Port: 80, Bytes: 1}, later)
	_, sum, ok := h.Client(&who)
	if want := (Strangers{Flows: 3, Bytes: 2001, Last: later}); !ok || sum != want {
		t.Errorf("%+v, want %+v", sum, want)
	}
	want := []Stranger{
		{Device: 7, Client: who.Addr, Server: strange, Proto: packetTCP, Port: 443, Flows: 2, Bytes: 2000, Last: later + second},
		{Device: 7, Client: who.Addr, Server: strange, Proto: packetTCP, Port: 80, Flows: 1, Bytes: 1, Last: later},
	}
	if d := cmp.Diff(want, h.Strangers()); d != "" {
		t.Error(d)
	}
}

const packetTCP = 6

func TestStrangersAreBounded(t *testing.T) {
	h := newHouse(t, Config{})
	busy := tablet()
	quiet := phone()
	h.Stranger(&quiet, &Stranger{Server: addr("198.51.100.1")}, noon)
	for i := range 1000 {
		h.Stranger(&busy, &Stranger{Server: addr(fmt.Sprintf("192.0.%d.%d", i/256, i%256))}, noon+int64(i)*second)
	}
	rows := h.Strangers()
	if len(rows) != strangersClient+1 || rows[0].Server != addr("192.0.3.231") || rows[strangersClient].Device != 7 {
		t.Errorf("%d rows, %+v", len(rows), rows)
	}
	for i := range 200 {
		h.Stranger(&Client{Device: uint32(i + 10)}, &Stranger{Server: addr("192.0.2.1")}, noon+int64(2000+i)*second)
	}
	if rows = h.Strangers(); len(rows) != strangerRows || rows[0].Device != 209 {
		t.Errorf("%d rows", len(rows))
	}
}
