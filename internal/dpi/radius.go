package dpi

// radius recognises RADIUS (RFC 2865 section 3, RFC 2866, RFC 5176): a known code,
// the length, and attributes that fill it.
var radius = Detector{RADIUS, OverUDP, detectRADIUS,
	"a known code, the length, and attributes that fill it"}

var radiusPorts = [...]uint16{1812, 1813, 1645, 1646, 3799}

func detectRADIUS(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	code, _, size := c.u8(), c.u8(), int(c.u16())
	c.bytes(16) // authenticator
	known := code >= 1 && code <= 5 || code >= 11 && code <= 13 || code >= 40 && code <= 45
	if c.short || !known || size < 20 || size > s.Len || size > 4096 {
		return No
	}
	port := s.onPorts(radiusPorts[:])
	if size == 20 {
		return verdictIf(port)
	}
	n := 0
	for left := size - 20; left > 0 && n < mostRecords; n++ {
		kind, length := c.u8(), int(c.u8())
		if c.short || len(c.b) < length-2 {
			return verdictIf(port && !s.whole())
		}
		if kind == 0 || length < 2 || length > left {
			return No
		}
		c.bytes(length - 2)
		left -= length
	}
	return verdictIf(port || n >= 2 && size == s.Len)
}
