package dpi

// vnc recognises the Remote Framebuffer Protocol by the version that both ends
// begin with (RFC 6143 section 7.1.1).
var vnc = Detector{VNC, OverTCP, detectVNC,
	"the version that both ends begin with"}

func detectVNC(s *Segment) Verdict {
	b := s.Payload
	if len(b) < 12 || string(b[:4]) != "RFB " || b[7] != '.' || b[11] != '\n' || !isNumeric(b[4:7]) || !isNumeric(b[8:11]) {
		return s.wait()
	}
	s.Facts.Version = b[:11]
	return Yes
}
