package dpi

import "bytes"

// stomp recognises STOMP 1.0 to 1.2 by the frames that connect.
var stomp = Detector{STOMP, OverTCP, detectSTOMP,
	"the frames that connect"}

func detectSTOMP(s *Segment) Verdict {
	line, ended := s.line()
	if !ended || !oneOf(line, []string{"CONNECT", "STOMP", "CONNECTED"}) {
		return s.wait()
	}
	b := s.Payload[:min(len(s.Payload), 512)]
	if bytes.Contains(b, []byte("accept-version:")) || bytes.Contains(b, []byte("version:")) || bytes.Contains(b, []byte("login:")) || b[len(b)-1] == 0 || bytes.HasSuffix(b, []byte("\x00\n")) {
		s.Facts.Host = headerLine(b, "\nhost:")
		return Yes
	}
	return No
}
