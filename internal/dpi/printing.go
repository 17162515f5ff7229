package dpi

import "bytes"

// printing recognises the Line Printer Daemon protocol (RFC 1179) and languages of
// printers sent to their raw port (JetDirect), beside what magic knows.
var printing = Detector{Printing, OverTCP, detectPrinting,
	"commands of LPD, and printers' languages sent to their raw port"}

const (
	lpdPort       = 515
	jetDirectPort = 9100
)

func detectPrinting(s *Segment) Verdict {
	b := s.Payload
	switch {
	case s.OnPort(lpdPort) && s.FromClient && b[0] >= 1 && b[0] <= 5:
		line, ended := lineOf(b[1:])
		queue, _ := word(line)
		return verdictIf(ended && printable(queue))
	case s.OnPort(jetDirectPort) && s.FromClient:
		return verdictIf(bytes.HasPrefix(b, []byte("%!PS")) || bytes.HasPrefix(b, []byte("\x1bE")) || bytes.HasPrefix(b, []byte("%PDF-")))
	}
	return s.wait()
}
