package dpi

// smtp recognises SMTP and LMTP (RFC 5321, RFC 2033) by the greeting of either
// end. A server that does not say what it is may be one of FTP: then the client's
// first command tells.
var smtp = Detector{SMTP, OverTCP, detectSMTP,
	"the greeting of either end, or the client's first command"}

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
