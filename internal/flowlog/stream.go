package flowlog

// prob is the probability that the next bit is 1, learned from those before it:
// 13 bits of probability, then 3 bits that count how much it has learned.
type prob uint16

const (
	probBits = 13
	evenProb = prob(1<<(probBits-1)) << 3 // nothing learned yet
)

// learnRate is by how much a bit moves a probability, in 1/256, after so many
// bits: fast at first, so that 512 flows are enough to learn from.
var learnRate = [8]uint32{128, 86, 64, 52, 43, 37, 32, 16}

// learn takes a bit that came.
func (p *prob) learn(bit uint32) {
	v, n := uint32(*p>>3), uint32(*p&7)
	if bit != 0 {
		v += ((1<<probBits - 1 - v) * learnRate[n]) >> 8
	} else {
		v -= (v * learnRate[n]) >> 8
	}
	if n < 7 {
		n++
	}
	*p = prob(v<<3 | n)
}

// forget makes probabilities even again.
func forget(all []prob) {
	for i := range all {
		all[i] = evenProb
	}
}

// stream is a sequence of bits, each coded by how likely it was: a binary
// arithmetic coder without carry, as in G. Martin's range coding. One type reads
// and writes, so that both go the same way through a block: what is coded is
// given to a stream that writes, and returned by one that reads.
//
// Behind the end of what it reads are zeros: a hostile stream ends in nonsense,
// not in a fault.
type stream struct {
	buf     []byte // written so far, or left to be read
	lo, hi  uint32 // the range that the bits so far lead to
	code    uint32 // reading: where in it the bits to come lead
	reading bool
}

// write makes s an empty stream that writes to the memory it has.
func (s *stream) write() { *s = stream{buf: s.buf[:0], hi: 1<<32 - 1} }

// read makes s a stream that reads b.
func (s *stream) read(b []byte) {
	*s = stream{buf: b, hi: 1<<32 - 1, reading: true}
	for range 4 {
		s.next()
	}
}

func (s *stream) next() {
	s.code <<= 8
	if len(s.buf) > 0 {
		s.code |= uint32(s.buf[0])
		s.buf = s.buf[1:]
	}
}

// appendTo appends what was written so far in the form in which it is read.
// Writing may go on.
func (s *stream) appendTo(dst []byte) []byte {
	dst = append(dst, s.buf...)
	if s.lo != 0 {
		dst = append(dst, byte(s.lo>>24)+1) // and zeros: more than lo, and less than hi
	}
	return dst
}

// bit codes a bit that p tells something about.
func (s *stream) bit(p *prob, bit uint32) uint32 {
	bit = s.split(uint32(uint64(s.hi-s.lo)*uint64(*p>>3)>>probBits), bit)
	p.learn(bit)
	return bit
}

// even codes a bit that nothing is known about.
func (s *stream) even(bit uint32) uint32 { return s.split((s.hi-s.lo)>>1, bit) }

// split narrows the range to its first part, up to at, for a 1, else to the rest.
func (s *stream) split(at, bit uint32) uint32 {
	mid := s.lo + at
	if s.reading {
		bit = 0
		if s.code <= mid {
			bit = 1
		}
	}
	if bit != 0 {
		s.hi = mid
	} else {
		s.lo = mid + 1
	}
	for (s.lo^s.hi)>>24 == 0 {
		if s.reading {
			s.next()
		} else {
			s.buf = append(s.buf, byte(s.hi>>24))
		}
		s.lo, s.hi = s.lo<<8, s.hi<<8|0xff
	}
	return bit
}

// tree codes the low n bits of v, each in the light of those above it; t has
// 1<<n probabilities.
func (s *stream) tree(t []prob, n int, v uint32) uint32 {
	at := uint32(1)
	for i := n - 1; i >= 0; i-- {
		at = at<<1 | s.bit(&t[at], v>>i&1)
	}
	return at - 1<<n
}
