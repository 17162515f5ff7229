package names

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestTop(t *testing.T) {
	h := newHouse(t, Config{})
	for i := range 10 {
		for range 10 - i {
			h.query(phone(), fmt.Sprintf("n%d.example", i), noon)
		}
	}
	h.query(tablet(), "n9.example", noon)
	who := phone()
	top := h.Top(&who)
	if len(top) != 10 || top[0] != (Most{Name: "n0.example", Count: 10}) || top[9] != (Most{Name: "n9.example", Count: 1}) {
		t.Errorf("phone: %+v", top)
	}
	if all := h.Top(nil); len(all) != 10 || all[8].Count != 2 || all[9].Name != "n9.example" {
		t.Errorf("house: %+v", all)
	}
	nobody := Client{Device: 99}
	if h.Top(&nobody) != nil {
		t.Error("names of a client that never asked")
	}
}

// TestTopFindsWhatIsAskedMost holds what Space-Saving promises: a name asked more
// often than one in houseNames times is in the list, and Count-Over is no more
// than the truth, Count no less.
func TestTopFindsWhatIsAskedMost(t *testing.T) {
	p := NewPool(1 << 20)
	tl := newTally(2048, 4, p)
	rng := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rng, 1.2, 1, 20_000)
	truth := map[string]uint32{}
	const asked = 100_000
	for range asked {
		name := fmt.Sprintf("n%d.example", zipf.Uint64())
		truth[name]++
		n := p.Put([]byte(name))
		tl.add(0, n)
		tl.add(1, n)
		p.Release(n)
	}
	for owner, size := range map[uint16]int{0: houseNames, 1: clientNames} {
		listed := map[string]bool{}
		top := tl.top(owner)
		for _, m := range top {
			listed[m.Name] = true
			if real := truth[m.Name]; m.Count < real || m.Count-m.Over > real {
				t.Errorf("%s: %d, %d too many, of %d", m.Name, m.Count, m.Over, real)
			}
		}
		for name, n := range truth {
			if int(n) > asked/size && !listed[name] {
				t.Errorf("owner %d: %s, asked %d times, is not listed", owner, name, n)
			}
		}
		if len(top) != size {
			t.Errorf("owner %d: %d names", owner, len(top))
		}
	}
	if p.Len() > houseNames+clientNames {
		t.Errorf("%d texts are kept", p.Len())
	}
}

// TestCountersAreShared has many clients ask: each keeps its most asked name.
func TestCountersAreShared(t *testing.T) {
	h := newHouse(t, Config{Devices: 100, Flows: 8192})
	for i := range 100 {
		c := Client{Device: uint32(i + 1)}
		for range 5 {
			h.query(c, "often.example", noon)
		}
	}
	for i := range 100 {
		for j := range 30 {
			h.query(Client{Device: uint32(i + 1)}, fmt.Sprintf("n%d-%d.example", i, j), noon)
		}
	}
	h.consistent()
	kept := 0
	for i := range 100 {
		c := Client{Device: uint32(i + 1)}
		if top := h.Top(&c); len(top) > 0 && top[0].Name == "often.example" && top[0].Count == 5 {
			kept++
		}
	}
	if kept < 90 || h.Stats().NamesEvicted == 0 {
		t.Errorf("%d of 100 kept the name that they ask most, %d evicted", kept, h.Stats().NamesEvicted)
	}
}

// TestTheHouseAloneFillsTheCounters has room for the house's names only.
func TestTheHouseAloneFillsTheCounters(t *testing.T) {
	p := NewPool(64 << 10)
	tl := newTally(1, 1, p)
	for i := range houseNames {
		tl.add(0, p.Put(fmt.Appendf(nil, "n%d.example", i)))
	}
	tl.add(1, p.Put([]byte("own.example")))
	if len(tl.top(0)) != houseNames-1 || len(tl.top(1)) != 1 {
		t.Errorf("%d and %d names", len(tl.top(0)), len(tl.top(1)))
	}
}
