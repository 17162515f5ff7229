package dpi

// xiaomi recognises miIO, which Xiaomi's devices speak in the house (a header of 32
// bytes: 0x2131 and the length), and the connection by which their servers push.
var xiaomi = Detector{Xiaomi, OverTCP | OverUDP, detectXiaomi,
	"the header of miIO, 0x2131 and the length; the connection by which servers push"}

func detectXiaomi(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	switch c.u16() {
	case 0x2131:
		return s.yesOrWait(int(c.u16()) == s.Len && s.Len >= 32)
	case 0xc2fe: // version 5, a body, and a checksum behind it
		version, size := c.u16(), int(c.u32())
		return s.yesOrWait(!s.datagram() && version == 5 && !c.short && size+12 <= 1<<20 && size+12 >= s.fresh)
	}
	return s.wait()
}
