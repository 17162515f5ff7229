package dpi

// xdmcp recognises the X Display Manager Control Protocol (X.Org, version 1).
var xdmcp = Detector{XDMCP, OverUDP, detectXDMCP,
	"a version, a known operation and a length that fills the datagram, on port 177"}

func detectXDMCP(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	version, opcode, size := c.u16(), c.u16(), int(c.u16())
	return verdictIf(!c.short && s.OnPort(177) && version == 1 && opcode >= 1 && opcode <= 14 && size == s.Len-6)
}
