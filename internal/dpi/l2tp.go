package dpi

import "encoding/binary"

// l2tp recognises the control messages of L2TP, versions 2 and 3 over UDP (RFC 2661
// section 3.1, RFC 3931 section 3.2.1), by a header whose length fills the datagram
// and the attribute that must be first. Data has too little of a header.
var l2tp = Detector{L2TP, OverUDP, detectL2TP,
	"a control message whose length fills the datagram and whose first attribute is right"}

const (
	l2tpPort    = 1701
	l2tpHeader  = 12
	l2tpControl = 0xc800 // type, length and sequence are there
)

func detectL2TP(s *Segment) Verdict {
	p := s.Payload
	if len(p) < 4 {
		return No
	}
	flags := binary.BigEndian.Uint16(p)
	version := flags & 15
	switch {
	case version != 2 && version != 3:
		return No
	case flags&0xfff0 != l2tpControl:
		if s.OnPort(l2tpPort) && flags&0xb4f0 == 0 { // data, without what is reserved
			return Likely
		}
		return No
	case len(p) < l2tpHeader || int(binary.BigEndian.Uint16(p[2:])) != s.Len:
		return No
	case s.Len == l2tpHeader:
		return Yes
	}
	// The attribute Message Type: mandatory, of 8 bytes, of no vendor, number 0.
	return verdictIf(len(p) >= l2tpHeader+8 && p[12]&0x80 != 0 && p[13] == 8 && binary.BigEndian.Uint32(p[14:]) == 0)
}
