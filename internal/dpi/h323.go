package dpi

import (
	"bytes"
	"encoding/binary"
)

// h323 recognises the signalling of H.323: Q.931 inside of TPKT (H.225.0, RFC 1006)
// and, on its port, registration by the number of its protocol.
var h323 = Detector{H323, OverTCP | OverUDP, detectH323,
	"Q.931 inside of TPKT; registration on its port"}

const (
	tpktVersion = 3
	tpktHeader  = 4
	q931        = 8 // protocol discriminator
	rasPort     = 1719
	rasFind     = 1718
	rasWithin   = 40
)

// h225Number is the beginning of itu-t(0) recommendation(0) h(8) 2250 version(0),
// with its length, as PER writes it.
var h225Number = []byte{6, 0, 8, 0x91, 0x4a, 0}

func detectH323(s *Segment) Verdict {
	p := s.Payload
	if s.datagram() {
		return verdictIf((s.OnPort(rasPort) || s.OnPort(rasFind)) && bytes.Contains(p[:min(len(p), rasWithin)], h225Number))
	}
	if len(p) < tpktHeader+2 || p[0] != tpktVersion || p[1] != 0 || p[4] != q931 || p[5] != 2 {
		return No
	}
	if len(p) < tpktHeader+5 {
		return No
	}
	switch p[8] { // kind of message behind a call's number of two bytes
	case 0x01, 0x02, 0x03, 0x05, 0x07, 0x0d, 0x0f, 0x45, 0x4d, 0x5a, 0x62, 0x6e, 0x7b, 0x7d:
		return verdictIf(int(binary.BigEndian.Uint16(p[2:])) >= tpktHeader+5)
	}
	return No
}
