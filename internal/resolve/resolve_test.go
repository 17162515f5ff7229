package resolve

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"weir/internal/packet"
)

// told is what a Resolver answered.
type told struct {
	Addr  string
	Name  string
	Again time.Duration
}

// running returns a resolver that runs until the test ends and asks those servers,
// and what it answers.
func running(t *testing.T, m Mode, timeout time.Duration, servers ...netip.AddrPort) (*Resolver, <-chan told) {
	t.Helper()
	answers := make(chan told, 2*queued)
	r := New(Config{
		Mode: m, Timeout: timeout,
		Servers: func() []netip.AddrPort { return servers },
		Answer: func(a packet.Addr, name []byte, again time.Duration) {
			answers <- told{a.String(), string(name), again}
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r, answers
}

func next(t *testing.T, answers <-chan told) told {
	t.Helper()
	select {
	case a := <-answers:
		return a
	case <-time.After(10 * time.Second):
		t.Fatal("no answer")
		return told{}
	}
}

func TestLookup(t *testing.T) {
	s := serve(t, always(t, "dns.Example."))
	r, answers := running(t, All, 0, s.at)
	for _, a := range []string{"8.8.4.109", "2001:4860:4860::8844", "192.168.1.7"} {
		if taken, full := r.Ask(addr(a), a == "192.168.1.7"); !taken || full {
			t.Fatalf("%s: taken %v, full %v", a, taken, full)
		}
		if got, want := next(t, answers), (told{a, "dns.example", time.Hour}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if got, want := r.Stats(), (Stats{Asked: 3, Found: 3}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestServers has some servers fail: the next one is asked, and all that is left is
// that there is no answer.
func TestServers(t *testing.T) {
	good := serve(t, always(t, "dns.example."))
	fails := func(code dnsmessage.RCode) reply {
		return func(q []byte, _ bool) [][]byte {
			return [][]byte{answerTo(t, q, func(m *dnsmessage.Message) { m.RCode = code })}
		}
	}
	broken := serve(t, fails(dnsmessage.RCodeServerFailure))
	silent := serve(t, func([]byte, bool) [][]byte { return nil })
	none := serve(t, fails(dnsmessage.RCodeNameError))
	forging := serve(t, func(q []byte, _ bool) [][]byte {
		forged := answerTo(t, q, func(m *dnsmessage.Message) {
			m.ID ^= 1
			m.Answers = append(m.Answers, ptr(m.Questions[0].Name, "evil.example.", 1))
		})
		return [][]byte{forged, {}, []byte("nonsense"), always(t, "dns.example.")(q, false)[0]}
	})
	flooding := serve(t, func(q []byte, _ bool) [][]byte {
		return slices.Repeat([][]byte{[]byte("nonsense")}, 2*maxStrange)
	})
	found, failed := told{"8.8.8.8", "dns.example", time.Hour}, told{"8.8.8.8", "", failHold}
	tests := []struct {
		name    string
		servers []*dnsServer
		want    told
		stats   Stats
		asked   int32 // of the first one
	}{
		{"the second", []*dnsServer{broken, good}, found, Stats{Asked: 1, Found: 1}, 1},
		{"one is silent", []*dnsServer{silent, good}, found, Stats{Asked: 1, Found: 1}, 1},
		{"broken", []*dnsServer{broken}, failed, Stats{Asked: 1, Failed: 1}, 3},
		{"silent", []*dnsServer{silent}, failed, Stats{Asked: 1, Failed: 1}, 3},
		{"no such name is an answer", []*dnsServer{none, good}, told{"8.8.8.8", "", leastNone}, Stats{Asked: 1, None: 1}, 1},
		{"a forger is faster", []*dnsServer{forging}, found, Stats{Asked: 1, Found: 1, Strange: 3}, 1},
		{"flooded", []*dnsServer{flooding}, failed, Stats{Asked: 1, Failed: 1, Strange: 3 * maxStrange}, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var at []netip.AddrPort
			for _, s := range tt.servers {
				at = append(at, s.at)
			}
			tt.servers[0].asked.Store(0)
			r, answers := running(t, All, 150*time.Millisecond, at...)
			r.Ask(addr("8.8.8.8"), false)
			if got := next(t, answers); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
			if got := r.Stats(); got != tt.stats {
				t.Errorf("%+v, want %+v", got, tt.stats)
			}
			if n := tt.servers[0].asked.Load(); n != tt.asked {
				t.Errorf("asked %d times, want %d", n, tt.asked)
			}
		})
	}
}

// TestTruncated has an answer that is to be had over TCP, or is not.
func TestTruncated(t *testing.T) {
	for _, tt := range []struct {
		name string
		tcp  func(q []byte) []byte
		want string
	}{
		{"whole", func(q []byte) []byte { return always(t, "dns.example.")(q, true)[0] }, "dns.example"},
		{"truncated again", func(q []byte) []byte {
			return answerTo(t, q, func(m *dnsmessage.Message) { m.Truncated = true })
		}, ""},
		{"too long", func([]byte) []byte { return make([]byte, maxTCP+1) }, ""},
		{"of another", func(q []byte) []byte {
			b := always(t, "dns.example.")(q, true)[0]
			b[0]++
			return b
		}, ""},
		{"nothing", func([]byte) []byte { return nil }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, func(q []byte, tcp bool) [][]byte {
				if tcp {
					return [][]byte{tt.tcp(q)}
				}
				return [][]byte{answerTo(t, q, func(m *dnsmessage.Message) { m.Truncated = true })}
			})
			r, answers := running(t, All, time.Second, s.at)
			r.Ask(addr("8.8.8.8"), false)
			if got := next(t, answers); got.Name != tt.want {
				t.Errorf("%+v, want %q", got, tt.want)
			}
		})
	}
}

// TestNewQuestion repeats a question: each try has an ID and a port of its own.
func TestNewQuestion(t *testing.T) {
	ids := make(chan uint16, 64)
	s := serve(t, func(q []byte, _ bool) [][]byte {
		ids <- uint16(q[0])<<8 | uint16(q[1])
		return nil
	})
	r, answers := running(t, All, 20*time.Millisecond, s.at)
	for range 5 {
		r.Ask(addr("8.8.8.8"), false)
	}
	for range 5 {
		next(t, answers)
	}
	seen := make(map[uint16]bool)
	for len(ids) > 0 {
		seen[<-ids] = true
	}
	if len(seen) < 14 { // of 15; two may be the same once in 600 runs
		t.Errorf("%d different IDs of 15", len(seen))
	}
}

// TestCovers says for each mode what is asked for.
func TestCovers(t *testing.T) {
	tests := []struct {
		addr  string
		house bool
		want  Mode // the least that covers it; 9 for none
	}{
		{"192.168.1.7", true, Local}, {"10.9.9.9", true, Local}, {"fd00::7", true, Local}, {"2a00:1450::7", true, Local}, {"8.8.8.8", true, Local},
		{"8.8.8.8", false, All}, {"2001:4860:4860::8888", false, All},
		{"192.168.1.7", false, 9}, {"10.0.0.1", false, 9}, {"172.31.255.255", false, 9}, {"fd00::7", false, 9},
		{"100.64.0.1", false, 9}, {"100.64.0.1", true, 9}, {"169.254.1.1", true, 9}, {"fe80::1", true, 9}, {"127.0.0.1", true, 9}, {"::1", true, 9},
		{"0.0.0.0", true, 9}, {"::", true, 9}, {"224.0.0.251", true, 9}, {"ff02::fb", false, 9}, {"255.255.255.255", false, 9},
		{"192.0.2.1", false, 9}, {"198.51.100.1", false, 9}, {"203.0.113.1", false, 9}, {"2001:db8::1", false, 9}, {"3fff::1", false, 9},
		{"198.18.0.1", false, 9}, {"240.0.0.1", false, 9}, {"64:ff9b::a00:1", false, 9}, {"2002:a00:1::1", false, 9}, {"2001::1", false, 9}, {"fec0::1", false, 9},
	}
	for _, tt := range tests {
		for m := Off; m <= All; m++ {
			r := New(Config{Mode: m})
			if taken, full := r.Ask(addr(tt.addr), tt.house); taken != (m >= tt.want) || full {
				t.Errorf("mode %d, %s in the house %v: taken %v, full %v", m, tt.addr, tt.house, taken, full)
			}
		}
	}
}

// TestQueueIsBounded asks for more than waits, without anybody to look it up.
func TestQueueIsBounded(t *testing.T) {
	r := New(Config{Mode: All})
	for i := range queued + 10 {
		if taken, full := r.Ask(addr("8.8.8.8"), false); taken != (i < queued) || full == taken {
			t.Fatalf("%d wait: taken %v, full %v", i, taken, full)
		}
	}
	if got, want := r.Stats(), (Stats{Asked: queued, Dropped: 10}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	a := addr("8.8.8.8")
	if allocs := testing.AllocsPerRun(100, func() { r.Ask(a, false) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// TestSetMode switches lookups off while some wait and one is under way: nothing is
// told any more, and later ones are looked up again.
func TestSetMode(t *testing.T) {
	hold, asked := make(chan struct{}), make(chan struct{}, 64)
	s := serve(t, func(q []byte, _ bool) [][]byte {
		asked <- struct{}{}
		<-hold
		return always(t, "dns.example.")(q, false)
	})
	r, answers := running(t, All, 5*time.Second, s.at)
	for range 20 {
		r.Ask(addr("8.8.8.8"), false)
	}
	r.Ask(addr("192.168.1.7"), true)
	<-asked
	if !r.SetMode(Local) || r.SetMode(Local) {
		t.Error("what changed?")
	}
	close(hold)
	if got, want := next(t, answers), (told{"192.168.1.7", "dns.example", time.Hour}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if taken, _ := r.Ask(addr("8.8.8.8"), false); taken {
		t.Error("remote addresses are still asked for")
	}
	r.SetMode(All)
	r.Ask(addr("8.8.8.8"), false)
	if got := next(t, answers); got.Addr != "8.8.8.8" {
		t.Errorf("%+v", got)
	}
	if n := s.asked.Load(); n > workers+2 {
		t.Errorf("%d questions for what nobody wanted to know any more", n)
	}
}

// TestPrivateStays asks for a private address: a resolver on the internet is not
// told.
func TestPrivateStays(t *testing.T) {
	at := func(s ...string) (all []netip.AddrPort) {
		for _, a := range s {
			all = append(all, netip.AddrPortFrom(netip.MustParseAddr(a), portDNS))
		}
		return all
	}
	for _, tt := range []struct {
		servers []netip.AddrPort
		addr    string
		want    string // asked, try after try
	}{
		{at("8.8.8.8", "192.168.1.1"), "192.168.1.7", "192.168.1.1 192.168.1.1 192.168.1.1"},
		{at("8.8.8.8", "9.9.9.9"), "192.168.1.7", ""},
		{at("127.0.0.1", "fe80::1%eth0", "8.8.8.8"), "fd00::7", "127.0.0.1 fe80::1%eth0 127.0.0.1"},
		{at("8.8.8.8", "192.168.1.1"), "9.9.9.9", "8.8.8.8 192.168.1.1 8.8.8.8"},
	} {
		var got []string
		n := 0
		for range tries {
			if s, ok := pick(tt.servers, &n, addr(tt.addr)); ok {
				got = append(got, s.Addr().String())
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%v for %s: asked %v, want %s", tt.servers, tt.addr, got, tt.want)
		}
	}
	r, answers := running(t, Local, 0, at("8.8.8.8")...)
	r.Ask(addr("192.168.1.7"), true)
	if got, want := next(t, answers), (told{"192.168.1.7", "", failHold}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestPace counts what leaves in a minute.
func TestPace(t *testing.T) {
	p := pace{every: 200 * time.Millisecond, burst: 20}
	start := time.Now()
	now, sent := start, 0
	for now.Sub(start) < time.Minute {
		now = now.Add(max(0, p.next(now)))
		if sent++; sent == 20 && now != start {
			t.Errorf("a burst takes %v", now.Sub(start))
		}
	}
	if sent < 315 || sent > 325 {
		t.Errorf("%d in a minute, want 20 and 300", sent)
	}
	now = now.Add(time.Hour)
	for i := range 25 {
		if wait := p.next(now); (wait <= 0) != (i < 20) {
			t.Errorf("after an hour, number %d waits %v", i, wait)
		}
	}
}

// TestSilence has no server at all: asking becomes slower, and faster again with
// the first answer.
func TestSilence(t *testing.T) {
	var r Resolver
	for _, tt := range []struct {
		silent uint32
		want   time.Duration
	}{{0, 0}, {7, 0}, {8, time.Second}, {9, 2 * time.Second}, {37, 30 * time.Second}, {1 << 31, 30 * time.Second}} {
		r.silent.Store(tt.silent)
		if got := r.rest(); got != tt.want {
			t.Errorf("after %d: %v, want %v", tt.silent, got, tt.want)
		}
	}
	r.cfg.Answer = func(packet.Addr, []byte, time.Duration) {}
	r.tell(wanted{}, &outcome{})
	if r.rest() != 0 {
		t.Error("an answer, and it still rests")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if sleep(ctx, 0) || sleep(ctx, time.Hour) {
		t.Error("sleeps on though nobody waits")
	}
}

// TestStop ends a resolver in the middle of a lookup.
func TestStop(t *testing.T) {
	asked := make(chan struct{}, 64)
	s := serve(t, func([]byte, bool) [][]byte { asked <- struct{}{}; return nil })
	var answers atomic.Int32
	r := New(Config{
		Mode: All, Timeout: time.Minute, Servers: func() []netip.AddrPort { return []netip.AddrPort{s.at} },
		Answer: func(packet.Addr, []byte, time.Duration) { answers.Add(1) },
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	r.Ask(addr("8.8.8.8"), false)
	<-asked
	cancel()
	select {
	case err := <-done:
		if err != nil || answers.Load() != 0 {
			t.Errorf("ended with %v, %d answers", err, answers.Load())
		}
	case <-time.After(5 * time.Second):
		t.Fatal("waits for an answer that nobody wants")
	}
}

func TestNameservers(t *testing.T) {
	tests := []struct {
		name, text string
		want       string
	}{
		{"OpenWrt", "search lan\nnameserver 127.0.0.1\nnameserver ::1\n", "127.0.0.1:53 [::1]:53"},
		{"comments and noise", "# x\n;nameserver 1.1.1.1\n\n\tnameserver\t9.9.9.9 # quad\nnameserver\nnameserver nonsense\noptions ndots:2\n", "9.9.9.9:53"},
		{"a zone", "nameserver fe80::1%eth0", "[fe80::1%eth0]:53"},
		{"more than three", strings.Repeat("nameserver 9.9.9.9\n", 9), "9.9.9.9:53 9.9.9.9:53 9.9.9.9:53"},
		{"none", "search lan\n", "127.0.0.1:53"},
		{"long", strings.Repeat("#", 5000) + "\nnameserver 9.9.9.9\n", "127.0.0.1:53"},
		{"Windows", "nameserver 9.9.9.9\r\n", "9.9.9.9:53"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "resolv.conf")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, joined(Nameservers(path))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := joined(Nameservers(filepath.Join(t.TempDir(), "missing"))); got != "127.0.0.1:53" {
		t.Errorf("without a file: %s", got)
	}
}

func joined(all []netip.AddrPort) string {
	var texts []string
	for _, s := range all {
		texts = append(texts, s.String())
	}
	return strings.Join(texts, " ")
}

// TestReread asks for the servers again after a while, and bounds them.
func TestReread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		s := servers{list: func() []netip.AddrPort {
			if calls++; calls > 1 {
				return nil
			}
			return slices.Repeat([]netip.AddrPort{netip.MustParseAddrPort("9.9.9.9:53")}, 7)
		}}
		if all := s.now(); len(all) != maxServers {
			t.Errorf("%v", all)
		}
		time.Sleep(rereadAfter - time.Second)
		if s.now(); calls != 1 {
			t.Errorf("read %d times", calls)
		}
		time.Sleep(time.Second)
		if all := s.now(); calls != 2 || len(all) != 1 || all[0] != here {
			t.Errorf("read %d times: %v", calls, all)
		}
	})
	if all := new(servers).now(); !slices.Equal(all, []netip.AddrPort{here}) {
		t.Errorf("without a list: %v", all)
	}
}
