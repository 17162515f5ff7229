package dpi

import (
	"bytes"

	"weir/internal/packet"
)

// rdp recognises the Remote Desktop Protocol over TCP by its connection request
// and confirmation (MS-RDPBCGR section 2.2.1.1: TPKT, X.224, a cookie or
// negotiation), and over UDP by its SYN (MS-RDPEUDP section 2.2.2). TLS that
// follows is part of it.
var rdp = Detector{RDP, OverTCP | OverUDP, detectRDP,
	"the connection request and its confirmation; over UDP the SYN"}

const (
	rdpPort = 3389

	x224Request = 0xe0
	x224Confirm = 0xd0
)

func detectRDP(s *Segment) Verdict {
	if s.Proto == packet.ProtoUDP {
		return detectRDPOverUDP(s)
	}
	if s.talking() {
		return s.goesOn()
	}
	c := cursor{b: s.Payload}
	version, _, length := c.u8(), c.u8(), int(c.u16())
	if version != 3 || length < 11 || length > 1024 || length != s.Len {
		return s.wait()
	}
	indicator, code := int(c.u8()), c.u8()
	c.bytes(5) // references, class
	if c.short || indicator != length-5 || code != x224Request && code != x224Confirm {
		return No
	}
	cookie := bytes.HasPrefix(c.b, []byte("Cookie: ")) || bytes.HasPrefix(c.b, []byte("tsv://"))
	kind := c.u8()
	c.u8() // flags
	negotiation := kind >= 1 && kind <= 3 && len(c.b) >= 2 && c.b[0] == 8 && c.b[1] == 0
	if cookie || negotiation || length == 11 && s.OnPort(rdpPort) {
		return Follow
	}
	return No
}

// detectRDPOverUDP recognises a datagram with the SYN flag: no acknowledgement, a
// window, and two MTUs between 1,132 and 1,232 bytes.
func detectRDPOverUDP(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	ack, _, flags := c.u32(), c.u16(), c.u16()
	c.u32() // initial sequence number
	up, down := c.u16(), c.u16()
	if c.short || flags&1 == 0 || up < 1132 || up > 1232 || down < 1132 || down > 1232 {
		return No
	}
	return verdictIf(ack == 0xffffffff || flags&4 != 0 && s.Answered().Packets > 0)
}
