package dpi

// diameter recognises Diameter (RFC 6733 section 3): version 1, a length, and the
// first attribute.
var diameter = Detector{Diameter, OverTCP, detectDiameter,
	"version 1, a length and the first attribute"}

func detectDiameter(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	version, size, flags, command := c.u8(), c.u24(), c.u8(), c.u24()
	c.bytes(12) // application, two IDs
	first := c.u32()
	c.u8()
	length := c.u24()
	if c.short || version != 1 || size%4 != 0 || size < 28 || size < s.fresh && s.First() || flags&0x0f != 0 {
		return s.wait()
	}
	known := command >= 257 && command <= 324 || command >= 8388600 && command <= 8388760
	return verdictIf(known && first > 0 && first < 1<<16 && length >= 8 && length <= size-20)
}
