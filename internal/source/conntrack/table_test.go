package conntrack

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// TestBaselineSize keeps the promise of the package comment.
func TestBaselineSize(t *testing.T) {
	if got := unsafe.Sizeof(baseline{}); got > 48 {
		t.Errorf("a baseline takes %d bytes", got)
	}
}

// TestTable compares a table with a map through many changes. Its keys collide
// in the index.
func TestTable(t *testing.T) {
	const limit = 3000
	rng := rand.New(rand.NewPCG(1, 2))
	tab := newTable(limit)
	want := make(map[uint64]uint64)
	refused := 0
	for step := range 100_000 {
		key := rng.Uint64N(5000)<<32 | rng.Uint64N(500)*64 + 1
		if rng.IntN(3) > 0 {
			key &= 0xff_0000_0fff
		}
		b := tab.find(key)
		value, known := want[key]
		if (b != nil) != known || known && b.bytes[0] != value {
			t.Fatalf("step %d: key %#x: %+v, want %d, %v", step, key, b, value, known)
		}
		switch {
		case !known:
			if b = tab.insert(key); b == nil {
				refused++
				if tab.count != limit {
					t.Fatalf("refused with %d of %d", tab.count, limit)
				}
				// Half of them go, as after a dump.
				tab.removeIf(func(b *baseline) bool {
					if b.bytes[0]%2 == 0 {
						delete(want, b.key)
						return true
					}
					return false
				})
				continue
			}
			b.bytes[0] = rng.Uint64()
			want[key] = b.bytes[0]
		case rng.IntN(4) == 0:
			tab.remove(int(tab.index[tab.slot(key)] - 1))
			delete(want, key)
		}
		if tab.count != len(want) {
			t.Fatalf("step %d: %d baselines, want %d", step, tab.count, len(want))
		}
	}
	if refused == 0 {
		t.Error("the table was never full")
	}
	for key, value := range want {
		if b := tab.find(key); b == nil || b.bytes[0] != value {
			t.Errorf("key %#x: %+v, want %d", key, b, value)
		}
	}
	tab.removeIf(func(*baseline) bool { return true })
	if tab.count != 0 || len(tab.chunks) > 1 {
		t.Errorf("empty, the table has %d baselines in %d chunks", tab.count, len(tab.chunks))
	}
	for i, place := range tab.index {
		if place != 0 {
			t.Fatalf("slot %d still leads to place %d", i, place)
		}
	}
}
