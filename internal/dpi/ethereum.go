package dpi

import "encoding/binary"

// ethereum recognises the discovery of Ethereum's nodes (devp2p, discv4): behind a
// digest and a signature the kind of packet, and a list in RLP that fills the
// datagram and begins as that kind does. Version 5 and RLPx look like noise.
var ethereum = Detector{Ethereum, OverUDP, detectEthereum,
	"a kind of packet and a list in RLP that fills the datagram (discovery, version 4)"}

const (
	discvRecovery = 96 // last byte of the signature: 0 or 1
	discvKind     = 97
	discvList     = 98
	maxDiscv      = 1280
)

func detectEthereum(s *Segment) Verdict {
	p := s.Payload
	if len(p) < discvList+4 || s.Len > maxDiscv || p[discvRecovery] > 1 {
		return No
	}
	head, length := rlpList(p[discvList:])
	if head == 0 || discvList+head+length != s.Len || len(p) < discvList+head+3 {
		return No
	}
	item := p[discvList+head:]
	switch p[discvKind] {
	case 1: // ping: a version, then whom from
		return verdictIf(item[0] >= 3 && item[0] <= 5 && item[1] > 0xc0 && item[1] < 0xf8)
	case 2: // pong: whom to, an address of 4 or 16 bytes first
		return verdictIf(item[0] > 0xc0 && item[0] < 0xf8 && (item[1] == 0x84 || item[1] == 0x90))
	case 3: // asks for the neighbours of a key of 64 bytes
		return verdictIf(item[0] == 0xb8 && item[1] == 64)
	case 4: // a list of lists
		return verdictIf(item[0] >= 0xf8 && item[0] <= 0xf9)
	}
	return No
}

// rlpList returns the sizes of a list's header and content, 0 for anything else.
func rlpList(b []byte) (head, length int) {
	switch {
	case len(b) < 3 || b[0] < 0xc0 || b[0] > 0xf9:
		return 0, 0
	case b[0] < 0xf8:
		return 1, int(b[0]) - 0xc0
	case b[0] == 0xf8:
		return 2, int(b[1])
	}
	return 3, int(binary.BigEndian.Uint16(b[1:]))
}
