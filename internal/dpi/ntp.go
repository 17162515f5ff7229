package dpi

// ntp recognises NTP and SNTP (RFC 5905 section 7.3): 48 bytes, perhaps with
// extensions and a digest behind them, of a version and mode that exist. The port
// is asked for as well, because a few bits are little proof.
var ntp = Detector{NTP, OverUDP, detectNTP,
	"48 bytes of a version and mode that exist, perhaps with extensions, on port 123"}

const (
	ntpPort   = 123
	ntpHeader = 48
)

func detectNTP(s *Segment) Verdict {
	if !s.OnPort(ntpPort) || len(s.Payload) < 1 {
		return No
	}
	version, mode := s.Payload[0]>>3&7, s.Payload[0]&7
	switch {
	case version < 1 || version > 4 || mode == 0:
		return No
	case mode >= 6: // control and private messages have headers of their own
		return verdictIf(s.Len >= 8)
	}
	return verdictIf(s.Len >= ntpHeader && s.Len%4 == 0)
}
