package dpi

// natpmp recognises NAT-PMP (RFC 6886 section 3) and its successor PCP (RFC 6887
// section 7). The messages are a few numbers: the port is asked for as well.
var natpmp = Detector{NATPMP, OverUDP, detectNATPMP,
	"the few numbers of a message of NAT-PMP or PCP, on their ports"}

const natpmpPort = 5351

func detectNATPMP(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	version, op := c.u8(), c.u8()
	if !s.OnPort(natpmpPort) && !s.OnPort(natpmpPort-1) { // clients listen to announcements on 5350
		return No
	}
	switch version {
	case 0:
		return verdictIf(natpmpLength(op) == s.Len)
	case 1, 2:
		return verdictIf(op&0x7f <= 3 && s.Len >= 24 && s.Len <= 1100 && s.Len%4 == 0)
	}
	return No
}

// natpmpLength is the length of a message of an operation, -1 for none.
func natpmpLength(op uint8) int {
	switch op {
	case 0:
		return 2
	case 1, 2, 128:
		return 12
	case 129, 130:
		return 16
	}
	return -1
}
