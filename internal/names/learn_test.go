package names

import (
	"fmt"
	"testing"

	"weir/internal/packet"
)

func TestLearn(t *testing.T) {
	tests := []struct {
		name    string
		asked   string
		records []Answer
		want    map[string]string // address to name
	}{
		{"address", "www.example.com", []Answer{a("www.example.com", "192.0.2.1")}, map[string]string{"192.0.2.1": "www.example.com"}},
		{"case", "WWW.Example.com.", []Answer{a("www.EXAMPLE.com", "192.0.2.1")}, map[string]string{"192.0.2.1": "www.example.com"}},
		{"both families", "example.com", []Answer{a("example.com", "192.0.2.1"), a("example.com", "2001:db8::1")},
			map[string]string{"192.0.2.1": "example.com", "2001:db8::1": "example.com"}},
		{"chain", "www.example.com", []Answer{cname("www.example.com", "e1.cdn.example"), cname("e1.cdn.example", "e2.cdn.example"), a("e2.cdn.example", "192.0.2.1")},
			map[string]string{"192.0.2.1": "www.example.com"}},
		{"chain in any order", "www.example.com", []Answer{a("e2.cdn.example", "192.0.2.1"), cname("e1.cdn.example", "e2.cdn.example"), cname("www.example.com", "e1.cdn.example")},
			map[string]string{"192.0.2.1": "www.example.com"}},
		{"chain in a ring", "a.example", []Answer{cname("a.example", "b.example"), cname("b.example", "a.example"), a("b.example", "192.0.2.1")},
			map[string]string{"192.0.2.1": "a.example"}},
		{"not of the chain", "www.example.com", []Answer{cname("www.example.com", "e1.cdn.example"), a("bank.example", "192.0.2.1"), cname("bank.example", "x.example"), a("x.example", "192.0.2.2")},
			map[string]string{"192.0.2.1": "", "192.0.2.2": ""}},
		{"hint of HTTPS", "www.example.com", []Answer{{Owner: []byte("www.example.com"), Type: typeHTTPS, TTL: 60, Addr: addr("192.0.2.1")}},
			map[string]string{"192.0.2.1": "www.example.com"}},
		{"alias by HTTPS", "example.com", []Answer{{Owner: []byte("example.com"), Type: typeHTTPS, TTL: 60, Target: []byte("svc.example.net")}, a("svc.example.net", "192.0.2.1")},
			map[string]string{"192.0.2.1": "example.com"}},
		{"blocked", "ads.example", []Answer{a("ads.example", "0.0.0.0"), a("ads.example", "127.0.0.1"), a("ads.example", "::")},
			map[string]string{"0.0.0.0": "", "127.0.0.1": "", "::": ""}},
		{"other types", "example.com", []Answer{{Owner: []byte("example.com"), Type: 16, Addr: addr("192.0.2.1")}}, map[string]string{"192.0.2.1": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, Config{})
			h.resolve(phone(), tt.asked, noon, tt.records...)
			h.consistent()
			for to, want := range tt.want {
				if got, _ := h.find(phone(), to, noon+second); got != want {
					t.Errorf("%s is %q, want %q", to, got, want)
				}
			}
		})
	}
}

func TestTooManyRecords(t *testing.T) {
	h := newHouse(t, Config{})
	var records []Answer
	for i := range mostRecords + 5 {
		records = append(records, a("example.com", fmt.Sprintf("192.0.2.%d", i+1)))
	}
	h.resolve(phone(), "example.com", noon, records...)
	if h.Answers.Len() != mostRecords || h.Stats().RecordsIgnored != 5 {
		t.Errorf("%d answers, %d ignored", h.Answers.Len(), h.Stats().RecordsIgnored)
	}
	for i := range records {
		records[i] = a("printer.local", fmt.Sprintf("192.168.1.%d", i+1))
	}
	h.announce(tablet(), MDNS, noon, records...)
	if h.Answers.Len() != 2*mostRecords || h.Stats().RecordsIgnored != 10 {
		t.Errorf("%d answers, %d ignored after an announcement", h.Answers.Len(), h.Stats().RecordsIgnored)
	}
}

// TestWhoAsked has the name that a client gets for an address depend on who asked,
// over which of its addresses, and when.
func TestWhoAsked(t *testing.T) {
	h := newHouse(t, Config{})
	h.resolve(phone(), "one.example", noon, a("one.example", "192.0.2.1"))
	h.resolve(tablet(), "two.example", noon+second, a("two.example", "192.0.2.1"))
	over6 := Client{Device: 7, Addr: addr("2001:db8:1::7")}
	guest := Client{Addr: addr("192.168.1.99")}
	tests := []struct {
		name  string
		who   Client
		after int64
		want  string
		trust Trust
	}{
		{"phone", phone(), 2, "one.example", Asked},
		{"phone over IPv6", over6, 2, "one.example", Asked},
		{"tablet", tablet(), 2, "two.example", Asked},
		{"somebody else gets the newest", guest, 2, "two.example", House},
		{"after the TTL, within the grace", phone(), leastLife + grace - 1, "one.example", Asked},
		{"when its own is over, another's", phone(), leastLife + grace, "two.example", House},
		{"when all is over", tablet(), leastLife + grace + 2, "", NoName},
	}
	for _, tt := range tests {
		if got, trust := h.find(tt.who, "192.0.2.1", noon+tt.after*second+20_000); got != tt.want || trust != tt.trust {
			t.Errorf("%s: %q (%d), want %q (%d)", tt.name, got, trust, tt.want, tt.trust)
		}
	}
}

