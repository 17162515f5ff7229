package dpi

import "encoding/binary"

// iax recognises IAX2 (RFC 5456 section 8.1) by a full frame of its control channel
// whose information elements fill the datagram. Frames without any are too short to
// tell and need the port.
var iax = Detector{IAX, OverUDP, detectIAX,
	"a full frame of the control channel whose elements fill the datagram"}

const (
	iaxPort    = 4569
	iaxHeader  = 12
	iaxControl = 6    // type of frame
	iaxLast    = 0x28 // CALLTOKEN, the last subclass
	iaxLastIE  = 0x36
	maxIAX     = 24 // elements that are looked at
)

func detectIAX(s *Segment) Verdict {
	p := s.Payload
	if len(p) < iaxHeader || p[0]&0x80 == 0 || p[10] != iaxControl || p[11] == 0 || p[11] > iaxLast || binary.BigEndian.Uint16(p)&0x7fff == 0 {
		return No
	}
	if len(p) == iaxHeader {
		return verdictIf(s.OnPort(iaxPort))
	}
	c := cursor{b: p[iaxHeader:]}
	for n := 0; c.more(); n++ {
		if kind := c.u8(); n == maxIAX || kind == 0 || kind > iaxLastIE {
			return No
		}
		c.bytes(int(c.u8()))
	}
	return verdictIf(!c.short || !s.whole())
}
