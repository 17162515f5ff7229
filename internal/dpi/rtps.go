package dpi

import "bytes"

// rtps recognises RTPS, on which DDS and ROS 2 run (OMG DDSI-RTPS section 9.4.4), by
// its name and a version that exists.
var rtps = Detector{RTPS, OverTCP | OverUDP, detectRTPS,
	"its name and a version that exists"}

func detectRTPS(s *Segment) Verdict {
	p := s.Payload
	return verdictIf(len(p) >= 8 && bytes.HasPrefix(p, []byte("RTPS")) && p[4] >= 1 && p[4] <= 2 && p[5] < 16)
}
