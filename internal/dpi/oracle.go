package dpi

// oracle recognises TNS, which Oracle's clients connect by: a header and, in the
// first packet, a description in text.
var oracle = Detector{Oracle, OverTCP, detectOracle,
	"a header of TNS and a description in text"}

func detectOracle(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	size, sum, kind, _ := int(c.u16()), c.u16(), c.u8(), c.u8()
	if header := c.u16(); c.short || size != s.Len || sum != 0 || header != 0 {
		return s.wait()
	}
	switch kind {
	case 1: // connect
		version, compatible := c.u16(), c.u16()
		return verdictIf(version>>8 == 1 && compatible>>8 == 1 && (s.OnPort(1521) || s.has("(DESCRIPTION=")))
	case 4, 5: // refuse, redirect
		return verdictIf(s.has("(DESCRIPTION="))
	case 11, 2: // resend, accept
		return s.yesOrWait(s.OnPort(1521))
	}
	return s.wait()
}
