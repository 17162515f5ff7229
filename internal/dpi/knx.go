package dpi

// knx recognises KNXnet/IP (ISO 22510): a header of six bytes, version 1.0, a known
// service, and the length.
var knx = Detector{KNX, OverTCP | OverUDP, detectKNX,
	"a header of six bytes with version 1.0, a known service and the length"}

func detectKNX(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	header, service, size := c.u16(), c.u16(), int(c.u16())
	if c.short || header != 0x0610 || size != s.Len {
		return No
	}
	switch service >> 8 {
	case 2, 3, 4, 5, 6, 7, 8, 9: // core, management, tunnelling, routing, logging, configuration, objects, security
		return verdictIf(service&0xff <= 0x54)
	}
	return No
}
