package dpi

// nntp recognises NNTP (RFC 3977) by the server's greeting and the commands that
// no other protocol has.
var nntp = Detector{NNTP, OverTCP, detectNNTP,
	"the server's greeting and the commands that only news have"}

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
