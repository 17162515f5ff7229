package dpi

import "encoding/binary"

// The detectors of this file recognise devices of a house by the messages that
// their makers or standards define: a number or a length that must be right.

// xiaomi recognises miIO, which Xiaomi's devices speak in the house (a header of 32
// bytes: 0x2131 and the length), and the connection by which their servers push.
var xiaomi = Detector{Xiaomi, OverTCP | OverUDP, detectXiaomi}

// tuya recognises Tuya's messages: a prefix, sequence, command, length, and a
// suffix; the last version has numbers of its own.
var tuya = Detector{Tuya, OverTCP | OverUDP, detectTuya}

// ubiquiti recognises the discovery of Ubiquiti's devices: a version, a command and
// elements that fill the datagram. They tell name and model.
var ubiquiti = Detector{Ubiquiti, OverUDP, detectUbiquiti}

// knx recognises KNXnet/IP (ISO 22510): a header of six bytes, version 1.0, a known
// service, and the length.
var knx = Detector{KNX, OverTCP | OverUDP, detectKNX}

// bacnet recognises BACnet/IP (ASHRAE 135 annex J): type, function and length, and
// the version of the network layer where that follows.
var bacnet = Detector{BACnet, OverUDP, detectBACnet}

// modbus recognises Modbus over TCP (Modbus Messaging on TCP/IP section 3.1). On
// other ports than its own a request must be answered.
var modbus = Detector{Modbus, OverTCP, detectModbus}

// matter recognises sessions of Matter being made (Core Specification sections 4.4
// and 4.14): a message that is not encrypted yet, of the secure channel protocol.
var matter = Detector{Matter, OverUDP, detectMatter}

func detectXiaomi(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	switch c.u16() {
	case 0x2131:
		return s.yesOrWait(int(c.u16()) == s.Len && s.Len >= 32)
	case 0xc2fe: // version 5, a body, and a checksum behind it
		version, size := c.u16(), int(c.u32())
		return s.yesOrWait(!s.datagram() && version == 5 && !c.short && size+12 <= 1<<20 && size+12 >= s.fresh)
	}
	return s.wait()
}

func detectTuya(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	var behind int
	switch c.u32() {
	case 0x000055aa:
		behind = 16
	case 0x00006699:
		behind = 18
		c.u16()
	default:
		return s.wait()
	}
	c.u32() // sequence
	command, size := c.u32(), int(c.u32())
	return verdictIf(!c.short && command <= 0xff && size >= 8 && size <= 1<<16 && (!s.datagram() || s.Len == behind+size || s.Len == behind+size+4))
}

func detectUbiquiti(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	version, command, size := c.u8(), c.u8(), int(c.u16())
	if c.short || version != 1 && version != 2 || size != s.Len-4 {
		return No
	}
	if size == 0 {
		return verdictIf(s.OnPort(10001) && s.Len == 4)
	}
	if version == 1 && command != 0 {
		return No
	}
	n := 0
	for ; c.more() && n < mostRecords; n++ {
		kind, value := c.u8(), c.bytes(int(c.u16()))
		if c.short {
			return No
		}
		switch kind {
		case 0x0b:
			s.Facts.DeviceName = value
		case 0x14, 0x0c:
			s.Facts.DeviceModel = value
		}
	}
	return verdictIf(n > 1 && !c.more())
}

func detectKNX(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	header, service, size := c.u16(), c.u16(), int(c.u16())
	if c.short || header != 0x0610 || size != s.Len {
		return No
	}
	switch service >> 8 {
	case 2, 3, 4, 5, 6, 7, 8, 9: // core, management, tunnelling, routing, logging, configuration, objects, security
		return verdictIf(service&0xff <= 0x54)
	}
	return No
}

func detectBACnet(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	kind, function, size := c.u8(), c.u8(), int(c.u16())
	if c.short || kind != 0x81 || function > 0x0c || size != s.Len || s.Len < 4 {
		return No
	}
	switch function {
	case 0x04: // forwarded: an address comes first
		c.bytes(6)
		fallthrough
	case 0x09, 0x0a, 0x0b:
		return verdictIf(c.u8() == 1)
	}
	return verdictIf(s.OnPort(47808))
}

func detectModbus(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	id, protocol, size := c.u16(), c.u16(), int(c.u16())
	c.u8() // unit
	function := c.u8() &^ 0x80
	if c.short || protocol != 0 || size != s.Len-6 || size < 2 || size > 254 || function == 0 || function > 43 {
		return s.wait()
	}
	if s.OnPort(502) {
		return Yes
	}
	other := s.Answered().Head()
	if len(other) < 8 {
		return s.patient()
	}
	return verdictIf(binary.BigEndian.Uint16(other) == id && other[2] == 0 && other[3] == 0 && other[7]&^0x80 == function)
}

func detectMatter(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	flags, session, security := c.u8(), c.u16(), c.u8()
	c.u32()                                           // counter
	if flags&^0x07 != 0 || security&^0xe0&0x1c != 0 { // version, reserved bits
		return No
	}
	switch flags & 3 { // destination
	case 1:
		c.bytes(8)
	case 2:
		c.bytes(2)
	}
	if flags&4 != 0 {
		c.bytes(8)
	}
	if session != 0 || security != 0 {
		return No // encrypted: nothing to go by
	}
	exchange, opcode := c.u8(), c.u8()
	c.u16() // exchange
	protocol := c.u16()
	if c.short || exchange&^0x1f != 0 || protocol != 0 {
		return No
	}
	if exchange&2 != 0 {
		c.u32() // acknowledges
	}
	switch {
	case opcode == 0x10: // acknowledgement alone
		return verdictIf(exchange&2 != 0 && len(c.b) == 0 && s.whole())
	case opcode >= 0x20 && opcode <= 0x24, opcode >= 0x30 && opcode <= 0x33: // PASE, CASE: a structure
		return verdictIf(c.u8() == 0x15)
	case opcode == 0x40: // status report
		return verdictIf(len(c.b) >= 8 && s.OnPort(5540))
	}
	return No
}
