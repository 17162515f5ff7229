package dpi

// bacnet recognises BACnet/IP (ASHRAE 135 annex J): type, function and length, and
// the version of the network layer where that follows.
var bacnet = Detector{BACnet, OverUDP, detectBACnet,
	"type, function and length of BACnet/IP, and the version of its network layer"}

func detectBACnet(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	kind, function, size := c.u8(), c.u8(), int(c.u16())
	if c.short || kind != 0x81 || function > 0x0c || size != s.Len || s.Len < 4 {
		return No
	}
	switch function {
	case 0x04: // forwarded: an address comes first
		c.bytes(6)
		fallthrough
	case 0x09, 0x0a, 0x0b:
		return verdictIf(c.u8() == 1)
	}
	return verdictIf(s.OnPort(47808))
}
