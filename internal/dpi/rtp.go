package dpi

import "encoding/binary"

// rtp recognises RTP (RFC 3550 section 5.1) by what its packets have in common: a
// source that stays, and sequence numbers and timestamps that go on. Two packets
// make it likely, three or more prove it once time went on. RTCP (section 6) is
// known by a compound packet that fills the datagram, or by media of its source.
// Over TCP each has its length before it (RFC 4571).
// Whether the media is encrypted does not show: SRTP leaves the header as it is.
var rtp = Detector{RTP, OverTCP | OverUDP, detectRTP,
	"what packets have in common: a source that stays, numbers and times that go on"}

const (
	rtpHeader    = 12
	rtcpFirst    = 200 // SR
	rtcpLast     = 207 // XR
	maxCompound  = 8   // packets of RTCP in one datagram
	rtpLost      = 1000
	rtpShuffle   = 16         // packets that may come before the first
	rtpPause     = 90000 * 60 // a minute of video's clock
	rtcpReceiver = 201
)

func detectRTP(s *Segment) Verdict {
	p, size, ok := s.framed()
	if !ok || len(p) < 8 || p[0]>>6 != 2 {
		return No
	}
	if isRTCPType(p) {
		return rtcpVerdict(s, p, size)
	}
	if !isRTP(p, size) {
		return No
	}
	if s.st.follow != 0 {
		s.Is = RTP // RTCP came first
		return Yes
	}
	if s.First() {
		return Perhaps
	}
	h := s.framedHead()
	switch {
	case len(h) >= 8 && isRTCPType(h) && string(h[4:8]) == string(p[8:12]):
		return Yes // reports and media of one source share a port (RFC 5761)
	case isRTCPType(h):
		return Perhaps
	case len(h) >= rtpHeader && string(h[2:rtpHeader]) == string(p[2:rtpHeader]):
		return Perhaps // seen twice, or of something that does not count
	case !continuesRTP(h, p):
		return No
	case s.Sent().Packets >= 2 && string(h[4:8]) != string(p[4:8]):
		return Yes // time went on, too
	}
	return Likely
}

// isRTCPType reports whether p begins as a packet of RTCP does.
func isRTCPType(p []byte) bool {
	return len(p) >= 2 && p[0]>>6 == 2 && p[1] >= rtcpFirst && p[1] <= rtcpLast
}

// isRTP reports whether p can be a packet of RTP: its payload type may be used
// (RFC 3551 section 6, RFC 5761 section 4), and header and padding fit.
func isRTP(p []byte, size int) bool {
	if len(p) < rtpHeader {
		return false
	}
	if kind := p[1] & 0x7f; kind >= 64 && kind < 96 {
		return false
	}
	header := rtpHeader + 4*int(p[0]&15)
	if p[0]&0x10 != 0 {
		if header+4 > len(p) {
			return false
		}
		header += 4 + 4*int(binary.BigEndian.Uint16(p[header+2:]))
	}
	// A source may be numbered 0, but not at the very beginning of time as well.
	return header <= size && binary.BigEndian.Uint64(p[4:]) != 0
}

// continuesRTP reports whether p comes from the same source as first, later and
// by not much.
func continuesRTP(first, p []byte) bool {
	if len(first) < rtpHeader || first[0]>>6 != 2 || binary.BigEndian.Uint32(first[8:]) != binary.BigEndian.Uint32(p[8:]) {
		return false
	}
	ahead := binary.BigEndian.Uint16(p[2:]) - binary.BigEndian.Uint16(first[2:])
	// Video shows several packets at one time, out of order by a few.
	later := binary.BigEndian.Uint32(p[4:]) - binary.BigEndian.Uint32(first[4:])
	return ahead != 0 && ahead+rtpShuffle < rtpLost && (later < rtpPause || -later < rtpPause/60)
}

// rtcpVerdict judges a packet whose type is one of RTCP.
func rtcpVerdict(s *Segment, p []byte, size int) Verdict {
	s.Is = RTCP
	again := s.st.follow != 0
	packets := compound(p, size)
	h := s.framedHead()
	switch {
	case again && s.Sent().Packets+s.Answered().Packets >= 4:
		return Yes // media has a port of its own
	case packets >= 2:
		return Follow
	case 4+4*int(binary.BigEndian.Uint16(p[2:])) > size:
		return No
	case packets == 0 && p[1] > rtcpReceiver:
		return No // SRTCP leaves the length of the first packet and encrypts the rest
	case len(h) >= 8 && isRTCPType(h) && string(h[4:8]) == string(p[4:8]):
		return Likely
	}
	return Perhaps
}

// compound returns the number of RTCP packets that fill size bytes, 0 when they
// do not.
func compound(p []byte, size int) (n int) {
	at := 0
	for n < maxCompound {
		if at == size {
			return n
		}
		if at+4 > len(p) || !isRTCPType(p[at:]) {
			return 0
		}
		at += 4 + 4*int(binary.BigEndian.Uint16(p[at+2:]))
		n++
	}
	return 0
}
