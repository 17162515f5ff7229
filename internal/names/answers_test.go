package names

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"weir/internal/packet"
)

func TestAnswersAreBounded(t *testing.T) {
	h := newHouse(t, Config{Flows: 256}) // 128 answers
	for i := range 1000 {
		name := fmt.Sprintf("n%d.example", i%10)
		h.resolve(phone(), name, noon+int64(i)*second, a(name, fmt.Sprintf("192.0.%d.%d", i/256, i%256)))
	}
	h.consistent()
	if h.Answers.Len() != 128 || h.Stats().AnswersEvicted != 1000-128 {
		t.Errorf("%d answers, %d evicted", h.Answers.Len(), h.Stats().AnswersEvicted)
	}
	known := 0
	for i := 1000 - 64; i < 1000; i++ {
		if got, _ := h.find(phone(), fmt.Sprintf("192.0.%d.%d", i/256, i%256), noon+1000*second); got != "" {
			known++
		}
	}
	if known != 64 {
		t.Errorf("%d of the newest 64 are known", known)
	}
}

// TestManyNamesLeaveRoomForFlows has one client ask for more names than fit.
func TestManyNamesLeaveRoomForFlows(t *testing.T) {
	h := newHouse(t, Config{Flows: 1024})
	var kept []uint32
	who := tablet()
	for i := range 20_000 {
		name := fmt.Sprintf("%d.a-long-enough-name.tunnel.example", i)
		h.resolve(phone(), name, noon+int64(i)*second/10, a(name, fmt.Sprintf("10.0.%d.%d", i/256, i%256)))
		if i%100 == 0 {
			k := h.Keep(fmt.Appendf(nil, "flow%d.example", i), &who)
			if kept = append(kept, k); k == 0 {
				t.Fatalf("name %d of a flow found no room", i/100)
			}
		}
	}
	h.consistent(kept...)
	if got, _ := h.find(phone(), "10.0.78.31", noon+2000*second); got != "19999.a-long-enough-name.tunnel.example" {
		t.Errorf("the newest name is %q", got)
	}
}

// TestWhatIsOverGoesFirst fills the memory with old names and new ones: the old
// ones make room though they were looked at last.
func TestWhatIsOverGoesFirst(t *testing.T) {
	h := newHouse(t, Config{Flows: 256})
	for i := range 128 {
		r := a("n.example", fmt.Sprintf("192.0.2.%d", i))
		if r.TTL = 1; i%2 == 0 {
			r.TTL = 20_000
		}
		h.resolve(phone(), "n.example", noon, r)
	}
	later := noon + (leastLife+grace+1)*second
	for range 64 {
		h.Tick(later)
	}
	for i := range 40 {
		h.resolve(phone(), "m.example", later, a("m.example", fmt.Sprintf("198.51.100.%d", i)))
	}
	for i := 0; i < 128; i += 2 {
		if got, _ := h.find(phone(), fmt.Sprintf("192.0.2.%d", i), later); got == "" {
			t.Fatalf("192.0.2.%d is gone before what is over", i)
		}
	}
	h.consistent()
}

func TestAddressOfEverybody(t *testing.T) {
	h := newHouse(t, Config{})
	for i := range 100 {
		name := fmt.Sprintf("n%d.example", i)
		h.resolve(Client{Device: uint32(i + 1)}, name, noon+int64(i)*second, a(name, "192.0.2.1"))
	}
	if h.Answers.Len() != sharers {
		t.Errorf("%d answers for one address", h.Answers.Len())
	}
	for id, want := range map[uint32]string{1: "n99.example", 84: "n99.example", 85: "n84.example", 100: "n99.example"} {
		if got, _ := h.find(Client{Device: id}, "192.0.2.1", noon+100*second); got != want {
			t.Errorf("client %d: %q, want %q", id, got, want)
		}
	}
	h.consistent()
}

func TestSweep(t *testing.T) {
	h := newHouse(t, Config{})
	for i := range 100 {
		h.resolve(phone(), "n.example", noon, a("n.example", fmt.Sprintf("192.0.2.%d", i)))
	}
	sweep := func(at int64) {
		for range 66 {
			h.Answers.Sweep(at)
		}
	}
	sweep(noon + (leastLife+grace+1)*second)
	for i := range h.Answers.slots {
		if h.Answers.slots[i].name != 0 {
			t.Fatal("a name stays after its time")
		}
	}
	if h.Answers.Len() != 100 {
		t.Errorf("%d addresses, all are remembered for a day", h.Answers.Len())
	}
	sweep(noon + (mostLife+1)*second)
	if h.Answers.Len() != 0 {
		t.Errorf("%d addresses after a day", h.Answers.Len())
	}
	h.consistent()
}

// TestAnswersModel compares Lookup with what a list of all that was learnt says.
func TestAnswersModel(t *testing.T) {
	type fact struct {
		client uint32
		addr   packet.Addr
		name   string
		asked  int64
		life   int64
	}
	rng := rand.New(rand.NewPCG(3, 5))
	p := NewPool(64 << 10)
	ans := NewAnswers(4096, p)
	known := map[[2]any]fact{}
	now := noon
	for range 20_000 {
		now += rng.Int64N(20) * second
		client, at := uint32(rng.IntN(10)), packet.Addr{15: byte(rng.IntN(100) + 1)}
		if rng.IntN(3) == 0 {
			name := fmt.Sprintf("n%d.example", rng.IntN(50))
			ttl := uint32(rng.IntN(4000))
			h := p.Put([]byte(name))
			ans.Learn(client, &at, h, ttl, now)
			p.Release(h)
			known[[2]any{client, at}] = fact{client, at, name, now, (max(int64(ttl), leastLife) + grace) / lifeStep * lifeStep * second}
			continue
		}
		want, trust := fact{}, NoName
		for _, f := range known {
			if f.addr != at || now-f.asked >= f.life {
				continue
			}
			tr := House
			if f.client == 0 {
				tr = Announced
			} else if f.client == client {
				tr = Asked
			}
			if tr > trust || tr == trust && f.asked > want.asked {
				want, trust = f, tr
			}
		}
		keys := [2]uint32{client, client}
		if client == 0 {
			keys = [2]uint32{77, 78}
		}
		m := ans.Lookup(keys, &at, now)
		if m.Trust != trust {
			t.Fatalf("trust %d, want %d", m.Trust, trust)
		}
		// Two that asked in the same second are equally new.
		if got := string(p.Text(m.Name)); got != want.name && trust != House {
			t.Fatalf("%q, want %q", got, want.name)
		}
		if rng.IntN(10) == 0 {
			ans.Sweep(now)
		}
	}
}
