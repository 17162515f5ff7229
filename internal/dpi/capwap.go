package dpi

// capwap recognises CAPWAP's control messages (RFC 5415 section 4) on its ports.
var capwap = Detector{CAPWAP, OverUDP, detectCAPWAP,
	"the header of a control message, on ports 5246 and 5247"}

func detectCAPWAP(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	preamble, bits := c.u8(), c.u24()
	if !s.OnPort(5246) && !s.OnPort(5247) || c.short {
		return No
	}
	if preamble == 1 { // DTLS follows
		return verdictIf(bits == 0 && len(c.b) > 13)
	}
	header := bits >> 19 & 31
	if preamble != 0 || header < 2 {
		return No
	}
	if s.OnPort(5247) {
		return verdictIf(bits>>9&31 <= 3) // data: 802.3, 802.11
	}
	c.bytes(4*header - 4)
	kind := c.u32()
	c.u8() // sequence
	size := int(c.u16())
	return verdictIf(!c.short && kind >= 1 && kind <= 26 && size >= 3 && size <= s.Len)
}
