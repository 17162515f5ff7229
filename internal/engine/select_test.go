package engine

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSelection compares pages of tables in several orders with those of a sort of
// the whole table.
func TestSelection(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	orders := map[string]func(i int) uint64{
		"ascending":  func(i int) uint64 { return uint64(i) },
		"descending": func(i int) uint64 { return uint64(10_000 - i) },
		"equal":      func(int) uint64 { return 7 },
		"random":     func(int) uint64 { return random.Uint64N(500) },
	}
	var e Engine
	for name, value := range orders {
		for _, size := range []int{0, 1, 199, 800, 801, 5000} {
			refs := make([]ref, size)
			for i := range refs {
				refs[i] = ref{at: uint32(i), hi: value(i)}
			}
			for _, p := range []Page{
				{Limit: 200}, {Limit: 1, Desc: true}, {Limit: 50, Offset: 4990}, {Limit: 200, Offset: 799, Desc: true},
				{Limit: 0}, {Limit: MaxRows + 1}, {Limit: 10, Offset: -1}, {Limit: 10, Offset: 1<<31 - 1}, {Offset: 3, Limit: -1},
			} {
				want := slices.Clone(refs)
				slices.SortStableFunc(want, func(a, b ref) int {
					if c := a.compare(&b); c != 0 && p.Desc {
						return -c
					} else {
						return c
					}
				})
				from := min(max(p.Offset, 0), size)
				want = want[from:min(from+min(max(p.Limit, 0), MaxRows), size)]

				s := e.choose(p)
				for _, r := range refs {
					s.add(r)
				}
				if got := e.chosen(&s); !slices.Equal(got, want) || s.n != size {
					t.Errorf("%s, %d of them, %+v: %d rows of %d, want %d", name, size, p, len(got), s.n, len(want))
				}
				if cap(e.scratch) > keptRefs {
					t.Fatalf("%d refs are kept for the next query", cap(e.scratch))
				}
			}
		}
	}
}

// BenchmarkSelection takes a page from a full table whose order is the worst: each
// ref comes before all that were added.
func BenchmarkSelection(b *testing.B) {
	var e Engine
	b.ReportAllocs()
	for b.Loop() {
		s := e.choose(Page{Limit: MaxRows, Desc: true})
		for i := range 8192 {
			s.add(ref{at: uint32(i), hi: uint64(i)})
		}
		if e.chosen(&s)[0].at != 8191 {
			b.Fatal("the last is not the first")
		}
	}
}
