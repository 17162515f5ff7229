package dpi

import (
	"bytes"
	"encoding/binary"
)

// openvpn recognises OpenVPN over UDP and TCP by its control channel: the reset
// that opens a session, in clear or behind tls-auth's and tls-crypt's signature,
// and the session's number that all control packets of one end have in common
// (OpenVPN protocol, draft-openvpn-wire-protocol). Data alone is likely when its
// peer and packet numbers go on.
var openvpn = Detector{OpenVPN, OverTCP | OverUDP, detectOpenVPN,
	"the reset that opens a session, and the session's number in what follows"}

// Opcodes, the upper five bits of the first byte.
const (
	ovpnResetClient1 = 1
	ovpnResetServer1 = 2
	ovpnSoftReset    = 3
	ovpnControl      = 4
	ovpnAck          = 5
	ovpnResetClient2 = 7
	ovpnResetServer2 = 8
	ovpnData2        = 9
	ovpnResetClient3 = 10
	ovpnWrappedKey   = 11
)

const (
	ovpnSession = 8               // bytes of a session's number
	ovpnHeader  = 1 + ovpnSession // of a control packet
	ovpnStamp   = 8               // packet number and time of tls-auth and tls-crypt
	ovpnPlain   = ovpnHeader + 5  // reset of a client: no acknowledgement, message 0
	ovpnReply   = ovpnHeader + 17 // reset of a server: acknowledges message 0 of a session
	ovpnTag     = 32              // of tls-crypt
	ovpnNear    = 1 << 12         // packet numbers
	ovpnEpoch   = 1_000_000_000   // 2001, before OpenVPN
	ovpnTooLate = 4_000_000_000   // 2096
	ovpnMaxAcks = 8               // in one packet
	ovpnFirst   = 64              // numbers of packets and messages while a session opens
)

// ovpnDigests are the sizes of tls-auth's signature: none, MD5, SHA-1, SHA-224,
// SHA-256, SHA-384, SHA-512.
var ovpnDigests = [...]int{0, 16, 20, 28, 32, 48, 64}

func detectOpenVPN(s *Segment) Verdict {
	p, size, ok := s.framed()
	if !ok || len(p) == 0 || !s.datagram() && size > 1<<14 {
		return No
	}
	switch op := p[0] >> 3; op {
	case ovpnResetClient1, ovpnResetServer1, ovpnResetClient2, ovpnResetServer2, ovpnResetClient3:
		if len(p) < ovpnHeader || p[0]&7 != 0 || !isOVPNSession(p) {
			return No
		}
		if isOVPNReset(p, size) || continuesOVPN(s, p) {
			return Yes
		}
		return s.once()
	case ovpnSoftReset, ovpnControl, ovpnAck, ovpnWrappedKey:
		if len(p) < ovpnHeader || !isOVPNSession(p) {
			return No
		}
		if continuesOVPN(s, p) || op == ovpnAck && isOVPNAck(s, p, size) {
			return Yes
		}
		return s.once()
	case ovpnData2:
		return ovpnDataVerdict(s, p)
	}
	return No
}

// isOVPNSession reports whether p names a session: of 8 bytes that were drawn at
// random hardly ever more than two are zero.
func isOVPNSession(p []byte) bool { return bytes.Count(p[1:ovpnHeader], []byte{0}) <= 2 }

// once is Perhaps for the first payload of a direction.
func (s *Segment) once() Verdict {
	if s.First() {
		return Perhaps
	}
	return No
}

