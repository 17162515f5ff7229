package dpi

// snmp recognises SNMP 1, 2c (RFC 3416, RFC 1157) and 3 (RFC 3412 section 6) by
// the outer elements of a message, which fill the datagram.
var snmp = Detector{SNMP, OverUDP, detectSNMP,
	"the outer elements of a message, which fill the datagram"}

func detectSNMP(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	n, ok := c.sequence()
	if !ok || n+len(s.Payload)-len(c.b) != s.Len {
		return No
	}
	version, ok := c.integer()
	if !ok {
		return No
	}
	switch version {
	case 0, 1:
		tag, size := c.element()
		if tag != berOctets || size > 255 {
			return No
		}
		c.bytes(size) // the community, which is a password
		pdu, _ := c.element()
		return verdictIf(!c.short && pdu >= berContext && pdu <= berContext+8)
	case 3:
		if _, ok = c.sequence(); !ok {
			return No
		}
		_, ok = c.integer()
		return verdictIf(ok)
	}
	return No
}
