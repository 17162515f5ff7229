package dpi

import "bytes"

// zeroTier recognises ZeroTier by the addresses of 40 bits in its packets (ZeroTier
// protocol, Packet.hpp): a HELLO names its sender twice in clear, and what the two
// ends send has the same addresses the other way around.
var zeroTier = Detector{ZeroTier, OverUDP, detectZeroTier,
	"the addresses of both ends in its packets, one way and the other"}

const (
	ztAddress  = 5
	ztDest     = 8
	ztSource   = ztDest + ztAddress
	ztVerb     = 27
	ztHello    = 1
	ztIdentity = 41 // in a HELLO: the sender's address and the kind of its key
	ztHeader   = 28
)

func detectZeroTier(s *Segment) Verdict {
	p := s.Payload
	if len(p) < ztHeader {
		return s.wait()
	}
	from, to := p[ztSource:ztSource+ztAddress], p[ztDest:ztDest+ztAddress]
	if from[0] == 0xff || from[0] == 0 || bytes.Equal(from, to) { // reserved
		return No
	}
	if len(p) > ztIdentity+ztAddress && p[ztVerb]&0x1f == ztHello && bytes.Equal(p[ztIdentity:ztIdentity+ztAddress], from) && p[ztIdentity+ztAddress] == 0 {
		return Yes
	}
	h := s.Answered().Head()
	if len(h) < ztHeader {
		return s.wait()
	}
	return verdictIf(bytes.Equal(h[ztSource:ztSource+ztAddress], to) && bytes.Equal(h[ztDest:ztDest+ztAddress], from))
}
