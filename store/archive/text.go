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
	for i := 7; i >= 0; i-- {
		var p [len(x.model)]*arith.Prob
		v := uint32(1 << (arith.Bits - 1))
		for k := range p {
			p[k] = &x.model[k][(contexts[k]^at*0x27d4eb2f)*0x2c1b3c6d>>(32-textBits)]
			switch seen := p[k].Seen(); { // the more, the more it counts
			case seen > 2:
				v = (v + 3*p[k].Value()) / 4
			case seen > 0:
				v = (v + p[k].Value()) / 2
			}
		}
		bit := x.coder.Likely(v, c>>i&1)
		for k := range p {
			p[k].Learn(bit)
		}
		at = at<<1 | bit
	}
	return at & 0xff
}
