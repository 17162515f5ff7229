package dpi

// rtmp recognises RTMP by the beginning of its handshake (Adobe's specification,
// section 5.2): a version, and 1536 bytes of which four are zero or, since Flash 9,
// a version of the player. The server begins with the same version.
var rtmp = Detector{RTMP, OverTCP, detectRTMP,
	"the beginning of the handshake: a version and 1536 bytes of either end"}

const (
	rtmpVersion = 3
	rtmpHello   = 1537 // C0 and C1
	rtmpAtLeast = 512  // of them in the first segment
)

func detectRTMP(s *Segment) Verdict {
	p := s.Payload
	if s.FromClient {
		if !s.First() {
			if s.Sent().Packets < 4 && isRTMPHello(s.Sent().Head()) {
				return Perhaps // the rest of it
			}
			return No
		}
		if isRTMPHello(p) && s.Len >= rtmpAtLeast && s.Len <= rtmpHello {
			return Likely
		}
		return No
	}
	if s.Answered().Packets == 0 {
		return s.wait()
	}
	return verdictIf(isRTMPHello(s.Answered().Head()) && p[0] == rtmpVersion)
}

// isRTMPHello reports whether p begins with a version, a time and a version of a
// player.
func isRTMPHello(p []byte) bool {
	if len(p) < 9 || p[0] != rtmpVersion {
		return false
	}
	player := p[5:9]
	return player[0]|player[1]|player[2]|player[3] == 0 || (player[0] >= 9 && player[0] < 64 || player[0]&0x80 != 0) && player[1] == 0
}
