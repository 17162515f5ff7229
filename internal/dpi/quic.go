package dpi

import "bytes"

// quic recognises QUIC by its long headers (RFC 9000 section 17.2, RFC 9369, the
// drafts and Google's versions before them). A client's Initial packets are
// decrypted, with keys that everybody can derive, and the ClientHello in them put
// together from as many datagrams as it takes.
var quic = Detector{QUIC, OverUDP, detectQUIC,
	"long headers of a known version; a client's Initial packets are decrypted, for the ClientHello in them"}

// The first byte.
const (
	quicLong  = 0x80
	quicFixed = 0x40
)

// Types of long headers in version 1; version 2 counts from Retry on.
const (
	quicInitial = iota
	quicZeroRTT
	quicHandshake
	quicRetry
)

const (
	maxConnectionID = 20
	minInitial      = 1200 // bytes of a datagram with a client's Initial packet (RFC 9000 section 14.1)
	maxCoalesced    = 3    // packets of a datagram that are looked at
	maxCrypto       = 64   // frames of a packet
)

func detectQUIC(s *Segment) Verdict {
	if len(s.Payload) < 10 {
		return s.shortQUIC()
	}
	if v := detectGoogleQUIC(s); v != No {
		return v
	}
	if s.Payload[0]&quicLong == 0 {
		return s.shortQUIC()
	}
	c := cursor{b: s.Payload[1:]}
	number := c.u32()
	switch version, words := findQUICVersion(number); {
	case version != nil:
		s.Facts.Version = words
		return s.readQUIC(version)
	case number == 0:
		return negotiatesQUIC(s, c)
	case number&0x0f0f0f0f == 0x0a0a0a0a && s.Len >= minInitial:
		return Perhaps // a version that does not exist, to be refused
	case number>>8 == 0xff0000: // drafts whose keys nobody derives any more
		return Yes
	}
	return No
}

// negotiatesQUIC recognises a Version Negotiation packet (RFC 9000 section 17.2.1)
// by a version that exists.
func negotiatesQUIC(s *Segment, c cursor) Verdict {
	c.bytes(int(c.u8()))
	c.bytes(int(c.u8()))
	for range 16 {
		if !c.more() {
			break
		}
		if v, _ := findQUICVersion(c.u32()); v != nil && !c.short {
			return Follow
		}
	}
	return No
}

// longHeader is a packet with a long header.
type longHeader struct {
	kind   uint8
	id     []byte // destination connection ID
	at     int    // of the packet number in packet
	length int    // of what the header says follows
	packet []byte // what there is of it
}

// readLongHeader reads the packet that datagram begins with. It reports false for
// what cannot be one.
func (v *quicVersion) readLongHeader(datagram []byte) (h longHeader, ok bool) {
	c := cursor{b: datagram}
	first := c.u8()
	c.u32()
	h.id = c.bytes(int(c.u8()))
	source := c.bytes(int(c.u8()))
	if c.short || first&(quicLong|quicFixed) != quicLong|quicFixed || len(h.id) > maxConnectionID || len(source) > maxConnectionID {
		return h, false
	}
	h.kind = first >> 4 & 3
	if v.second {
		h.kind = (h.kind + 3) % 4
	}
	if h.kind == quicRetry {
		h.packet = datagram
		return h, true
	}
	if h.kind == quicInitial {
		c.bytes(c.varint()) // token
	}
	h.length = c.varint()
	if c.short {
		return h, false
	}
	h.at = len(datagram) - len(c.b)
	h.packet = datagram[:h.at+min(h.length, len(c.b))]
	return h, true
}