func TestAskedBeforeTheDeviceWasKnown(t *testing.T) {
	h := newHouse(t, Config{})
	early := phone()
	early.Device = 0
	h.resolve(early, "one.example", noon, a("one.example", "192.0.2.1"))
	if got, trust := h.find(phone(), "192.0.2.1", noon+second); got != "one.example" || trust != Asked {
		t.Errorf("%q (%d)", got, trust)
	}
	if got, trust := h.find(Client{Addr: addr("192.168.1.9")}, "192.0.2.1", noon+second); got != "one.example" || trust != House {
		t.Errorf("another address: %q (%d)", got, trust)
	}
}

func TestLives(t *testing.T) {
	tests := []struct {
		name  string
		ttls  []uint32 // of the aliases and the address
		lives int64    // seconds
	}{
		{"short", []uint32{1}, leastLife + grace},
		{"hour", []uint32{3600}, 3600 + grace},
		{"the least of the chain", []uint32{3600, 1800, 7200}, 1800 + grace},
		{"a day and no more", []uint32{1 << 31}, mostLife},
		{"largest", []uint32{1<<32 - 1}, mostLife},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, Config{})
			var records []Answer
			for i, ttl := range tt.ttls {
				r := cname(fmt.Sprintf("n%d.example", i), fmt.Sprintf("n%d.example", i+1))
				if i == len(tt.ttls)-1 {
					r = a(fmt.Sprintf("n%d.example", i), "192.0.2.1")
				}
				r.TTL = ttl
				records = append(records, r)
			}
			h.resolve(phone(), "n0.example", noon, records...)
			if got, _ := h.find(phone(), "192.0.2.1", noon+(tt.lives-1)*second); got == "" {
				t.Error("gone too early")
			}
			if got, _ := h.find(phone(), "192.0.2.1", noon+(tt.lives+1)*second); got != "" {
				t.Error("still there")
			}
		})
	}
}

func TestSharedAddress(t *testing.T) {
	h := newHouse(t, Config{})
	server := addr("192.0.2.1")
	who := phone()
	h.resolve(who, "one.example", noon, a("one.example", "192.0.2.1"))
	h.resolve(who, "one.example", noon+second, a("one.example", "192.0.2.1"))
	if m := h.Lookup(&who, &server, noon+2*second); m.Shared {
		t.Error("one name, twice")
	}
	h.resolve(who, "two.example", noon+3*second, a("two.example", "192.0.2.1"))
	if m := h.Lookup(&who, &server, noon+4*second); !m.Shared || string(h.Pool.Text(m.Name)) != "two.example" {
		t.Errorf("%+v", m)
	}
	h.resolve(who, "three.example", noon+10_000*second, a("three.example", "192.0.2.1"))
	if m := h.Lookup(&who, &server, noon+10_001*second); m.Shared {
		t.Error("the names before had had their time")
	}
	h.consistent()
}

