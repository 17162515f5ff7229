package dpi

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// A stream must give the same prefix as an array of bytes and flags, whatever the
// order and overlap of its pieces.
func TestStreamAgainstModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, streamBytes+500)
	for i := range text {
		text[i] = byte(rnd.Uint32())
	}
	for round := range 2000 {
		var b stream
		var there [streamBytes]bool
		gaps := false
		for range 1 + rnd.IntN(20) {
			from := rnd.IntN(streamBytes)
			size := 1 + rnd.IntN(1<<(1+rnd.IntN(11)))
			before := b.n
			b.add(from, text[from:min(from+size, len(text))])
			if before == maxSpans && b.n == maxSpans {
				gaps = true // perhaps left out
			}
			for i := from; i < min(from+size, streamBytes); i++ {
				there[i] = true
			}
		}
		n := 0
		for n < streamBytes && there[n] {
			n++
		}
		got := b.prefix()
		if !bytes.Equal(got, text[:len(got)]) {
			t.Fatalf("round %d: the prefix of %d bytes is not the text", round, len(got))
		}
		if len(got) > n || len(got) < n && !gaps {
			t.Fatalf("round %d: prefix of %d bytes, want %d", round, len(got), n)
		}
		for i := 1; i < b.n; i++ {
			if b.spans[i-1].to >= b.spans[i].from {
				t.Fatalf("round %d: spans %v touch", round, b.spans[:b.n])
			}
		}
	}
}

// The first copy of a byte counts, as it does for most receivers.
func TestStreamKeepsTheFirstCopy(t *testing.T) {
	var b stream
	b.add(2, []byte("cd"))
	b.add(0, []byte("abXYef"))
	if got := string(b.prefix()); got != "abcdef" {
		t.Errorf("prefix %q, want abcdef", got)
	}
}

func TestStreamIsBounded(t *testing.T) {
	var b stream
	b.add(streamBytes-1, []byte("ab"))
	b.add(streamBytes, []byte("c"))
	b.add(-1, []byte("d"))
	b.add(0, bytes.Repeat([]byte("x"), 2*streamBytes))
	if got := len(b.prefix()); got != streamBytes {
		t.Errorf("prefix of %d bytes, want %d", got, streamBytes)
	}
}
