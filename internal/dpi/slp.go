package dpi

// slp recognises the Service Location Protocol, version 2 (RFC 2608 section 8) and
// 1 (RFC 2165), by a header whose length is the message's.
var slp = Detector{SLP, OverTCP | OverUDP, detectSLP,
	"a header of version 1 or 2 whose length is the message's"}

func detectSLP(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	version, function := c.u8(), c.u8()
	if function < 1 || function > 11 {
		return No
	}
	switch version {
	case 2:
		length, flags := c.u24(), c.u16()
		c.bytes(5) // extension, transaction
		tag := c.bytes(int(c.u16()))
		return verdictIf(!c.short && length == s.Len && flags&0x1fff == 0 && len(tag) <= 8 && printable(tag))
	case 1:
		return verdictIf(int(c.u16()) == s.Len && s.OnPort(427))
	}
	return No
}
