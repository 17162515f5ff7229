package dpi

import (
	"bytes"
	"encoding/binary"
)

// Google's QUIC before its Initial packets were encrypted, Q009 to Q049: the
// client's CHLO lies in the first packet in clear behind a hash. Up to Q043 the
// header begins with flags and a connection ID; from Q044 on it looks like RFC
// 9000's.
const (
	googleVersion = 0x01 // the header has a version
	googleID      = 0x08 // the header has a connection ID of 8 bytes
	googleFlags   = 0xc0 // never set

	googleVersionAt = 9 // behind flags and ID
	chloWithin      = 64
)

// detectGoogleQUIC recognises these versions.
func detectGoogleQUIC(s *Segment) Verdict {
	p := s.Payload
	at := googleVersionAt
	switch {
	case p[0]&quicLong != 0:
		at = 1
	case p[0]&(googleVersion|googleID|googleFlags) != googleVersion|googleID:
		return No
	}
	if len(p) < at+4 || p[at] != 'Q' || !isDigits(p[at+1:at+4]) || string(p[at:at+4]) == "Q050" {
		return No
	}
	s.Facts.Version = p[at : at+4]
	rest := p[at+4:]
	i := bytes.Index(rest[:min(len(rest), chloWithin)], []byte(chloTag))
	if i < 0 || !tellCHLO(s.Facts, rest[i:]) {
		if s.First() {
			return Follow // the client's next packet may have it
		}
		return Yes
	}
	return Yes
}

func isDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

const (
	chloTag = "CHLO"
	maxTags = 64
)

// tellCHLO finds a client's hello of QUIC Crypto in b: a tag, the number of its
// entries, for each its tag and where its value ends, and the values. It reports
// whether there is one.
func tellCHLO(f *Facts, b []byte) bool {
	i := bytes.Index(b[:min(len(b), chloWithin)], []byte(chloTag))
	if i < 0 || len(b) < i+8 {
		return false
	}
	b = b[i+4:]
	n := int(binary.LittleEndian.Uint16(b))
	if n > maxTags || len(b) < 4+8*n {
		return false
	}
	index, values := b[4:4+8*n], b[4+8*n:]
	for from := uint32(0); len(index) > 0; index = index[8:] {
		to := binary.LittleEndian.Uint32(index[4:])
		if to < from || uint64(to) > uint64(len(values)) {
			break // cut, or nonsense
		}
		switch value := values[from:to]; string(index[:4]) {
		case "SNI\x00":
			f.Host = value
		case "UAID":
			f.UserAgent = value
		case "ALPN":
			f.ALPN = value
		}
		from = to
	}
	return true
}
