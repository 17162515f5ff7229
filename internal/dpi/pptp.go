package dpi

import "encoding/binary"

// pptp recognises the control connection of PPTP by its magic cookie (RFC 2637
// section 1.4).
var pptp = Detector{PPTP, OverTCP, detectPPTP,
	"the magic cookie of the control connection"}

const (
	pptpCookie  = 0x1a2b3c4d
	pptpVendor  = 92 // in a request and an answer for a connection
	pptpStart   = 156
	pptpName    = 28
	pptpText    = 64
	pptpMessage = 1
)

func detectPPTP(s *Segment) Verdict {
	p := s.Payload
	if len(p) < 8 || binary.BigEndian.Uint32(p[4:]) != pptpCookie || binary.BigEndian.Uint16(p[2:]) != pptpMessage {
		return No
	}
	if len(p) >= pptpStart {
		host, vendor := untilNUL(p[pptpName:pptpName+pptpText]), untilNUL(p[pptpVendor:pptpVendor+pptpText])
		if s.FromClient {
			s.Facts.UserAgent = vendor
		} else {
			s.Facts.Server = vendor
		}
		s.Facts.DeviceName = host
	}
	return Yes
}
