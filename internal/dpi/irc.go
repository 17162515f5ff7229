package dpi

import "bytes"

// irc recognises IRC (RFC 2812, RFC 1459) by the commands that register a client
// and by the messages that servers answer with.
var irc = Detector{IRC, OverTCP, detectIRC,
	"the commands that register a client, and what servers answer"}

var (
	ircServer = []string{"NOTICE", "PING", "PONG", "PRIVMSG", "JOIN", "MODE", "CAP", "ERROR"}
	ircCaps   = []string{"LS", "REQ", "END", "LIST"}
)

func detectIRC(s *Segment) Verdict {
	line, ended := s.line()
	if !ended || !printable(bytes.Trim(line, "\x01\x02\x03\x0f")) && len(line) < 3 {
		return s.wait()
	}
	if line[0] == ':' {
		prefix, rest := word(line[1:])
		command, args := word(rest)
		if len(prefix) > 0 && len(args) > 0 && (oneOf(command, ircServer) || isNumeric(command)) {
			s.Facts.Server = prefix
			return Yes
		}
		return s.wait()
	}
	command, args := word(line)
	ok := false
	switch {
	case isWord(command, "USER"): // user, mode, unused, real name: FTP and POP have one
		ok = bytes.Count(args, []byte(" ")) >= 3
	case isWord(command, "NICK"):
		ok = printable(args) && len(args) <= 64
	case isWord(command, "CAP"):
		sub, _ := word(args)
		ok = oneOf(sub, ircCaps)
	case isWord(command, "NOTICE"):
		ok = bytes.HasPrefix(args, []byte("AUTH :")) || bytes.HasPrefix(args, []byte("* :"))
	case isWord(command, "PING"), isWord(command, "ERROR"):
		ok = bytes.HasPrefix(args, []byte(":"))
	case isWord(command, "PASS"):
		second, _ := lineOf(s.Payload[min(bytes.IndexByte(s.Payload, '\n')+1, len(s.Payload)):])
		ok = hasWord(second, "NICK ") || hasWord(second, "CAP ")
	}
	return s.yesOrWait(ok)
}
