package archive

import "weir/internal/arith"

// text models bytes that are not blocks: names, devices, notes, what records are of.
// A byte is expected by how often it came behind the one, two and four before it. It
// is 48 kB and begins anew with each chunk.
type text struct {
	coder arith.Coder
	model [3][1 << textBits]arith.Prob
}

const textBits = 13

func (x *text) forget() {
	for i := range x.model {
		arith.Forget(x.model[i][:])
	}
}

// appendPacked appends b, packed.
func (x *text) appendPacked(dst, b []byte) []byte {
	x.forget()
	x.coder.Write()
	before := uint32(0)
	for _, c := range b {
		x.code(before, uint32(c))
		before = before<<8 | uint32(c)
	}
	return x.coder.AppendTo(dst)
}

// appendUnpacked appends n bytes that were packed.
func (x *text) appendUnpacked(dst, packed []byte, n int) []byte {
	x.forget()
	x.coder.Read(packed)
	before := uint32(0)
	for range n {
		c := x.code(before, 0)
		dst = append(dst, byte(c))
		before = before<<8 | c
	}
	return dst
}

// code codes the byte that follows the four of before.
func (x *text) code(before, c uint32) uint32 {
	contexts := [len(x.model)]uint32{
		(before & 0xff) * 0x9e3779b1,
		(before & 0xffff) * 0x85ebca6b,
		before * 0xc2b2ae35,
	}
	at := uint32(1)
	var cells [len(x.model)]*[1 << 4]arith.Prob // of each context, for half a byte
	for i := 7; i >= 0; i-- {
		if i == 7 || i == 3 {
			for k := range cells {
				cell := (contexts[k] ^ at*0x27d4eb2f) * 0x2c1b3c6d >> (32 - textBits) &^ 15
				cells[k] = (*[1 << 4]arith.Prob)(x.model[k][cell:])
			}
		}
		in := at & 15 // its place in a cell: that of a node in a tree of 4 bits
		if i < 3 {
			in = 1<<(3-i) | at&(1<<(3-i)-1)
		} else if i == 3 {
			in = 1
		}
		p0, p1, p2 := &cells[0][in], &cells[1][in], &cells[2][in]
		bit := x.coder.Likely(mix(mix(mix(1<<(arith.Bits-1), *p0), *p1), *p2), c>>i&1)
		p0.Learn(bit)
		p1.Learn(bit)
		p2.Learn(bit)
		at = at<<1 | bit
	}
	return at & 0xff
}

// mix brings a probability nearer to that of a longer context, which counts the more,
// the more it has learned.
func mix(v uint32, p arith.Prob) uint32 {
	switch seen := p.Seen(); {
	case seen > 2:
		return (v + 3*p.Value()) / 4
	case seen > 0:
		return (v + p.Value()) / 2
	}
	return v
}
