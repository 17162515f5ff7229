package dpi

// imap recognises IMAP 4 (RFC 9051) by the server's greeting and the client's
// tagged commands.
var imap = Detector{IMAP, OverTCP, detectIMAP,
	"the server's greeting and the client's tagged commands"}

var (
	imapPorts    = [...]uint16{143, 993, 220}
	imapCommands = []string{"CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "ID", "NAMESPACE", "ENABLE", "LOGOUT", "SELECT", "EXAMINE", "IDLE", "UID", "NOOP", "LIST", "FETCH"}
)

func detectIMAP(s *Segment) Verdict {
	if s.talking() {
		return s.goesOn()
	}
	line, ended := s.line()
	first, rest := word(line)
	second, args := word(rest)
	switch {
	case !ended:
		return s.wait()
	case len(first) == 1 && first[0] == '*':
		known := oneOf(second, []string{"OK", "PREAUTH", "BYE"}) && (contains(args, "IMAP") || s.onPorts(imapPorts[:]))
		if known || isWord(second, "CAPABILITY") && contains(args, "IMAP4") {
			s.Facts.Server = args
			return Follow
		}
	case oneOf(second, imapCommands) && isTag(first) && (s.onPorts(imapPorts[:]) || s.answered("* OK")):
		return Follow
	}
	return s.wait()
}

// isTag reports whether b may stand before a command of IMAP.
func isTag(b []byte) bool {
	for _, c := range b {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '_' || c == '-') {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 32
}
