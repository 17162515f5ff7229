package rollup

import (
	"math/bits"

	"weir/internal/arith"
)

// packSize tells how likely a number has so many bits, 127 at most. Small ones, which
// nearly all are, take 4 steps.
type packSize struct {
	small [1 << 4]arith.Prob
	all   [1 << 7]arith.Prob
}

// packLarge stands among the small ones for all others.
const packLarge = 15

func (n *packSize) begin() {
	arith.Forget(n.small[:])
	arith.Forget(n.all[:])
}

func (n *packSize) code(s *packStream, size uint32) uint32 {
	if small := s.Tree(n.small[:], 4, min(size, packLarge)); small != packLarge {
		return small
	}
	return s.Tree(n.all[:], 7, size)
}

// number codes a number of which only its size is modelled.
func (n *packSize) number(s *packStream, v uint64) uint64 {
	return tail(s, min(int(n.code(s, uint32(bits.Len64(v)))), 64), v)
}

// tail codes what is below the leading one of a number of so many bits.
func tail(s *packStream, size int, v uint64) uint64 {
	if size == 0 {
		return 0
	}
	return 1<<(size-1) | s.plain.Code(v, size-1)
}

// ratio is part/65536 << shift, exact to 15 bits or more: routers divide 64 bits so
// slowly that packing would take twice as long.
type ratio struct {
	part  uint32 // less than 1<<17
	shift int
}

// ratioOf returns y/d, 0 if there is no d. That of equal numbers is exactly 1.
func ratioOf(y, d uint64) ratio {
	if y == 0 || d == 0 {
		return ratio{}
	}
	ny, nd := bits.Len64(y), bits.Len64(d)
	high, low := uint32(y<<(64-ny)>>32), uint32(d<<(64-nd)>>48)
	return ratio{high &^ 0xffff / low, ny - nd}
}

// times returns x*r, or the largest number if there is no room.
func (r ratio) times(x uint64) uint64 {
	cut := max(bits.Len64(x)-47, 0)
	product := (x >> cut) * uint64(r.part)
	by := 16 - r.shift - cut
	switch {
	case by >= 0:
		return product >> by
	case bits.Len64(product)-by > 64:
		return 1<<64 - 1
	}
	return product << -by
}
