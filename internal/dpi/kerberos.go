package dpi

import "weir/internal/packet"

// kerberos recognises Kerberos 5 (RFC 4120 section 5) by an application tag and
// the version that every message begins with; over TCP its length stands before
// it (section 7.2.2).
// Requests to change a password have a header of their own (RFC 3244).
var kerberos = Detector{Kerberos, OverTCP | OverUDP, detectKerberos,
	"an application tag and version 5; requests for passwords by their header"}

const (
	kpasswdPort    = 464
	kpasswdVersion = 0xff80 // 1 in replies
)

func detectKerberos(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	if s.OnPort(kpasswdPort) && s.datagram() {
		size, version := int(c.u16()), c.u16()
		return verdictIf(size == s.Len && (version == kpasswdVersion || version == 1))
	}
	if s.Proto == packet.ProtoTCP && c.u32()>>24 != 0 {
		return s.wait()
	}
	tag, _ := c.element()
	switch tag {
	case berApplication + 10, berApplication + 11, berApplication + 12, berApplication + 13, // AS, TGS
		berApplication + 14, berApplication + 15, // AP
		berApplication + 20, berApplication + 21, berApplication + 22, berApplication + 30: // safe, private, credentials, error
	default:
		return s.wait()
	}
	if _, ok := c.sequence(); !ok {
		return No
	}
	// pvno is element 1 of requests to the KDC, 0 of everything else.
	if tag, _ = c.element(); tag != berContext && tag != berContext+1 {
		return No
	}
	version, ok := c.integer()
	return verdictIf(ok && version == 5)
}
