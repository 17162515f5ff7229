package dpi

import (
	"bytes"
	"encoding/binary"
)

// stun recognises STUN and TURN (RFC 8489, RFC 8656) by the magic cookie, their
// older forms (RFC 3489, [MS-TURN]) by attributes that fill the message exactly,
// and ChannelData by its channel and length. Over TCP a message stands alone or
// behind a length (RFC 4571). What shares the ports with STUN afterwards is told
// apart by its first byte (RFC 7983): DTLS, or the media that ICE was for.
var stun = Detector{STUN, OverTCP | OverUDP, detectSTUN,
	"the magic cookie; older forms by attributes that fill the message; ChannelData by its length"}

const (
	stunHeader   = 20
	stunCookie   = 0x2112a442
	stunRealm    = 0x0014
	stunSoftware = 0x8022
	stunPort     = 3478
	maxSTUNAttrs = 32 // looked at
	stunFollowed = 6  // packets before the last that is looked at: a call tries many ways, and media comes soon where it comes
)

func detectSTUN(s *Segment) Verdict {
	if s.st.follow != 0 {
		return afterSTUN(s)
	}
	p, size := s.stunMessage()
	if len(p) < 4 {
		return No
	}
	switch kind := stunKind(p, size); {
	case kind == stunModern, kind == stunClassic:
		s.stunFacts(p)
		return Follow
	case kind == stunBare && (s.OnPort(stunPort) || answersSTUN(s, p)):
		return Follow
	case kind == stunBare:
		return Likely
	case p[0]&0xf0 == 0x40:
		return channelData(s, p, size)
	}
	return No
}

// stunMessage returns the message without the length before it, and its size.
func (s *Segment) stunMessage() (p []byte, size int) {
	p, size = s.Payload, s.Len
	if s.datagram() {
		return p, size
	}
	size = max(len(p), s.fresh)
	if len(p) > 2 && int(binary.BigEndian.Uint16(p)) == size-2 && stunKind(p[2:], size-2) == stunModern {
		return p[2:], size - 2
	}
	return p, size
}

// The kinds of STUN messages.
const (
	stunNone    = iota
	stunModern  // with the magic cookie
	stunClassic // with attributes
	stunBare    // of before the cookie, and a header only
)

func stunKind(p []byte, size int) int {
	if len(p) < stunHeader || p[0] > 0x3f {
		return stunNone
	}
	length := int(binary.BigEndian.Uint16(p[2:]))
	switch {
	case stunHeader+length > size:
		return stunNone
	case binary.BigEndian.Uint32(p[4:]) == stunCookie: // some leave out the padding
		return stunModern
	}
	// Methods 1 to 15 of each class.
	if method := p[1] &^ 0x10; p[0] > 1 || method == 0 || method > 15 || stunHeader+length != size || length%4 != 0 {
		return stunNone
	}
	if length == 0 {
		return stunBare
	}
	if fillsWithAttributes(p[stunHeader:], length) {
		return stunClassic
	}
	return stunNone
}

// fillsWithAttributes reports whether attributes fill length bytes, of which b
// may hold fewer.
func fillsWithAttributes(b []byte, length int) bool {
	at := 0
	for range maxSTUNAttrs {
		if at == length {
			return true
		}
		if at+4 > length {
			return false
		}
		if at+4 > len(b) {
			return at > 0 // cut by the snap length
		}
		at += 4 + (int(binary.BigEndian.Uint16(b[at+2:]))+3)&^3
	}
	return false
}

// answersSTUN reports whether p has the transaction of the other end's first
// message.
func answersSTUN(s *Segment, p []byte) bool {
	h := s.Answered().Head()
	return len(h) >= stunHeader && p[0] == 1 && h[0] == 0 && bytes.Equal(h[4:stunHeader], p[4:stunHeader])
}

// stunFacts tells the name of the sender's software and the realm of a relay, which
// is its operator's domain: the server names it, and the client with its credentials.
func (s *Segment) stunFacts(p []byte) {
	c := cursor{b: p[stunHeader:]}
	for range maxSTUNAttrs {
		kind, n := c.u16(), int(c.u16())
		value := c.bytes(n)
		if c.short {
			return
		}
		value = untilNUL(value)
		switch {
		case kind == stunRealm && isRealm(value):
			s.Facts.Host = value
		case kind != stunSoftware:
		case s.FromClient:
			s.Facts.UserAgent = value
		default:
			s.Facts.Server = value
		}
		c.bytes(-n & 3)
	}
}

// isRealm reports whether a realm is a domain rather than any text.
func isRealm(b []byte) bool {
	for _, c := range b {
		if !isAlphanumeric(c) && c != '-' && c != '.' {
			return false
		}
	}
	return bytes.IndexByte(b, '.') > 0
}

// channelData judges what TURN relays: 3 messages of one channel with exact
// lengths in a row, or one on TURN's port.
func channelData(s *Segment, p []byte, size int) Verdict {
	length := int(binary.BigEndian.Uint16(p[2:]))
	padded := (length + 3) &^ 3
	if length == 0 || 4+length != size && 4+padded != size {
		return No
	}
	if s.OnPort(stunPort) {
		return Yes
	}
	if s.First() {
		return Perhaps
	}
	h := s.Sent().Head()
	if len(h) < 4 || h[0] != p[0] || h[1] != p[1] {
		return No
	}
	if s.Sent().Packets < 2 {
		return Likely
	}
	return Yes
}

// afterSTUN sees what the ports are used for once STUN made a way.
func afterSTUN(s *Segment) Verdict {
	p := s.Payload
	switch {
	case !s.datagram() || len(p) <= dtlsRecordHeader:
	case stunKind(p, s.Len) != stunNone:
		s.stunFacts(p)
	case p[0] >= 20 && p[0] <= 63:
		if v := detectDTLS(s); v != No {
			s.Is = DTLS
			return v
		}
	case p[0]>>6 == 2 && s.Is == STUN && isRTP(p, s.Len): // with ICE it is SRTP (RFC 8827 section 6.5)
		s.Is = SRTP
		return Yes
	}
	if s.Is == STUN && s.st.packets >= stunFollowed {
		return Yes
	}
	return Perhaps
}
