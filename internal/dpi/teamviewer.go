package dpi

// teamViewer recognises TeamViewer's own framing, of which a magic is known and no
// more: its port, or a second message, must confirm it.
var teamViewer = Detector{TeamViewer, OverTCP | OverUDP, detectTeamViewer,
	"a magic, confirmed by its port or a second message"}

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
