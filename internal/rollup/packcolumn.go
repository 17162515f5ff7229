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
	packHit  = 0 // not at all
	packFar  = 1 // too far for the difference to be shorter
	packNear = 2 // and that many bits

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
	any   arith.Prob       // is a number of this block not 0
	some  bool             // one is
	zero  [3][2]arith.Prob // is it not 0, by what the series and the row before had
	total [16]arith.Prob   // is it the sum of the class before, by class
	close [2]packSize
	size  packSize

	miss      [numGuesses]uint32 // bits of differences, mean, in 1/256
	diff, len [2]uint32          // the same of the best guesses' and of numbers

	mean, x, y     uint64 // of numbers, the column beside and numbers where it is not 0
	dx, dy         uint64 // of differences from row to row
	lastX, lastY   uint64
	ratio, slope   ratio  // of y to x and of dy to dx, some rows ago
	learned        uint8  // rows, modulo 256
	last           uint32 // 0 if the row before had 0
	sum, sumBefore uint64 // of this class so far, and of the class before
}

func (m *columnPack) begin() {
	for i := range m.zero {
		arith.Forget(m.zero[i][:])
	}
	arith.Forget(m.total[:])
	for _, size := range []*packSize{&m.close[0], &m.close[1], &m.size} {
		size.begin()
	}
	m.any = arith.Even
}

// next begins another block, and codes whether it has numbers that are not 0.
func (m *columnPack) next(s *packStream, some bool) {
	m.sum, m.sumBefore, m.last = 0, 0, 0
	m.some = s.Bit(&m.any, flag(some)) != 0
}

// code codes v.
func (m *columnPack) code(s *packStream, in *packInput, v uint64) uint64 {
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
func (m *columnPack) positive(s *packStream, in *packInput, v uint64) uint64 {
	if in.first && m.sumBefore != 0 {
		if s.Bit(&m.total[in.class%16], flag(v == m.sumBefore)) != 0 {
			return m.sumBefore
		}
	}
	all := m.guesses(in)
	best := guessOwn
	for i := guessMean; i < numGuesses; i++ {
		if all[i] != 0 && (all[best] == 0 || m.miss[i] < m.miss[best]) {
			best = i
		}
	}
	var away uint32
	v, away = m.near(s, all[best], best/guessRatio, v)
	for i, g := range all {
		switch {
		case g == 0:
		case i == best:
			m.miss[i] = fade(m.miss[i], away)
		case m.learned < 16 || m.learned%2 == 0: // half as often tells as much
			m.miss[i] = fade(m.miss[i], length(distance(v, g)))
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
	all[guessRatio] = m.ratio.times(in.beside)
	if m.dx == 0 {
		return all
	}
	more := m.slope.times(distance(in.beside, m.lastX))
	switch {
	case in.beside >= m.lastX:
		all[guessSlope] = m.lastY + more
	case more < m.lastY:
		all[guessSlope] = m.lastY - more
	}
	return all
}

// near codes v by its guess, 0 for none, and returns how many bits it is away from it.
func (m *columnPack) near(s *packStream, guess uint64, kind int, v uint64) (uint64, uint32) {
	n := int(length(guess))
	if guess == 0 {
		return m.far(s, n, v), 0
	}
	code := uint32(packFar)
	if m.diff[kind]+packGain < m.len[kind] {
		if !s.Reading() {
			code = howClose(n, guess, v)
		}
		code = m.close[kind].code(s, code)
	}
	switch code {
	case packHit:
		v = guess
	case packFar:
		v = m.far(s, n, v)
	default:
		below := s.plain.Code(uint64(flag(v < guess)), 1)
		d := tail(s, min(max(n+1+packNear-int(code), 1), 64), distance(v, guess))
		if v = guess + d; below != 0 {
			v = guess - d
		}
	}
	away := length(distance(v, guess))
	m.diff[kind], m.len[kind] = fade(m.diff[kind], away), fade(m.len[kind], length(v))
	return v, away
}

// howClose returns the code of how far a number is from its guess, which has so many
// bits.
func howClose(size int, guess, v uint64) uint32 {
	away := int(length(distance(v, guess)))
	switch {
	case away == 0:
		return packHit
	case away > size+1, away > int(length(v))+3:
		return packFar
	}
	return uint32(size + 1 - away + packNear)
}

// far codes v by how many bits it has, where its guess has size.
func (m *columnPack) far(s *packStream, size int, v uint64) uint64 {
	const most = 8 // that many less come first: more are seldom
	n := size - most + int(m.size.code(s, (length(v)+most-uint32(size))&127))
	n = min(max(n&127, 1), 64) // what is damaged says anything
	return tail(s, n, v)
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
	if m.learned++; m.learned < 8 || m.learned%4 == 0 {
		m.ratio, m.slope = ratioOf(m.y, m.x), ratioOf(m.dy, m.dx)
	}
}

// fade brings a mean of bits nearer to some.
func fade(mean, some uint32) uint32 { return mean - mean/8 + some*32 }

func length(n uint64) uint32 { return uint32(bits.Len64(n)) }

func distance(a, b uint64) uint64 { return max(a, b) - min(a, b) }