// readQUIC looks for the ClientHello in a datagram of a version whose keys are
// known.
func (s *Segment) readQUIC(v *quicVersion) Verdict {
	datagram, mayTell := s.Payload, s.Len >= minInitial && (s.FromClient || s.Answered().Packets == 0)
	for n := range maxCoalesced {
		h, ok := v.readLongHeader(datagram)
		if !ok {
			if n == 0 {
				return No
			}
			break
		}
		if h.kind == quicInitial && mayTell {
			k := v.initialKeys(h.id)
			if s.readFrames(v, k.open(s.in.scratch[:], h.packet, h.at, h.length)) {
				return Yes
			}
		}
		if datagram = datagram[len(h.packet):]; len(datagram) < 10 || datagram[0]&quicLong == 0 {
			break
		}
	}
	if s.OnPort(doqPort) {
		s.Is = DoQ
	}
	return Follow
}

// readFrames reads the frames of an Initial packet and reports whether the
// ClientHello is complete.
func (s *Segment) readFrames(v *quicVersion, frames []byte) bool {
	if v.first == versionQ050 {
		return tellCHLO(s.Facts, frames)
	}
	crypto := uint8(6)
	if v.first == versionT050 || v.first == versionT051 {
		crypto = 8
	}
	var message []byte
	pieces := 0
	for c := (cursor{b: frames}); c.more() && !c.short; {
		switch kind := c.u8(); kind {
		case 0, 1: // PADDING, PING
		case 2, 3:
			skipACK(&c, kind == 3)
		case crypto:
			offset, piece := c.varint(), c.part(c.varint())
			if pieces++; pieces > maxCrypto {
				return false
			}
			if pieces == 1 && offset == 0 && isWholeMessage(piece.b) {
				return s.tellQUIC(piece.b)
			}
			if p := s.Assemble(offset, piece.b); p != nil {
				message = p
			}
		default:
			return s.tellQUIC(message) // what no Initial packet has, or a wrong key
		}
	}
	return s.tellQUIC(message)
}

// skipACK skips an ACK frame (RFC 9000 section 19.3).
func skipACK(c *cursor, ecn bool) {
	c.varint() // largest
	c.varint() // delay
	n := c.varint()
	c.varint() // first range
	for range min(n, 256) {
		c.varint()
		c.varint()
	}
	if ecn {
		c.varint()
		c.varint()
		c.varint()
	}
}

// isWholeMessage reports whether b begins with a handshake message and has all of
// it.
func isWholeMessage(b []byte) bool {
	c := cursor{b: b}
	c.u8()
	c.bytes(c.u24())
	return !c.short
}

// tellQUIC tells what there is of a ClientHello and reports whether it is
// complete.
func (s *Segment) tellQUIC(message []byte) bool {
	c := cursor{b: message}
	kind := c.u8()
	body := c.part(c.u24())
	if kind != clientHelloType || len(body.b) < 2 {
		return false
	}
	h, ok := readClientHello(body.b, false)
	if !ok {
		return false
	}
	h.whole = h.whole && !c.short
	h.tell(s.Facts, 'q')
	switch {
	case bytes.HasPrefix(h.alpn, []byte("doq")) || s.OnPort(doqPort):
		s.Is = DoQ
	case isResolver(h.host) && h.webALPN():
		s.Is = DoH
	}
	return !c.short
}

const (
	doqPort  = 853 // RFC 9250
	quicPort = 443
)

// shortQUIC judges a datagram that begins without a long header. In a connection
// that was joined in the middle, a connection ID that stays the same in front of
// what is random otherwise makes QUIC likely, on the port of the web alone.
func (s *Segment) shortQUIC() Verdict {
	const idBytes = 8
	if s.Payload[0]&(quicLong|quicFixed) != quicFixed || !s.OnPort(quicPort) {
		return No
	}
	head := s.Sent().Head()
	if len(s.Payload) > idBytes+quicTag && len(head) > idBytes+quicTag && head[0] != s.Payload[0] &&
		bytes.Equal(head[1:1+idBytes], s.Payload[1:1+idBytes]) && head[1+idBytes] != s.Payload[1+idBytes] {
		return Likely
	}
	return Perhaps
}
