package rollup

import (
	"math/bits"

	"weir/internal/arith"
)

// The ways in which a number is guessed.
const (
	guessOwn   = iota // as in the blocks before
	guessMean         // as in the rows before
	guessRatio        // by the column beside, as much of it as in the rows before
	guessSlope        // the row before's, and as much more as the column beside has more
	numGuesses
)

// Codes of how far a number is from its guess, beside the bits that they have in
// common.
const (
	packHit = 62 // not at all
	packFar = 63 // too far for the difference to be shorter

	// packGain is by how many bits, in 1/256, differences have to be shorter than
	// the numbers on average to be coded instead: they have a sign.
	packGain = 300
)

// packInput is what is known of a number before it is coded.
type packInput struct {
	class  Class
	known  bool   // the series was in a block before
	own    uint64 // what it had there
	first  bool   // of its class
	beside uint64 // in the column that tells most about this one
}

// columnPack codes the numbers of one column. Each is guessed in the way that was
// nearest lately; coded is the difference, where that is shorter, or how many bits
// the number has more than its guess, and those below its leading one.
type columnPack struct {
	zero  [3][2]arith.Prob // is it not 0, by what the series and the row before had
	total [16]arith.Prob   // is it the sum of the class before, by class
	close [2][64]arith.Prob
	sign  arith.Prob
	size  [1 << 7]arith.Prob
	top   arith.Prob // of the bits below the leading one

	miss      [numGuesses]uint32 // bits of differences, mean, in 1/256
	diff, len [2]uint32          // the same of the best guesses' and of numbers

	mean, x, y     uint64 // of numbers, the column beside and numbers where it is not 0
	dx, dy         uint64 // of differences from row to row
	lastX, lastY   uint64
	last           uint32 // 0 if the row before had 0
	sum, sumBefore uint64 // of this class so far, and of the class before
}

func (m *columnPack) begin() {
	for i := range m.zero {
		arith.Forget(m.zero[i][:])
	}
	arith.Forget(m.total[:])
	arith.Forget(m.close[0][:])
	arith.Forget(m.close[1][:])
	arith.Forget(m.size[:])
	m.sign, m.top = arith.Even, arith.Even
}

// next begins another block.
func (m *columnPack) next() { m.sum, m.sumBefore, m.last = 0, 0, 0 }

// code codes v.
func (m *columnPack) code(s *arith.Coder, in *packInput, v uint64) uint64 {
	if in.first {
		m.sumBefore, m.sum = m.sum, 0
	}
	had := 0
	if in.known {
		had = 1 + int(min(in.own, 1))
	}
	m.last = s.Bit(&m.zero[had][m.last], uint32(min(v, 1)))
	if m.last == 0 {
		return 0
	}
	v = m.positive(s, in, v)
	m.sum += v
	return v
}

// positive codes a number that is not 0.
func (m *columnPack) positive(s *arith.Coder, in *packInput, v uint64) uint64 {
	if in.first && m.sumBefore != 0 {
		if s.Bit(&m.total[in.class%16], flag(v == m.sumBefore)) != 0 {
			return m.sumBefore
		}
	}
	all := m.guesses(in)
	best := -1
	for i, g := range all {
		if g != 0 && (best < 0 || m.miss[i] < m.miss[best]) {
			best = i
		}
	}
	guess, kind := uint64(0), 0
	if best >= 0 {
		guess, kind = all[best], best/guessRatio
	}
	v = m.near(s, guess, kind, v)
	for i, g := range all {
		if g != 0 {
			m.miss[i] = fade(m.miss[i], distance(v, g))
		}
	}
	m.learn(in.beside, v)
	return v
}

func flag(is bool) uint32 {
	if is {
		return 1
	}
	return 0
}

// guesses returns what a number may be; 0 is no guess.
func (m *columnPack) guesses(in *packInput) (all [numGuesses]uint64) {
	all[guessOwn], all[guessMean] = in.own, m.mean
	if in.beside == 0 {
		return all
	}
	all[guessRatio] = timesRatio(in.beside, m.y, m.x)
	if m.dx == 0 {
		return all
	}
	more := timesRatio(distance(in.beside, m.lastX), m.dy, m.dx)
	switch {
	case in.beside >= m.lastX:
		all[guessSlope] = m.lastY + more
	case more < m.lastY:
		all[guessSlope] = m.lastY - more
	}
	return all
}

// near codes v by its guess, 0 for none.
func (m *columnPack) near(s *arith.Coder, guess uint64, kind int, v uint64) uint64 {
	length := bits.Len64(guess)
	byDifference := guess != 0 && m.diff[kind]+packGain < m.len[kind]
	switch {
	case !byDifference:
		v = m.far(s, length, v)
	default:
		code := s.Tree(m.close[kind][:], 6, howClose(guess, v))
		switch code {
		case packHit:
			v = guess
		case packFar:
			v = m.far(s, length, v)
		default:
			below := s.Bit(&m.sign, flag(v < guess))
			d := tail(s, min(max(length+1-int(code), 1), 64), distance(v, guess))
			if v = guess + d; below != 0 {
				v = guess - d
			}
		}
	}
	if guess != 0 {
		m.diff[kind], m.len[kind] = fade(m.diff[kind], distance(v, guess)), fade(m.len[kind], v)
	}
	return v
}

// howClose returns the code of how far a number is from its guess.
func howClose(guess, v uint64) uint32 {
	length, n := bits.Len64(guess), bits.Len64(distance(v, guess))
	switch {
	case n == 0:
		return packHit
	case n > length+1, length+1-n >= packHit, n > bits.Len64(v)+3:
		return packFar
	}
	return uint32(length + 1 - n)
}

// far codes v by how many bits it has, where its guess has length.
func (m *columnPack) far(s *arith.Coder, length int, v uint64) uint64 {
	n := length + int(s.Tree(m.size[:], 7, uint32(bits.Len64(v)-length)&127))
	n = min(max(n&127, 1), 64) // what is damaged says anything
	if n == 1 {
		return 1
	}
	top := uint64(s.Bit(&m.top, uint32(v>>(n-2))&1))
	if n == 2 {
		return 2 | top
	}
	return (2|top)<<(n-2) | tail(s, n-1, v)&(1<<(n-2)-1)
}

// learn takes a number into account, and what the column beside has.
func (m *columnPack) learn(beside, v uint64) {
	m.mean = max(m.mean-m.mean/4+v/4, 1)
	if beside == 0 {
		return
	}
	m.x, m.y = m.x-m.x/8+beside/8, m.y-m.y/8+v/8
	if m.lastX != 0 {
		m.dx = m.dx - m.dx/16 + distance(beside, m.lastX)/4
		m.dy = m.dy - m.dy/16 + distance(v, m.lastY)/4
	}
	m.lastX, m.lastY = beside, v
}

// fade brings a mean of bits nearer to those of n.
func fade(mean uint32, n uint64) uint32 { return mean - mean/8 + uint32(bits.Len64(n))*32 }

func distance(a, b uint64) uint64 { return max(a, b) - min(a, b) }

// timesRatio returns x*y/d, 0 if there is no d and the largest number if there is
// no room.
func timesRatio(x, y, d uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	switch {
	case d == 0:
		return 0
	case hi >= d:
		return 1<<64 - 1
	}
	q, _ := bits.Div64(hi, lo, d)
	return q
}
