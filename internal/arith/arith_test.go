package arith

import (
	"math/rand/v2"
	"testing"
)

// pass codes the same things with a Coder that writes and one that reads, and
// returns what came through.
func pass(c *Coder, bits []uint32) []uint32 {
	seldom, tree := Even, [1 << 4]Prob{}
	Forget(tree[:])
	out := make([]uint32, 0, len(bits))
	for i, b := range bits {
		switch i % 4 {
		case 0:
			out = append(out, c.Bit(&seldom, b&1))
		case 1:
			out = append(out, c.Even(b&1))
		case 2:
			out = append(out, c.Tree(tree[:], 4, b&15))
		default:
			out = append(out, c.Likely(8191, b&1))
		}
	}
	return out
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for n := range 300 {
		bits := make([]uint32, n)
		for i := range bits {
			bits[i] = rng.Uint32() >> rng.UintN(33)
		}
		var w, r Coder
		w.Write()
		want := pass(&w, bits)
		r.Read(w.AppendTo(nil))
		got := pass(&r, make([]uint32, n))
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%d things: number %d is %d, was %d", n, i, got[i], want[i])
			}
		}
		if !r.Reading() || w.Reading() {
			t.Fatal("who reads?")
		}
	}
}

// TestLikelyBitsAreShort codes 8,000 bits of which every hundredth is a 1: 8.1 % of
// a bit each, and what it costs to learn that.
func TestLikelyBitsAreShort(t *testing.T) {
	var w Coder
	w.Write()
	p := Even
	for i := range 8000 {
		w.Bit(&p, uint32(i%100/99))
	}
	if n := len(w.AppendTo(nil)); n > 120 || n < 80 {
		t.Errorf("%d bytes", n)
	}
	if p.Value() > 1<<Bits/10 || p.Seen() != 7 {
		t.Errorf("learned %d from %d", p.Value(), p.Seen())
	}
}

// TestNonsenseEnds reads far beyond the end of random bytes.
func TestNonsenseEnds(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for n := range 20 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		var r Coder
		r.Read(b)
		for i, v := range pass(&r, make([]uint32, 2000)) {
			if v > 15 {
				t.Fatalf("number %d is %d", i, v)
			}
		}
	}
}

func FuzzCoder(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 255, 254})
	f.Add([]byte{0x80, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Coder
		r.Read(b)
		read := pass(&r, make([]uint32, 8*len(b)))
		var w, again Coder
		w.Write()
		pass(&w, read)
		again.Read(w.AppendTo(nil))
		for i, v := range pass(&again, make([]uint32, len(read))) {
			if v != read[i] {
				t.Fatalf("number %d is %d, was %d", i, v, read[i])
			}
		}
	})
}
