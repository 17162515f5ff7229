package dpi

// netflow recognises NetFlow 1, 5, 7, 9 (RFC 3954) and IPFIX (RFC 7011) by counts
// and lengths that are the datagram's.
var netflow = Detector{NetFlow, OverUDP, detectNetFlow,
	"a version, and counts and lengths that are the datagram's"}

func detectNetFlow(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	version, count := c.u16(), int(c.u16())
	if c.short || count == 0 {
		return No
	}
	switch version {
	case 1:
		return verdictIf(count <= 24 && s.Len == 16+52*count)
	case 5:
		return verdictIf(count <= 30 && s.Len == 24+48*count)
	case 7:
		return verdictIf(count <= 28 && s.Len == 24+52*count)
	case 9:
		c.bytes(16) // uptime, time, sequence, source
		return verdictIf(s.flowSets(&c, 0, 1))
	case 10:
		c.bytes(12) // time, sequence, domain
		return verdictIf(count == s.Len && s.flowSets(&c, 2, 3))
	}
	return No
}

// flowSets reports whether sets, of templates with one of two numbers or of data,
// fill the datagram.
func (s *Segment) flowSets(c *cursor, templates, options uint16) bool {
	n := 0
	for ; len(c.b) >= 4 && n < mostRecords; n++ {
		id, size := c.u16(), int(c.u16())
		if id != templates && id != options && id < 256 || size < 4 {
			return false
		}
		c.bytes(size - 4)
		if c.short {
			return !s.whole()
		}
	}
	return n == mostRecords || n > 0 && len(c.b) < 4
}
