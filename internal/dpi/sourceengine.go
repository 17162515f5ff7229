package dpi

import "bytes"

// sourceEngine recognises the queries that clients send to servers of games of
// Valve's Source engine (Valve developer wiki, Server queries): a header of four
// bytes 0xff and a letter, with the size or text that belongs to it.
var sourceEngine = Detector{SourceEngine, OverUDP, detectSourceEngine,
	"four bytes 0xff, a letter, and what belongs to it"}

var sourceInfo = []byte("TSource Engine Query\x00")

func detectSourceEngine(s *Segment) Verdict {
	p := s.Payload
	if len(p) < 5 || p[0]&p[1]&p[2]&p[3] != 0xff {
		return s.wait()
	}
	body := p[4:]
	switch body[0] {
	case 'T': // asks for the name, perhaps with a challenge behind it
		return verdictIf(bytes.HasPrefix(body, sourceInfo))
	case 'A', 'U', 'V': // a challenge; asks for players or rules with it
		return verdictIf(s.Len == 9)
	case 'I', 'm': // the name
		return verdictIf(isSourceName(body[1:]))
	}
	return No
}

// isSourceName reports whether b begins with the version of a protocol and the
// texts of a server's name and map.
func isSourceName(b []byte) bool {
	if len(b) < 6 {
		return false
	}
	name := untilNUL(b[1:])
	rest := b[1+len(name):]
	return len(rest) > 2 && len(name) > 0 && name[0] >= ' ' && printable(untilNUL(rest[1:]))
}
