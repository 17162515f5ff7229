// Package arith is a binary arithmetic coder that learns how likely bits are: what
// the flow log and the packed sums of the archive are coded with.
//
// Nothing allocates but the bytes that are written. A Coder is used by one goroutine
// at a time, and may read hostile bytes: they end in nonsense, never in a fault or
// without an end. Whoever reads bounds what it does with the nonsense.
package arith

// Prob is the probability that the next bit is 1, learned from those before it:
// 13 bits of probability, then 3 bits that count how much it has learned. Begin with
// Even.
type Prob uint16

const (
	// Bits is how many bits a probability has.
	Bits = 13
	// Even is a probability that has learned nothing yet.
	Even = Prob(1<<(Bits-1)) << 3
)

// learnRate is by how much a bit moves a probability, in 1/256, after so many
// bits: fast at first, so that some hundred are enough to learn from.
var learnRate = [8]uint32{128, 86, 64, 52, 43, 37, 32, 16}

// Value returns the probability in 1/8192.
func (p Prob) Value() uint32 { return uint32(p >> 3) }

// Seen returns how many bits it was learned from, 7 at most.
func (p Prob) Seen() int { return int(p & 7) }

// Learn takes a bit that came.
func (p *Prob) Learn(bit uint32) {
	v, n := uint32(*p>>3), uint32(*p&7)
	if bit != 0 {
		v += ((1<<Bits - 1 - v) * learnRate[n]) >> 8
	} else {
		v -= (v * learnRate[n]) >> 8
	}
	if n < 7 {
		n++
	}
	*p = Prob(v<<3 | n)
}

// Forget makes probabilities even again.
func Forget(all []Prob) {
	for i := range all {
		all[i] = Even
	}
}

// Coder is a sequence of bits, each coded by how likely it was: a binary arithmetic
// coder without carry, as in G. Martin's range coding. One type reads and writes, so
// that both go the same way through what is coded: it is given to a Coder that
// writes, and returned by one that reads. Begin with Write or Read.
//
// Behind the end of what it reads are zeros: a hostile stream ends in nonsense, not
// in a fault.
type Coder struct {
	buf     []byte // written so far, or left to be read
	lo, hi  uint32 // the range that the bits so far lead to
	code    uint32 // reading: where in it the bits to come lead
	reading bool
}

// Write makes c an empty Coder that writes to the memory it has.
func (c *Coder) Write() { *c = Coder{buf: c.buf[:0], hi: 1<<32 - 1} }

// Read makes c a Coder that reads b, which must stay as it is meanwhile.
func (c *Coder) Read(b []byte) {
	*c = Coder{buf: b, hi: 1<<32 - 1, reading: true}
	for range 4 {
		c.next()
	}
}

// Reading tells which of the two it does.
func (c *Coder) Reading() bool { return c.reading }

func (c *Coder) next() {
	c.code <<= 8
	if len(c.buf) > 0 {
		c.code |= uint32(c.buf[0])
		c.buf = c.buf[1:]
	}
}

// AppendTo appends what was written so far in the form in which it is read.
// Writing may go on.
func (c *Coder) AppendTo(dst []byte) []byte {
	dst = append(dst, c.buf...)
	if c.lo != 0 {
		dst = append(dst, byte(c.lo>>24)+1) // and zeros: more than lo, and less than hi
	}
	return dst
}

// Bit codes a bit that p tells something about, and p learns it.
func (c *Coder) Bit(p *Prob, bit uint32) uint32 {
	// It is split and Learn at once, without a branch by the bit, which no processor
	// foresees: most of the time of whoever codes is spent here.
	v, n := uint32(*p>>3), *p&7
	mid := c.lo + uint32(uint64(c.hi-c.lo)*uint64(v)>>Bits)
	if c.reading {
		bit = 1 - uint32((uint64(mid)-uint64(c.code))>>63)
	}
	one := -(bit & 1) // all bits, or none
	c.lo = c.lo&one | (mid+1)&^one
	c.hi = mid&one | c.hi&^one
	v ^= one & (1<<Bits - 1) // of the bit that did not come
	v -= v * learnRate[n] >> 8
	v ^= one & (1<<Bits - 1)
	*p = Prob(v<<3) | min(n+1, 7)
	if (c.lo^c.hi)>>24 == 0 {
		c.shift()
	}
	return bit
}

// Likely codes a bit that is 1 with the given probability, in 1/8192.
func (c *Coder) Likely(value, bit uint32) uint32 {
	return c.split(uint32(uint64(c.hi-c.lo)*uint64(value)>>Bits), bit)
}

// Even codes a bit that nothing is known about. Many of them are better kept as Plain.
func (c *Coder) Even(bit uint32) uint32 { return c.split((c.hi-c.lo)>>1, bit) }

// split narrows the range to its first part, up to at, for a 1, else to the rest.
func (c *Coder) split(at, bit uint32) uint32 {
	mid := c.lo + at
	if c.reading {
		bit = 0
		if c.code <= mid {
			bit = 1
		}
	}
	if bit != 0 {
		c.hi = mid
	} else {
		c.lo = mid + 1
	}
	if (c.lo^c.hi)>>24 == 0 {
		c.shift()
	}
	return bit
}

// shift moves the bytes out of the range that are settled.
func (c *Coder) shift() {
	for (c.lo^c.hi)>>24 == 0 {
		if c.reading {
			c.next()
		} else {
			c.buf = append(c.buf, byte(c.hi>>24))
		}
		c.lo, c.hi = c.lo<<8, c.hi<<8|0xff
	}
}

// Tree codes the low n bits of v, each in the light of those above it; t has
// 1<<n probabilities.
func (c *Coder) Tree(t []Prob, n int, v uint32) uint32 {
	// Bit, written out: the range stays in registers from bit to bit.
	at, lo, hi := uint32(1), c.lo, c.hi
	for i := n - 1; i >= 0; i-- {
		p := &t[at]
		value, seen := uint32(*p>>3), *p&7
		mid := lo + uint32(uint64(hi-lo)*uint64(value)>>Bits)
		bit := v >> i & 1
		if c.reading {
			bit = 1 - uint32((uint64(mid)-uint64(c.code))>>63)
		}
		one := -bit
		lo, hi = lo&one|(mid+1)&^one, mid&one|hi&^one
		value ^= one & (1<<Bits - 1)
		value -= value * learnRate[seen] >> 8
		value ^= one & (1<<Bits - 1)
		*p = Prob(value<<3) | min(seen+1, 7)
		if at = at<<1 | bit; (lo^hi)>>24 == 0 {
			c.lo, c.hi = lo, hi
			c.shift()
			lo, hi = c.lo, c.hi
		}
	}
	c.lo, c.hi = lo, hi
	return at - 1<<n
}
