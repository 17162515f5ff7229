package arith

// Plain is a sequence of bits that nothing is known about, kept as they are beside
// what a Coder codes: many at a time, where a Coder takes them one by one. Like a
// Coder it goes the same way writing and reading. Begin with Write or Read.
//
// Behind the end of what it reads are zeros.
type Plain struct {
	buf     []byte // written so far, or left to be read
	acc     uint32 // bits that are no whole byte yet, or not asked for yet
	n       int    // how many; those above are nonsense
	reading bool
}

// Write makes p an empty Plain that writes to the memory it has.
func (p *Plain) Write() { *p = Plain{buf: p.buf[:0]} }

// Read makes p a Plain that reads b, which must stay as it is meanwhile.
func (p *Plain) Read(b []byte) { *p = Plain{buf: b, reading: true} }

// Code writes the low n bits of v, 64 at most, or reads as many.
func (p *Plain) Code(v uint64, n int) uint64 {
	got := uint64(0)
	for n > 0 {
		part := min(n, 24)
		n -= part
		got = got<<part | uint64(p.few(uint32(v>>n), part))
	}
	return got
}

// few is Code of at most 24 bits: they fit beside the up to 7 that are left over.
func (p *Plain) few(v uint32, n int) uint32 {
	mask := uint32(1)<<n - 1
	if p.reading {
		for ; p.n < n; p.n += 8 {
			p.acc <<= 8
			if len(p.buf) > 0 {
				p.acc |= uint32(p.buf[0])
				p.buf = p.buf[1:]
			}
		}
		p.n -= n
		return p.acc >> p.n & mask
	}
	v &= mask
	p.acc = p.acc<<n | v
	for p.n += n; p.n >= 8; {
		p.n -= 8
		p.buf = append(p.buf, byte(p.acc>>p.n))
	}
	return v
}

// AppendTo appends what was written so far, filled up with zeros. Writing may go on.
func (p *Plain) AppendTo(dst []byte) []byte {
	dst = append(dst, p.buf...)
	if p.n > 0 {
		dst = append(dst, byte(p.acc<<(8-p.n)))
	}
	return dst
}
