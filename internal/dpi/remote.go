package dpi

import "bytes"

// rsh recognises rsh, rlogin and rexec of BSD (RFC 1282): on their ports, because
// little but zero bytes between names tells them.
var rsh = Detector{RSH, OverTCP, detectRSH}

// xdmcp recognises the X Display Manager Control Protocol (X.Org, version 1).
var xdmcp = Detector{XDMCP, OverUDP, detectXDMCP}

// whois recognises WHOIS (RFC 3912) and DAS, which registries answer on port 4343:
// a line to the port, and nothing else.
var whois = Detector{Whois, OverTCP, detectWhois}

// teamViewer recognises TeamViewer's own framing, of which a magic is known and no
// more: its port, or a second message, must confirm it.
var teamViewer = Detector{TeamViewer, OverTCP | OverUDP, detectTeamViewer}

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

func detectXDMCP(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	version, opcode, size := c.u16(), c.u16(), int(c.u16())
	return verdictIf(!c.short && s.OnPort(177) && version == 1 && opcode >= 1 && opcode <= 14 && size == s.Len-6)
}

func detectWhois(s *Segment) Verdict {
	if s.ServerPort != 43 && s.ServerPort != 4343 {
		return No
	}
	if !s.FromClient {
		return s.patient()
	}
	line, ended := s.line()
	if !ended || !printable(line) || bytes.IndexByte(s.Payload, '\n') != len(s.Payload)-1 {
		return No
	}
	s.Facts.URL = line
	return Yes
}

func detectTeamViewer(s *Segment) Verdict {
	if !isTeamViewer(s.Payload, s.datagram()) {
		return s.wait()
	}
	if s.OnPort(5938) || isTeamViewer(s.Answered().Head(), s.datagram()) {
		return Yes
	}
	return s.patient()
}

func isTeamViewer(b []byte, datagram bool) bool {
	if datagram {
		return len(b) > 13 && b[0] == 0 && b[11] == 0x17 && b[12] == 0x24
	}
	return len(b) > 5 && (b[0] == 0x17 && b[1] == 0x24 || b[0] == 0x11 && b[1] == 0x30)
}
