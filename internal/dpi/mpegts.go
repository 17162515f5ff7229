package dpi

// mpegts recognises an MPEG transport stream in datagrams (ISO/IEC 13818-1 section
// 2.4.3): packets of 188 bytes, each with its sync byte. Inside of RTP it is RTP.
var mpegts = Detector{MPEGTS, OverUDP, detectMPEGTS,
	"packets of 188 bytes, each with its sync byte"}

const (
	tsPacket = 188
	tsSync   = 0x47
)

func detectMPEGTS(s *Segment) Verdict {
	if s.Len == 0 || s.Len%tsPacket != 0 {
		return No
	}
	n := 0
	for at := 0; at+4 <= len(s.Payload); at += tsPacket {
		if s.Payload[at] != tsSync || s.Payload[at+3]>>4&3 == 0 { // a field that may not be 0
			return No
		}
		n++
	}
	switch seen := s.Sent().Packets; {
	case n == 0:
		return No
	case n >= 3, n == 2 && seen > 0, seen > 2:
		return Yes
	}
	return Likely
}
