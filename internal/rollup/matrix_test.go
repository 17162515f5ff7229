package rollup

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"weir/internal/clock"
)

// TestLargestCells runs a day of 40 devices with 120 applications, some of which are
// used at one hour alone, and stores the parts as a store does, which bounds the
// cells of a slot. All of it sums up, and the largest cells are right.
func TestLargestCells(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	share := rand.NewZipf(rng, 1.2, 1, 120*40-1)
	rank := rng.Perm(120 * 40)
	r := newRollup(t, Config{})
	want := map[Key]uint64{}
	var sum uint64
	stored := AppendBlock(nil, nil)
	take := func(slots []Slot, cells int) {
		for _, s := range slots {
			if s.Step != clock.Day {
				continue
			}
			merged, err := AppendMerged(nil, stored, s.Block)
			if err == nil {
				stored, err = Trim(nil, merged, cells)
			}
			if err != nil {
				t.Fatal(err)
			}
			if n := len(collect(t, NewIter(stored))); n > cells+1 {
				t.Fatalf("%d cells are stored, at most %d are meant", n, cells+1)
			}
		}
	}
	for now := int64(0); now < clock.Day; now += 10 {
		for range 10 {
			n := rank[share.Uint64()]
			k, bytes := Key{DeviceApplication, uint32(n/120 + 1), uint32(n%120 + 1)}, 1000+rng.Uint64N(9000)
			if n%120 >= 60 && int64(n%24) != now/3600 {
				continue
			}
			r.AddCell(k.Class, k.ID, k.Sub, Values{TxBytes: bytes})
			want[k] += bytes
			sum += bytes
		}
		take(r.Tick(now), OpenCells)
	}
	take(r.Tick(clock.Day), MaxCells)
	cells := collect(t, NewIter(stored))
	var got uint64
	for _, c := range cells {
		got += c.TxBytes
	}
	if got != sum {
		t.Errorf("the cells have %d bytes, want %d", got, sum)
	}
	largest := make([]Key, 0, len(want))
	for k := range want {
		largest = append(largest, k)
	}
	slices.SortFunc(largest, func(a, b Key) int { return cmp.Compare(want[b], want[a]) })
	exact := 0
	for _, k := range largest[:100] {
		v, _, err := Find(stored, k)
		if err != nil {
			t.Fatal(err)
		}
		if v.TxBytes == want[k] {
			exact++
		}
		if v.TxBytes < want[k]*95/100 || v.TxBytes > want[k] {
			t.Errorf("%v: %d bytes, want %d", k, v.TxBytes, want[k])
		}
	}
	t.Logf("%d cells were used, %d of the largest 100 are exact", len(want), exact)
	if exact < 95 || len(want) < 2*OpenCells {
		t.Errorf("%d of the largest 100 cells are exact, of %d", exact, len(want))
	}
}
