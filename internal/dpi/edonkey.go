package dpi

import "encoding/binary"

// edonkey recognises eDonkey, eMule's extension of it and Kademlia as eMule speaks
// it (Kulbak and Bickson, The eMule Protocol Specification) by the byte that names
// the protocol, and by messages whose sizes are fixed or stand in their header.
var edonkey = Detector{EDonkey, OverTCP | OverUDP, detectEDonkey,
	"the byte that names the protocol and messages of fixed or stated size"}

const (
	edProtocol  = 0xe3
	edExtension = 0xc5
	edPacked    = 0xd4
	edKad       = 0xe4
	edHeader    = 5       // protocol and length
	maxEDonkey  = 1 << 20 // bytes of a first message
)

func detectEDonkey(s *Segment) Verdict {
	if s.datagram() {
		return edonkeyDatagram(s)
	}
	p := s.Payload
	if len(p) < edHeader+2 {
		return No
	}
	length := binary.LittleEndian.Uint32(p[1:])
	if length == 0 || length > maxEDonkey {
		return No
	}
	if end := edHeader + int(length); end < len(p) && !isEDonkeyByte(p[end]) {
		return No
	}
	switch opcode := p[5]; p[0] {
	case edProtocol:
		switch opcode {
		case 0x01: // hello or login: a hash, an address and tags
			return verdictIf(length >= 30)
		case 0x34, 0x38, 0x40, 0x41, 0x4c: // a server's state, message, number and name; a peer's answer
			return s.yesOrWait(edHeader+int(length) <= s.Len)
		}
	case edExtension:
		switch opcode {
		case 0x01, 0x02, 0x60, 0x81, 0x82, 0x85, 0x86, 0x87: // eMule's hello and answer, rank in the queue, sources, keys
			return Yes
		}
	case edPacked: // zlib
		return verdictIf(len(p) > 7 && p[6] == 0x78)
	}
	return No
}

// isEDonkeyByte reports whether a message over TCP may begin with c.
func isEDonkeyByte(c byte) bool { return c == edProtocol || c == edExtension || c == edPacked }

func edonkeyDatagram(s *Segment) Verdict {
	p := s.Payload
	if len(p) < 2 {
		return No
	}
	h := s.Answered().Head()
	switch p[0] {
	case edProtocol:
		switch {
		case p[1] == 0x96 && s.Len == 6, p[1] == 0x9a && s.Len == 18, p[1] == 0xa2 && s.Len == 6: // asks for a server's state, for sources, for its name
			return Likely
		case p[1] == 0x97 && len(p) >= 14:
			return verdictIf(len(h) >= 6 && string(h[2:6]) == string(p[2:6]))
		case p[1] == 0x9b && len(p) >= 19:
			return verdictIf(len(h) >= 18 && string(h[2:18]) == string(p[2:18]))
		}
	case edKad:
		return kadVerdict(s, h)
	}
	return No
}

// kadVerdict judges a message of Kademlia by its size and by what it repeats of the
// other end's.
func kadVerdict(s *Segment, h []byte) Verdict {
	p := s.Payload
	const target = 16
	switch {
	case p[1] == 0x21 && s.Len == 3+2*target && len(p) > 2 && (p[2] == 2 || p[2] == 4 || p[2] == 11):
		return Yes // looks for a node, a key or sources
	case p[1] == 0x29 && len(p) >= 3+target && s.Len == 3+target+25*int(p[2+target]):
		return verdictIf(s.Len > 3+target || len(h) >= 19 && string(h[3:19]) == string(p[2:18]))
	case p[1] == 0x01 && s.Len == 2, p[1] == 0x60 && s.Len == 2, p[1] == 0x61 && s.Len == 4:
		return Likely
	case (p[1] == 0x11 || p[1] == 0x19) && len(p) >= 6+target && p[4+target] >= 2 && p[4+target] <= 16 && p[5+target] <= 8:
		return Likely // a node with its version and a few tags
	}
	return No
}
