package flowlog

import (
	"math/bits"

	"weir/internal/arith"
)

// number models the numbers of one column: how many bits they have, and the
// bits that matter most.
type number struct {
	sign  [1]arith.Prob
	zero  [numClasses]arith.Prob
	size  [64]arith.Prob // bits of a number but for the leading one
	small [1 << smallBits]arith.Prob
	top   [64]arith.Prob // the second bit of a larger one
}

const (
	numClasses = 4 // contexts of a row's columns, see classOf
	smallBits  = 6 // numbers of so many bits are modelled whole
)

func (m *number) forget() {
	arith.Forget(m.sign[:])
	arith.Forget(m.zero[:])
	arith.Forget(m.size[:])
	arith.Forget(m.small[:])
	arith.Forget(m.top[:])
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// code codes v in the context class.
func (m *number) code(s *arith.Coder, class int, v uint64) uint64 {
	if s.Bit(&m.zero[class], flag(v != 0)) == 0 {
		return 0
	}
	n := int(s.Tree(m.size[:], 6, uint32(bits.Len64(v)-1)))
	r, at := uint64(1), uint32(1)
	for i := n - 1; i >= 0; i-- {
		b := uint32(v>>i) & 1
		switch {
		case n < smallBits:
			b = s.Bit(&m.small[1<<n|at], b)
			at = at<<1 | b
		case i == n-1:
			b = s.Bit(&m.top[n], b)
		default:
			b = s.Even(b)
		}
		r = r<<1 | uint64(b)
	}
	return r
}

// signed codes a number that may be negative.
func (m *number) signed(s *arith.Coder, class int, v int64) int64 {
	size := uint64(v)
	if v < 0 {
		size = -size
	}
	u := m.code(s, class, size)
	if u != 0 && s.Bit(&m.sign[0], flag(v < 0)) != 0 {
		return int64(-u)
	}
	return int64(u)
}

// column is one column of a block, or one member of the entries of a dictionary.
type column struct {
	number
	same  [numClasses]arith.Prob // as expected
	fresh arith.Prob             // beyond all before it
	top   uint64                 // the largest one yet
}

func (c *column) forget() {
	c.number.forget()
	arith.Forget(c.same[:])
	c.fresh, c.top = arith.Even, 0
}

// expect codes v, which is likely to be want.
func (c *column) expect(s *arith.Coder, class int, want, v uint64) uint64 {
	if s.Bit(&c.same[class], flag(v == want)) != 0 {
		return want
	}
	return c.code(s, class, v)
}

// index codes v, the index of an entry of a dictionary that is likely to be want.
// Entries are numbered as they come, so that one beyond all others is likely, too.
func (c *column) index(s *arith.Coder, class int, want, v uint64) uint64 {
	if s.Bit(&c.same[class], flag(v == want)) != 0 {
		return want
	}
	if s.Bit(&c.fresh, flag(v > c.top)) == 0 {
		return c.code(s, class, v)
	}
	// In the context of the last class, which indexes do without.
	v = c.top + 1 + c.code(s, numClasses-1, v-c.top-1)
	c.top = v
	return v
}