// isOVPNReset reports whether p opens a session, by its size and by what must be
// zero at its end.
func isOVPNReset(p []byte, size int) bool {
	server := p[0]>>3 == ovpnResetServer1 || p[0]>>3 == ovpnResetServer2
	body := ovpnPlain
	if server {
		body = ovpnReply
	}
	for _, digest := range ovpnDigests {
		signed := 0
		if digest > 0 {
			signed = digest + ovpnStamp
		}
		if size == body+signed && len(p) >= size && (digest == 0 || stampedOVPN(p[ovpnHeader+digest:])) && endsOVPNReset(p[ovpnHeader+signed:], server) {
			return true
		}
	}
	// tls-crypt encrypts what comes behind its signature.
	crypt := ovpnHeader + ovpnStamp + ovpnTag + body - ovpnHeader
	fits := size == crypt || p[0]>>3 == ovpnResetClient3 && size > crypt || server && size == crypt+6 // asks for the key again
	return fits && len(p) >= ovpnHeader+ovpnStamp && stampedOVPN(p[ovpnHeader:])
}

// isOVPNBody reports whether b, behind a control packet's session, has what such a
// packet has there: acknowledgements and a message's number, or a packet number and
// a time, behind a signature or at once.
func isOVPNBody(b []byte, op byte) bool {
	c := cursor{b: b}
	if acks := int(c.u8()); acks <= ovpnMaxAcks && (acks > 0 || op != ovpnAck) {
		if acks > 0 {
			c.bytes(4*acks + ovpnSession)
		}
		if op == ovpnAck && !c.short && !c.more() || op != ovpnAck && c.u32() < ovpnFirst && !c.short {
			return true
		}
	}
	for _, digest := range ovpnDigests {
		if len(b) > digest && stampedOVPN(b[digest:]) {
			return true
		}
	}
	return false
}

// stampedOVPN reports whether b begins with an early packet number and a time.
func stampedOVPN(b []byte) bool {
	if len(b) < ovpnStamp {
		return false
	}
	n, at := binary.BigEndian.Uint32(b)&0x00ffffff, binary.BigEndian.Uint32(b[4:])
	return (b[0] == 0 || b[0] == 0x0f) && n > 0 && n < ovpnFirst && at > ovpnEpoch && at < ovpnTooLate
}

// endsOVPNReset reports whether b is an empty list of acknowledgements and message
// 0, or one acknowledgement of message 0 before it.
func endsOVPNReset(b []byte, server bool) bool {
	c := cursor{b: b}
	if server {
		if c.u8() != 1 || c.u32() != 0 {
			return false
		}
		c.bytes(ovpnSession)
	} else if c.u8() != 0 {
		return false
	}
	return c.u32() == 0 && !c.short && !c.more()
}

// isOVPNAck reports whether p acknowledges what the session that the other end
// opened sent.
func isOVPNAck(s *Segment, p []byte, size int) bool {
	h := s.Answered().Head()
	if !s.datagram() {
		h = h[min(2, len(h)):]
	}
	const acknowledged = ovpnHeader + 5
	return size == acknowledged+ovpnSession && len(p) >= size && len(h) >= ovpnHeader && p[ovpnHeader] == 1 &&
		string(h[1:ovpnHeader]) == string(p[acknowledged:acknowledged+ovpnSession])
}

// continuesOVPN reports whether p belongs to the session of the sender's first
// packet.
func continuesOVPN(s *Segment, p []byte) bool {
	h := s.framedHead()
	if len(h) < ovpnHeader {
		return false
	}
	op := h[0] >> 3
	return op > 0 && op <= ovpnWrappedKey && op != ovpnData2 && string(h[1:ovpnHeader]) == string(p[1:ovpnHeader]) &&
		isOVPNBody(p[ovpnHeader:], p[0]>>3)
}

// ovpnDataVerdict judges data with the numbers of peer and packet in clear.
func ovpnDataVerdict(s *Segment, p []byte) Verdict {
	h := s.framedHead()
	switch {
	case len(p) < 8+16:
		return No
	case s.First():
		return Perhaps
	case len(h) < 8 || string(h[:4]) != string(p[:4]) || !sooner(binary.BigEndian.Uint32(h[4:]), binary.BigEndian.Uint32(p[4:]), ovpnNear):
		return No
	case len(h) < 8+16 || string(h[8:8+16]) == string(p[8:8+16]):
		return No // what is encrypted does not repeat
	case s.Sent().Packets < 2:
		return Likely
	}
	return Yes
}
