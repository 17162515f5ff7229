package dpi

// telnet recognises Telnet by the negotiation of options (RFC 854, RFC 855) that
// both ends begin with.
var telnet = Detector{Telnet, OverTCP, detectTelnet,
	"the negotiation of options that both ends begin with"}

const (
	telnetPort = 23
	telnetSE   = 240
	telnetSB   = 250 // options of an option, up to SE
	telnetWill = 251
	telnetDont = 254
	telnetIAC  = 255

	telnetLastOption = 49 // IANA, Telnet Options; 255 is the extended list
)

func detectTelnet(s *Segment) Verdict {
	n, rest := telnetCommands(s.Payload)
	switch {
	case n >= 2, n == 1 && (len(rest) == 0 && s.First() || s.OnPort(telnetPort)):
		return Yes
	case s.OnPort(telnetPort):
		return Perhaps // a prompt may come first
	}
	return s.wait()
}

// telnetCommands counts the negotiations that a payload begins with, up to eight.
func telnetCommands(b []byte) (n int, rest []byte) {
	for n < 8 && len(b) >= 3 && b[0] == telnetIAC && (b[2] <= telnetLastOption || b[2] == telnetIAC) {
		switch c := b[1]; {
		case c >= telnetWill && c <= telnetDont:
			b = b[3:]
		case c == telnetSB:
			end := 3
			for end+1 < len(b) && end < 128 && (b[end] != telnetIAC || b[end+1] != telnetSE) {
				end++
			}
			if end+1 >= len(b) || b[end+1] != telnetSE {
				return n, b
			}
			b = b[end+2:]
		default:
			return n, b
		}
		n++
	}
	return n, b
}
