package dpi

// rsh recognises rsh, rlogin and rexec of BSD (RFC 1282): on their ports, because
// little but zero bytes between names tells them.
var rsh = Detector{RSH, OverTCP, detectRSH,
	"zero bytes between names, on the ports of BSD's r-commands"}

func detectRSH(s *Segment) Verdict {
	if !s.FromClient && s.Answered().Packets > 0 {
		return Perhaps // a server acknowledges the port
	}
	if !s.FromClient || !s.OnPort(512) && !s.OnPort(513) && !s.OnPort(514) {
		return s.wait()
	}
	b := s.Payload
	port := untilNUL(b) // of the channel for errors; empty in rlogin
	if len(port) > 5 || len(port) > 0 && !isNumber(port) || len(port) == len(b) {
		return No
	}
	if len(b) == len(port)+1 {
		if s.First() {
			s.Keep() // the names come in the next segment
			return Perhaps
		}
		return No
	}
	user := untilNUL(b[len(port)+1:])
	return verdictIf(printable(user) && len(user) <= 64 && len(b) > len(port)+1+len(user))
}
