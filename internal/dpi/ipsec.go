package dpi

import (
	"bytes"
	"encoding/binary"
)

// ipsec recognises IKE by its header, whose length fills the datagram (RFC 2408
// section 3.1, RFC 7296 section 3.1), also behind the marker of NAT traversal. ESP
// inside of UDP (RFC 3948) is noise behind two numbers: it needs the port and two
// packets that go on. Over TCP both stand behind a prefix (RFC 9329).
var ipsec = Detector{IPsec, OverTCP | OverUDP, detectIPsec,
	"the header of IKE, whose length fills the datagram; ESP inside of UDP on port 4500, after two packets that go on"}

const (
	ikeHeader = 28
	natTPort  = 4500
	espNear   = 1 << 14 // sequence numbers
	espMin    = 8 + 12  // header, padding and the shortest check value
)

func detectIPsec(s *Segment) Verdict {
	p := s.Payload
	if !s.datagram() {
		return verdictIf(bytes.HasPrefix(p, []byte("IKETCP")))
	}
	switch {
	case len(p) == 1 && p[0] == 0xff && s.OnPort(natTPort): // keeps a mapping of NAT open
		return Likely
	case isIKE(p, s.Len):
		return Yes
	case len(p) < 8:
		return No
	case binary.BigEndian.Uint32(p) == 0:
		return verdictIf(isIKE(p[4:], s.Len-4))
	case s.OnPort(natTPort):
		return espVerdict(s)
	}
	return No
}

// isIKE reports whether p is a message of IKE, version 1 or 2.
func isIKE(p []byte, size int) bool {
	if len(p) < ikeHeader || int64(binary.BigEndian.Uint32(p[24:])) != int64(size) || binary.BigEndian.Uint64(p) == 0 {
		return false
	}
	exchange, flags := p[18], p[19]
	switch p[17] {
	case 0x10:
		return (exchange <= 6 || exchange >= 32 && exchange <= 34) && exchange > 0 && flags <= 7
	case 0x20:
		return exchange >= 34 && exchange <= 44 && flags&0xc7 == 0
	}
	return false
}

func espVerdict(s *Segment) Verdict {
	p := s.Payload
	if s.Len < espMin || binary.BigEndian.Uint32(p) < 256 { // RFC 4303 section 2.1
		return No
	}
	h := s.Sent().Head()
	switch {
	case len(h) < 8, h[0]|h[1]|h[2]|h[3] == 0:
		return Perhaps
	case string(h[:4]) != string(p[:4]):
		return Perhaps // a new association
	}
	return verdictIf(sooner(binary.BigEndian.Uint32(h[4:]), binary.BigEndian.Uint32(p[4:]), espNear))
}
