package dpi

import "bytes"

// whois recognises WHOIS (RFC 3912) and DAS, which registries answer on port 4343:
// a line to the port, and nothing else.
var whois = Detector{Whois, OverTCP, detectWhois,
	"one line to port 43 or 4343, and nothing else"}

func detectWhois(s *Segment) Verdict {
	if s.ServerPort != 43 && s.ServerPort != 4343 {
		return No
	}
	if !s.FromClient {
		return s.patient()
	}
	line, ended := s.line()
	if !ended || !printable(line) || bytes.IndexByte(s.Payload, '\n') != len(s.Payload)-1 {
		return No
	}
	s.Facts.URL = line
	return Yes
}
