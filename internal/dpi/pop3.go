package dpi

// pop3 recognises POP 3 (RFC 1939) by the server's greeting, which says so or is
// answered by a command of the protocol.
var pop3 = Detector{POP3, OverTCP, detectPOP3,
	"the server's greeting and a command that answers it"}

var (
	pop3Ports    = [...]uint16{110, 995}
	pop3Commands = []string{"CAPA", "USER", "APOP", "AUTH", "STLS", "QUIT"}
)

func detectPOP3(s *Segment) Verdict {
	if s.talking() {
		return s.goesOn()
	}
	line, ended := s.line()
	first, rest := word(line)
	switch {
	case !ended:
		return s.wait()
	case isWord(first, "+OK") && first[1] == 'O': // Redis says +OK, too, but does not speak first
		if s.onPorts(pop3Ports[:]) || s.First() && s.Answered().Packets == 0 && contains(rest, "POP") {
			s.Facts.Server = rest
			return Follow
		}
	case isWord(first, "-ERR") && s.onPorts(pop3Ports[:]):
		return Follow
	case oneOf(first, pop3Commands) && (s.onPorts(pop3Ports[:]) || s.answered("+OK")):
		return Follow
	}
	return s.wait()
}
