package dpi

import "bytes"

// smtp recognises SMTP and LMTP (RFC 5321, RFC 2033) by the greeting of either
// end. A server that does not say what it is may be one of FTP: then the client's
// first command tells.
var smtp = Detector{SMTP, OverTCP, detectSMTP}

var (
	smtpPorts    = [...]uint16{25, 587, 465, 2525}
	smtpCommands = []string{"EHLO", "HELO", "LHLO"}
)

func detectSMTP(s *Segment) Verdict {
	if s.talking() {
		return s.goesOn()
	}
	line, ended := s.line()
	if !ended {
		return s.wait()
	}
	command, rest := word(line)
	if oneOf(command, smtpCommands) && printable(rest) {
		return Follow
	}
	if hasWord(line, "MAIL FROM:<") || hasWord(line, "RCPT TO:<") {
		return Yes
	}
	code, text, ok := isReply(line)
	if !ok || code != 220 && code != 421 && code != 554 || !s.First() {
		return s.wait()
	}
	if s.onPorts(smtpPorts[:]) || contains(text, "SMTP") {
		s.Facts.Server = text
		return Follow
	}
	return s.wait()
}

// imap recognises IMAP 4 (RFC 9051) by the server's greeting and the client's
// tagged commands.
var imap = Detector{IMAP, OverTCP, detectIMAP}

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

// pop3 recognises POP 3 (RFC 1939) by the server's greeting, which says so or is
// answered by a command of the protocol.
var pop3 = Detector{POP3, OverTCP, detectPOP3}

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

// nntp recognises NNTP (RFC 3977) by the server's greeting and the commands that
// no other protocol has.
var nntp = Detector{NNTP, OverTCP, detectNNTP}

var (
	nntpPorts    = [...]uint16{119, 433, 563}
	nntpCommands = []string{"CAPABILITIES", "AUTHINFO", "GROUP", "ARTICLE", "XOVER", "OVER", "XZVER", "IHAVE", "NEWNEWS"}
)

func detectNNTP(s *Segment) Verdict {
	if s.talking() {
		return s.goesOn()
	}
	line, ended := s.line()
	command, _ := word(line)
	code, text, ok := isReply(line)
	switch {
	case !ended:
		return s.wait()
	case ok && (code == 200 || code == 201) && s.First() && (s.onPorts(nntpPorts[:]) || contains(text, "NNTP")):
		s.Facts.Server = text
		return Follow
	case hasWord(line, "MODE READER"):
		return Follow
	case oneOf(command, nntpCommands) && (s.answered("200 ") || s.answered("201 ") || s.onPorts(nntpPorts[:])):
		return Follow
	}
	return s.wait()
}

// onPorts reports whether one end has one of the ports.
func (s *Segment) onPorts(ports []uint16) bool {
	for _, p := range ports {
		if s.OnPort(p) {
			return true
		}
	}
	return false
}

// answered reports whether what the other end said first begins with a text.
func (s *Segment) answered(text string) bool {
	return bytes.HasPrefix(s.Answered().Head(), []byte(text))
}

// contains reports whether a line has a word, which is in upper case, in any case.
func contains(line []byte, w string) bool {
	for i := 0; i+len(w) <= len(line); i++ {
		if hasWord(line[i:], w) {
			return true
		}
	}
	return false
}
