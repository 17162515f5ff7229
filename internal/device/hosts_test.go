package device

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"weir/internal/packet"
)

func TestHosts(t *testing.T) {
	nets := NewNetworks(Private, nil)
	h := NewHosts(10, 5*minute)
	far, near := h.Seen(addr("8.8.8.8"), nets, 1, minute), h.Seen(addr("192.168.1.5"), nets, 1, minute)
	if far.Scope != Remote || near.Scope != Local || h.Len() != 2 || h.Max() != 10 {
		t.Errorf("%v, %v, %d hosts", far.Scope, near.Scope, h.Len())
	}
	if h.Seen(addr("8.8.8.8"), nets, 1, 2*minute); h.Find(addr("8.8.8.8")).Last != 2*minute {
		t.Error("seen again, but the time stands")
	}
	h.Tick(7*minute, minute)
	if h.Len() != 2 {
		t.Error("left too early")
	}
	h.Tick(7*minute+1, minute)
	if h.Len() != 1 || h.Find(addr("8.8.8.8")) != nil || h.Find(addr("192.168.1.5")) == nil {
		t.Error("an idle remote host stays, or a local one left")
	}
	h.Seen(addr("9.9.9.9"), nets, 1, 8*minute)
	n := 0
	for range h.All {
		n++
	}
	if n != 2 {
		t.Errorf("%d hosts listed", n)
	}
	h.Rescope(NewNetworks(nil, nil))
	if h.Find(addr("192.168.1.5")).Scope != Remote {
		t.Error("scopes are those of the old networks")
	}
	h.Shift(minute, 8*minute, 9*minute)
	if h.Find(addr("9.9.9.9")).First != 9*minute {
		t.Error("times were not moved")
	}
	h.Shift(minute, 8*minute, 8*minute)
	if h.Find(addr("9.9.9.9")).First != 9*minute {
		t.Error("a time was moved that the new clock gave")
	}
}

func TestHostsAreBounded(t *testing.T) {
	nets := NewNetworks(Private, nil)
	h := NewHosts(32, 0)
	local := []string{"192.168.1.1", "192.168.1.2"}
	for i := range 5000 {
		h.Seen(addr(fmt.Sprintf("203.%d.%d.1", i/250, i%250)), nets, 0, int64(i))
		for _, a := range local {
			h.Seen(addr(a), nets, 0, int64(i))
		}
		if h.Len() > 32 {
			t.Fatalf("%d hosts", h.Len())
		}
	}
	for _, a := range local {
		if h.Find(addr(a)) == nil {
			t.Errorf("%s was given up for remote hosts", a)
		}
	}
	if h.Evicted < 4900 {
		t.Errorf("%d given up", h.Evicted)
	}
	if none := NewHosts(0, 0); none.Seen(addr("8.8.8.8"), nets, 0, 1) != nil || none.Len() != 0 {
		t.Error("a host was kept where none may be")
	}
}

func TestFaults(t *testing.T) {
	var f Faults
	f.Add(1, 2, 3)
	f.Add(1, 0, 0)
	if f != (Faults{2, 2, 3}) {
		t.Errorf("%+v", f)
	}
}

func TestHome(t *testing.T) {
	h := NewHosts(4, 0).Seen(addr("192.168.1.5"), Guess(), 1, minute)
	if !h.At(1) || !h.At(2) {
		t.Error("before its own frames were seen they may pass anywhere")
	}
	h.Home(2)
	h.Home(200)
	if h.At(1) || !h.At(2) || !h.At(200) || h.Point != 200 {
		t.Errorf("home %b, point %d", h.home, h.Point)
	}
}

// TestHostsIndex makes hosts come and go at random: each is found as long as it is
// there, and only then.
func TestHostsIndex(t *testing.T) {
	const limit = 50
	random := rand.New(rand.NewPCG(1, 2))
	h, nets := NewHosts(limit, 6*minute), Guess()
	addrs := make([]*packet.Addr, 4*limit)
	for i := range addrs {
		addrs[i] = addr(fmt.Sprintf("203.0.113.%d", i))
	}
	for now := range int64(2000) {
		a := addrs[random.IntN(len(addrs))]
		if s := h.Seen(a, nets, 0, now*minute/10); s == nil || s.Addr != *a {
			t.Fatalf("%v is not the host that was seen", a)
		}
		if now%7 == 0 {
			h.Tick(now*minute/10, minute)
		}
		there := make(map[packet.Addr]bool)
		for s := range h.All {
			there[s.Addr] = true
		}
		if len(there) != h.Len() || h.Len() > limit {
			t.Fatalf("%d hosts, %d of them different, at most %d", h.Len(), len(there), limit)
		}
		for _, a := range addrs {
			if s := h.Find(a); (s != nil) != there[*a] || s != nil && s.Addr != *a {
				t.Fatalf("%v: found %v, there is %v", a, s != nil, there[*a])
			}
		}
	}
	if h.Evicted == 0 {
		t.Error("no host had to make room")
	}
}

func BenchmarkHostsSeen(b *testing.B) {
	h, nets := NewHosts(4096, 0), Guess()
	addrs := make([]packet.Addr, 4096)
	for i := range addrs {
		addrs[i] = *addr(fmt.Sprintf("203.0.%d.%d", i>>8, i&255))
		h.Seen(&addrs[i], nets, 0, 1)
	}
	i := 0
	for b.Loop() {
		h.Seen(&addrs[i&4095], nets, 0, 2)
		i += 1237
	}
}
