package dpi

import "bytes"

// gnutella recognises Gnutella by the lines of its handshake (RFC-Gnutella 0.6), and
// Gnutella 2 in datagrams by its tag and numbering.
var gnutella = Detector{Gnutella, OverTCP | OverUDP, detectGnutella,
	"the lines of its handshake; Gnutella 2 by its tag in datagrams"}

func detectGnutella(s *Segment) Verdict {
	p := s.Payload
	if s.datagram() { // tag, flags, sequence, part and count
		return verdictIf(len(p) >= 8 && p[0] == 'G' && p[1] == 'N' && p[2] == 'D' && p[3] < 4 && p[7] <= 64 && p[6] >= 1 && (p[7] == 0 || p[6] <= p[7]))
	}
	if !bytes.HasPrefix(p, []byte("GNUTELLA")) {
		return s.wait()
	}
	if agent := fieldOf(p, "USER-AGENT"); s.FromClient {
		s.Facts.UserAgent = agent
	} else {
		s.Facts.Server = agent
	}
	return verdictIf(bytes.HasPrefix(p[8:], []byte(" CONNECT/")) || bytes.HasPrefix(p[8:], []byte("/0.")) || bytes.HasPrefix(p[8:], []byte(" OK")))
}
