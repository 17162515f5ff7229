package geo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKeyText(t *testing.T) {
	tests := []struct {
		s    space
		k    key
		want string
	}{
		{ipv4, key{0, 0xc0000201}, "192.0.2.1"},
		{ipv6, key{0x20010db8 << 32, 1}, "2001:db8::1"},
		{mac, key{0, 0x0123456789ab}, "01:23:45:67:89:ab"},
	}
	for _, tt := range tests {
		b := tt.s.appendKey(nil, tt.k)
		if got := tt.s.text(tt.k); got != tt.want || tt.s.keyAt(b) != tt.k || len(b) != tt.s.bytes() {
			t.Errorf("%v is %q in %x, want %q", tt.k, got, b, tt.want)
		}
	}
}

// TestKeyArithmetic compares with sums and shifts that are made bit by bit.
func TestKeyArithmetic(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		a := key{r.Uint64(), r.Uint64()}.shiftRight(r.IntN(128))
		b := key{r.Uint64(), r.Uint64()}.shiftRight(r.IntN(128))
		if got := a.plus(b).minus(b); got != a {
			t.Fatalf("%v + %v - the same = %v", a, b, got)
		}
		if a.less(b) == b.less(a) && a != b || a.less(b) && b.minus(a).plus(a) != b {
			t.Fatalf("%v and %v have no order", a, b)
		}
		bits := func(k key) string { return fmt.Sprintf("%064b%064b", k.hi, k.lo) }
		if n := len(strings.TrimLeft(bits(a), "0")); a.length() != n {
			t.Fatalf("%v has %d bits, want %d", a, a.length(), n)
		}
		if n := 128 - len(strings.TrimRight(bits(a), "0")); a != (key{}) && a.zeros() != n {
			t.Fatalf("%v ends with %d zeros, want %d", a, a.zeros(), n)
		}
		n := r.IntN(129)
		if got, want := bits(a.shiftLeft(n)), bits(a)[n:]+strings.Repeat("0", n); got != want {
			t.Fatalf("%v << %d = %s, want %s", a, n, got, want)
		}
		if got, want := bits(a.shiftRight(n)), strings.Repeat("0", n)+bits(a)[:128-n]; got != want {
			t.Fatalf("%v >> %d = %s, want %s", a, n, got, want)
		}
	}
}

func TestBits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	type piece struct {
		k key
		n int
	}
	var w bitWriter
	var want []piece
	for range 500 {
		n := r.IntN(129)
		k := key{r.Uint64(), r.Uint64()}.shiftRight(128 - n)
		w.putLong(k, n)
		want = append(want, piece{k, n})
	}
	in := &bitReader{data: append(w.data, 0, 0, 0, 0), end: w.bits}
	for i, p := range want {
		if got := in.takeLong(p.n); got != p.k {
			t.Fatalf("piece %d of %d bits is %v, want %v", i, p.n, got, p.k)
		}
	}
	if in.bad {
		t.Error("bad before the end")
	}
	if in.take(1); !in.bad {
		t.Error("what is beyond the end is not bad")
	}
}

func TestPrefixCode(t *testing.T) {
	fibonacci := []int{1, 1}
	for len(fibonacci) < 30 { // would have words of 29 bits
		n := len(fibonacci)
		fibonacci = append(fibonacci, fibonacci[n-1]+fibonacci[n-2])
	}
	even := slices.Repeat([]int{7}, maxSymbols)
	tests := []struct {
		name string
		used []int
		want []byte // lengths, nil: any
	}{
		{"none", []int{0, 0}, []byte{0, 0}},
		{"one", []int{0, 5, 0}, []byte{0, 1, 0}},
		{"two", []int{1, 1000}, []byte{1, 1}},
		{"skewed", []int{8, 4, 2, 1, 1}, []byte{1, 2, 3, 4, 4}},
		{"Fibonacci", fibonacci, nil},
		{"even", even, slices.Repeat([]byte{8}, maxSymbols)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lengths := codeLengths(tt.used)
			if tt.want != nil && !cmp.Equal(lengths, tt.want) {
				t.Errorf("lengths %v, want %v", lengths, tt.want)
			}
			c, err := newPrefixCode(lengths)
			if err != nil {
				t.Fatal(err)
			}
			words, err := canonical(lengths)
			if err != nil {
				t.Fatal(err)
			}
			var w bitWriter
			for symbol, n := range lengths {
				if (n == 0) != (tt.used[symbol] == 0) {
					t.Errorf("symbol %d has a word of %d bits", symbol, n)
				}
				w.put(uint32(words[symbol]), int(n))
			}
			in := &bitReader{data: append(w.data, 0, 0, 0, 0), end: w.bits}
			for symbol, n := range lengths {
				if n > 0 {
					if got := c.read(in); got != symbol || in.bad {
						t.Fatalf("symbol %d is read as %d, bad: %t", symbol, got, in.bad)
					}
				}
			}
		})
	}
}

func TestPrefixCodeErrors(t *testing.T) {
	for name, lengths := range map[string][]byte{
		"three of one bit": {1, 1, 1},
		"full already":     {1, 2, 2, 3},
		"too long":         {1, maxWord + 1},
		"too many":         make([]byte, maxSymbols+1),
	} {
		if _, err := newPrefixCode(lengths); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	c, err := newPrefixCode([]byte{0, 2})
	if err != nil {
		t.Fatal(err)
	}
	in := &bitReader{data: []byte{0xff, 0, 0, 0, 0, 0}, end: 16}
	if c.read(in); !in.bad {
		t.Error("what is no word is not bad")
	}
}

func TestRecent(t *testing.T) {
	var r recent
	for v := range uint32(recentValues + 3) {
		r.met(v, r.index(v))
	}
	if r.index(0) != -1 || r.index(2) != -1 || r.index(recentValues+2) != 0 || r.index(3) != recentValues-1 {
		t.Errorf("kept %v", r)
	}
	r.met(5, r.index(5))
	if r.index(5) != 0 || r.index(recentValues+2) != 1 || r.index(3) != recentValues-1 || r.n != recentValues {
		t.Errorf("kept %v", r)
	}
}
