package dpi

import (
	"bytes"
	"encoding/binary"
)

// What carries packets inside of UDP is known by its header and by the packet
// behind it.

// vxlan recognises VXLAN (RFC 7348 section 5).
var vxlan = Detector{VXLAN, OverUDP, detectVXLAN,
	"the flags of its header and an Ethernet frame behind it"}

// gtp recognises the GPRS Tunnelling Protocol, versions 1 and 2 (3GPP TS 29.281 and
// 29.274).
var gtp = Detector{GTP, OverUDP, detectGTP,
	"a header of version 1 or 2 whose length is the datagram's, on ports 2123 and 2152"}

// teredo recognises Teredo (RFC 4380): IPv6 of its own prefix inside of UDP.
var teredo = Detector{Teredo, OverUDP, detectTeredo,
	"IPv6 of Teredo's prefix inside of UDP"}

const (
	vxlanHeader = 8
	etherHeader = 14
	gtpHeader   = 8
	gtpPacket   = 255 // G-PDU
	gtpControl  = 2123
	gtpUser     = 2152
	teredoPort  = 3544
	ipv6Header  = 40
)

func detectVXLAN(s *Segment) Verdict {
	p := s.Payload
	if len(p) < vxlanHeader+etherHeader || binary.BigEndian.Uint32(p) != 0x08000000 || p[7] != 0 {
		return No
	}
	switch binary.BigEndian.Uint16(p[vxlanHeader+12:]) {
	case 0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8:
		return Yes
	}
	return No
}

func detectGTP(s *Segment) Verdict {
	p := s.Payload
	if len(p) < gtpHeader || !s.OnPort(gtpControl) && !s.OnPort(gtpUser) {
		return No
	}
	size := int(binary.BigEndian.Uint16(p[2:]))
	switch p[0] >> 5 {
	case 1:
		if p[0]&0x10 == 0 || size+gtpHeader != s.Len {
			return No
		}
		at := gtpHeader
		if p[0]&7 != 0 {
			at += 4 // sequence, N-PDU number and the next extension
		}
		if p[1] != gtpPacket || p[0]&4 != 0 {
			return Yes
		}
		return verdictIf(len(p) > at && (p[at]>>4 == 4 || p[at]>>4 == 6))
	case 2:
		return verdictIf(p[0]&7 == 0 && size+4 <= s.Len && s.OnPort(gtpControl))
	}
	return No
}

// teredoPrefix is 2001::/32.
var teredoPrefix = []byte{0x20, 0x01, 0, 0}

func detectTeredo(s *Segment) Verdict {
	p, size := teredoInside(s.Payload, s.Len)
	if len(p) < ipv6Header || p[0]>>4 != 6 || int(binary.BigEndian.Uint16(p[4:]))+ipv6Header != size {
		return No
	}
	from, to := p[8:24], p[24:40]
	switch {
	case bytes.HasPrefix(from, teredoPrefix), bytes.HasPrefix(to, teredoPrefix):
		return Yes
	case s.OnPort(teredoPort): // asks for a prefix
		return verdictIf(from[0] == 0xfe || from[0]|to[0] == 0xff)
	}
	return No
}

// teredoInside returns what is behind the indications of authentication and
// origin (section 5.1.1).
func teredoInside(p []byte, size int) ([]byte, int) {
	at := 0
	if len(p) > 4 && p[0] == 0 && p[1] == 1 {
		at = 13 + int(p[2]) + int(p[3])
	}
	if len(p) > at+8 && p[at] == 0 && p[at+1] == 0 {
		at += 8
	}
	if at > len(p) {
		return nil, 0
	}
	return p[at:], size - at
}