// TestChainsInSeveralQueries has the client follow aliases by itself, as the
// resolvers of some hosts do.
func TestChainsInSeveralQueries(t *testing.T) {
	h := newHouse(t, Config{})
	h.resolve(phone(), "www.shop.example", noon, cname("www.shop.example", "shop.cdn.test"))
	h.resolve(phone(), "shop.cdn.test", noon+second, cname("shop.cdn.test", "e1.edge.invalid"))
	h.resolve(phone(), "e1.edge.invalid", noon+2*second, a("e1.edge.invalid", "192.0.2.1"))
	h.resolve(tablet(), "e1.edge.invalid", noon+2*second, a("e1.edge.invalid", "192.0.2.1"))
	h.resolve(phone(), "www.site.example", noon+3*second, cname("www.site.example", "site.example"), a("site.example", "192.0.2.2"))
	h.resolve(phone(), "site.example", noon+4*second, a("site.example", "192.0.2.3"))
	h.consistent()
	tests := []struct {
		name string
		who  Client
		to   string
		want string
	}{
		{"led there", phone(), "192.0.2.1", "www.shop.example"},
		{"asked for it", tablet(), "192.0.2.1", "e1.edge.invalid"},
		{"within a domain", phone(), "192.0.2.2", "www.site.example"},
		{"within a domain, then itself", phone(), "192.0.2.3", "site.example"},
	}
	for _, tt := range tests {
		if got, _ := h.find(tt.who, tt.to, noon+5*second); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	top := map[string]bool{}
	for _, m := range h.Top(nil) {
		top[m.Name] = true
	}
	if !top["e1.edge.invalid"] || !top["shop.cdn.test"] {
		t.Errorf("counted as asked for: %v", top)
	}
	h.resolve(phone(), "e1.edge.invalid", noon+(leastLife+1)*second, a("e1.edge.invalid", "192.0.2.4"))
	if got, _ := h.find(phone(), "192.0.2.4", noon+(leastLife+1)*second); got != "e1.edge.invalid" {
		t.Errorf("much later: %q", got)
	}
	for range 70 {
		h.Tick(noon + (leastLife+5)*second)
	}
	for i := range h.aliases.slots {
		if h.aliases.slots[i].hash != 0 {
			t.Fatal("an alias stays after its time")
		}
	}
}

func TestAnnouncements(t *testing.T) {
	h := newHouse(t, Config{})
	h.announce(tablet(), MDNS, noon, a("Printer.local.", "192.168.1.40"), a("www.bank.example", "192.0.2.66"), a("local", "192.168.1.41"), a(".local", "192.168.1.42"))
	h.announce(tablet(), LLMNR, noon, a("laptop", "192.168.1.50"), a("www.bank.example", "192.0.2.67"))
	tests := []struct{ to, want string }{
		{"192.168.1.40", "printer.local"}, {"192.0.2.66", ""}, {"192.168.1.41", ""}, {"192.168.1.42", ""},
		{"192.168.1.50", "laptop"}, {"192.0.2.67", ""},
	}
	for _, tt := range tests {
		trust := NoName
		if tt.want != "" {
			trust = Announced
		}
		if got, tr := h.find(phone(), tt.to, noon+second); got != tt.want || tr != trust {
			t.Errorf("%s is %q (%d), want %q", tt.to, got, tr, tt.want)
		}
	}
	h.resolve(phone(), "printer.lan", noon, a("printer.lan", "192.168.1.40"))
	if got, trust := h.find(phone(), "192.168.1.40", noon+second); got != "printer.lan" || trust != Asked {
		t.Errorf("asked for: %q (%d)", got, trust)
	}
	bye := a("printer.local", "192.168.1.40")
	bye.TTL = 0
	h.announce(tablet(), MDNS, noon+second, bye)
	if got, _ := h.find(tablet(), "192.168.1.40", noon+2*second); got != "printer.lan" {
		t.Errorf("after the goodbye: %q", got)
	}
	if c := h.Total(); c != h.total || c.Queries != 1 {
		t.Errorf("announcements are counted: %+v", c)
	}
	h.consistent()
}

func TestBrokenExchanges(t *testing.T) {
	h := newHouse(t, Config{})
	rec := a("one.example", "192.0.2.1")
	h.Answer(&rec) // of nothing
	h.Done()
	m := h.query(phone(), "one.example", noon)
	h.Answer(&rec) // of a query
	h.Done()
	r := *m
	r.Response = true
	h.Message(&r)
	h.Answer(&rec)
	h.Message(&Message{At: noon, Client: tablet(), Resolver: router(), Name: []byte("two.example")}) // without Done
	h.Done()
	if h.Answers.Len() != 0 {
		t.Error("learnt from what was broken off")
	}
	h.consistent()
}

// TestUnasked has answers come to questions that were not seen: a client believes
// those of the resolvers that it asks.
func TestUnasked(t *testing.T) {
	h := newHouse(t, Config{})
	at, other := addr("198.51.100.66"), addr("192.168.1.66")
	unasked := func(who Client, from packet.Addr, name, to string) string {
		m := Message{At: noon, Client: who, Resolver: Resolver{Addr: from}, Port: 9, ID: 1, Type: typeA, Name: []byte(name), Response: true}
		h.Message(&m)
		r := a(name, to)
		h.Answer(&r)
		h.Done()
		got, _ := h.find(who, to, noon)
		return got
	}
	if got := unasked(phone(), at, "early.example", "192.0.2.1"); got != "early.example" {
		t.Errorf("where no question was ever seen, the name is %q", got)
	}
	h.resolve(phone(), "one.example", noon, a("one.example", "192.0.2.2"))
	before := h.Total()
	if got := unasked(phone(), other, "bank.example", "192.0.2.3"); got != "" {
		t.Errorf("anybody may call an address %q", got)
	}
	if got := unasked(tablet(), at, "bank.example", "192.0.2.4"); got != "" {
		t.Errorf("the resolver of another client may call an address %q", got)
	}
	if got := unasked(phone(), h.query(phone(), "x.example", noon).Resolver.Addr, "two.example", "192.0.2.5"); got != "two.example" {
		t.Errorf("what its resolver says is %q", got)
	}
	if n := h.Total(); n.Unasked != before.Unasked+3 || n.Answers[Found] != before.Answers[Found]+1 {
		t.Errorf("%+v, before %+v", n, before)
	}
	for _, b := range h.Bypasses() {
		if b.Resolver == other {
			t.Errorf("made a bypass by who answers: %+v", b)
		}
	}
	h.consistent()
}
