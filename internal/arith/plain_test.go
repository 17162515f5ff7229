package arith

import (
	"math/rand/v2"
	"testing"
)

func TestPlainGivesTheSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for round := range 300 {
		values, sizes := make([]uint64, round), make([]int, round)
		var w, r Plain
		w.Write()
		all := 0
		for i := range values {
			sizes[i] = rng.IntN(65)
			all += sizes[i]
			v := rng.Uint64() // what is above the bits that count does not matter
			values[i] = v
			if sizes[i] < 64 {
				values[i] &= 1<<sizes[i] - 1
			}
			if got := w.Code(v, sizes[i]); got != values[i] {
				t.Fatalf("writing %d bits of %x returns %x", sizes[i], v, got)
			}
		}
		b := w.AppendTo([]byte{7})
		if len(b) != 1+(all+7)/8 || b[0] != 7 {
			t.Fatalf("%d bits take %d bytes", all, len(b)-1)
		}
		r.Read(b[1:])
		for i, want := range values {
			if got := r.Code(0, sizes[i]); got != want {
				t.Fatalf("number %d of %d bits is %x, was %x", i, sizes[i], got, want)
			}
		}
	}
}

// TestPlainEndsInZeros reads beyond the end.
func TestPlainEndsInZeros(t *testing.T) {
	var r Plain
	r.Read([]byte{0xff})
	for i, want := range []uint64{0x7f, 1 << 63, 0, 0} {
		n := 64
		if i == 0 {
			n = 7
		}
		if got := r.Code(1<<64-1, n); got != want {
			t.Errorf("part %d is %x, not %x", i, got, want)
		}
	}
}
