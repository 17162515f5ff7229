package dpi

import "bytes"

// radius recognises RADIUS (RFC 2865 section 3, RFC 2866, RFC 5176): a known code,
// the length, and attributes that fill it.
var radius = Detector{RADIUS, OverUDP, detectRADIUS}

// diameter recognises Diameter (RFC 6733 section 3): version 1, a length, and the
// first attribute.
var diameter = Detector{Diameter, OverTCP, detectDiameter}

// dcerpc recognises DCE/RPC (C706 chapter 12) over TCP, version 5, and over UDP,
// version 4: a known type, a representation, and the length of a fragment.
var dcerpc = Detector{DCERPC, OverTCP | OverUDP, detectDCERPC}

// capwap recognises CAPWAP's control messages (RFC 5415 section 4) on its ports.
var capwap = Detector{CAPWAP, OverUDP, detectCAPWAP}

// collectd recognises collectd's binary protocol: the part that names the host
// comes first, then a time.
var collectd = Detector{Collectd, OverUDP, detectCollectd}

// thrift recognises Thrift's binary protocol (strict), framed or not, and the
// compact one, by the call of a method.
var thrift = Detector{Thrift, OverTCP | OverUDP, detectThrift}

var radiusPorts = [...]uint16{1812, 1813, 1645, 1646, 3799}

func detectRADIUS(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	code, _, size := c.u8(), c.u8(), int(c.u16())
	c.bytes(16) // authenticator
	known := code >= 1 && code <= 5 || code >= 11 && code <= 13 || code >= 40 && code <= 45
	if c.short || !known || size < 20 || size > s.Len || size > 4096 {
		return No
	}
	port := s.onPorts(radiusPorts[:])
	if size == 20 {
		return verdictIf(port)
	}
	n := 0
	for left := size - 20; left > 0 && n < mostRecords; n++ {
		kind, length := c.u8(), int(c.u8())
		if c.short || len(c.b) < length-2 {
			return verdictIf(port && !s.whole())
		}
		if kind == 0 || length < 2 || length > left {
			return No
		}
		c.bytes(length - 2)
		left -= length
	}
	return verdictIf(port || n >= 2 && size == s.Len)
}

func detectDiameter(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	version, size, flags, command := c.u8(), c.u24(), c.u8(), c.u24()
	c.bytes(12) // application, two IDs
	first := c.u32()
	c.u8()
	length := c.u24()
	if c.short || version != 1 || size%4 != 0 || size < 28 || size < s.fresh && s.First() || flags&0x0f != 0 {
		return s.wait()
	}
	known := command >= 257 && command <= 324 || command >= 8388600 && command <= 8388760
	return verdictIf(known && first > 0 && first < 1<<16 && length >= 8 && length <= size-20)
}

const (
	dcerpcDatagram = 80 // bytes of the header of a datagram
	dcerpcLength   = 74 // where the length of its body stands
)

func detectDCERPC(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	if s.datagram() {
		if len(c.b) < dcerpcDatagram || c.b[0] != 4 || c.b[1] > 11 || c.b[4]&^0x11 != 0 || c.b[5] > 3 || c.b[6] != 0 {
			return No
		}
		length := c.b[dcerpcLength:]
		size := int(length[0])<<8 | int(length[1])
		if c.b[4]&0x10 != 0 { // little endian
			size = int(length[0]) | int(length[1])<<8
		}
		return verdictIf(size+dcerpcDatagram <= s.Len && size+dcerpcDatagram+64 > s.Len) // an authentication may follow
	}
	version, minor, kind, _ := c.u8(), c.u8(), c.u8(), c.u8()
	order, zero := c.u8(), c.u24()
	size := int(c.u8())
	if order&0x10 != 0 { // little endian
		size |= int(c.u8()) << 8
	} else {
		size = size<<8 | int(c.u8())
	}
	c.bytes(6) // authentication, call
	ok := !c.short && version == 5 && minor <= 1 && kind <= 20 && order&^0x11 == 0 && zero&^0xff00 == 0
	return s.yesOrWait(ok && size >= 16)
}

func detectCAPWAP(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	preamble, bits := c.u8(), c.u24()
	if !s.OnPort(5246) && !s.OnPort(5247) || c.short {
		return No
	}
	if preamble == 1 { // DTLS follows
		return verdictIf(bits == 0 && len(c.b) > 13)
	}
	header := bits >> 19 & 31
	if preamble != 0 || header < 2 {
		return No
	}
	if s.OnPort(5247) {
		return verdictIf(bits>>9&31 <= 3) // data: 802.3, 802.11
	}
	c.bytes(4*header - 4)
	kind := c.u32()
	c.u8() // sequence
	size := int(c.u16())
	return verdictIf(!c.short && kind >= 1 && kind <= 26 && size >= 3 && size <= s.Len)
}

func detectCollectd(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	kind, size := c.u16(), int(c.u16())
	if kind != 0 || size < 6 || size > 260 {
		return verdictIf(s.OnPort(25826) && (kind == 0x0200 || kind == 0x0210) && size == s.Len) // signed, encrypted
	}
	host := c.bytes(size - 4)
	if c.short || host[len(host)-1] != 0 || !printable(host[:len(host)-1]) {
		return No
	}
	kind, size = c.u16(), int(c.u16())
	if (kind != 1 && kind != 8) || size != 12 {
		return No
	}
	s.Facts.DeviceName = host[:len(host)-1]
	return Yes
}

func detectThrift(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	first := c.u32()
	if first < 1<<24 && int64(first)+4 == int64(s.Len) { // framed
		first = c.u32()
	}
	switch {
	case first&^3 == 0x80010000 && first&0xff >= 1, first == 0x80010004:
		size := int(c.u32())
		name := c.bytes(min(size, 128))
		return s.yesOrWait(size > 0 && size <= 128 && !c.short && isMethod(name))
	case first>>24 == 0x82 && first>>21&7 >= 1 && first>>21&7 <= 4 && first>>16&0x1f == 1:
		c = cursor{b: s.Payload[min(len(s.Payload), 2):]}
		if len(s.Payload) > 6 && s.Payload[0] == 0 {
			c.bytes(4)
		}
		c.remaining() // sequence
		size := c.remaining()
		return s.yesOrWait(size > 2 && size <= 128 && isMethod(c.bytes(size)) && !c.short)
	}
	return s.wait()
}

// isMethod reports whether b is a name of a program: letters, digits, and what
// joins them.
func isMethod(b []byte) bool {
	for _, c := range b {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || bytes.IndexByte([]byte("_.:"), c) >= 0) {
			return false
		}
	}
	return len(b) > 0
}
