package dpi

import (
	"encoding/binary"

	"weir/internal/packet"
)

// netbios recognises NetBIOS over TCP and UDP (RFC 1002): names, whose encoding
// is unmistakable, datagrams, and the request that opens a session. A session
// without one is SMB's own.
var netbios = Detector{NetBIOS, OverTCP | OverUDP, detectNetBIOS,
	"encoded names, datagrams, and the request that opens a session"}

const (
	nbnsPort       = 137
	nbDatagramPort = 138

	nbTypeName   = 0x20 // NB
	nbTypeStatus = 0x21 // NBSTAT
	nbNameSize   = 34   // of an encoded name without a scope: length, 32 letters, root

	nbGroup = 0x8000 // of NB_FLAGS: the name is not of one device alone
)

func detectNetBIOS(s *Segment) Verdict {
	if s.Proto == packet.ProtoTCP {
		return detectNetBIOSSession(s)
	}
	if s.Payload[0]&0xf8 == 0x10 && detectNetBIOSDatagram(s) == Yes {
		return Yes
	}
	m, ok := ParseMessage(s.Payload)
	if !ok || m.Counts[Question] > 1 || m.Counts[Answer] > 1 || m.Counts[Question]+m.Counts[Answer] == 0 {
		return No
	}
	var r Record
	it := m.Records()
	if !it.Next(&r) || len(r.Name.Label(0)) != 32 {
		return verdictIf(s.OnPort(nbnsPort))
	}
	name, suffix := netbiosName(s.text(), r.Name.Label(0))
	if name == nil || r.Class != 1 || r.Type != nbTypeName && r.Type != nbTypeStatus && r.Type != 0x0a {
		return No
	}
	if m.Response() {
		s.Facts.Code = uint16(m.Rcode()) + 1
	}
	switch {
	case r.Type == nbTypeStatus && m.Response():
		s.Facts.DeviceName = statusName(r.Data())
	case m.Opcode() == 0:
		s.Facts.Host = name
	case m.Opcode() == 5 || m.Opcode() == 8 || m.Opcode() == 15: // registration and refresh
		if it.Next(&r) && r.Section != Question && len(r.Data()) == 6 && binary.BigEndian.Uint16(r.Data())&nbGroup == 0 && (suffix == 0 || suffix == 0x20) {
			s.Facts.DeviceName = name
		}
	}
	return Yes
}

// netbiosName appends the name that a label of 32 letters from A to P encodes, a
// letter for each half of a byte, without the spaces at its end. The last byte is
// apart: it says what the name is for. It returns nil for a label of other letters.
func netbiosName(dst, label []byte) (name []byte, suffix byte) {
	if len(label) != 32 {
		return nil, 0
	}
	end := len(dst)
	for i := 0; i < 32; i += 2 {
		hi, lo := label[i]-'A', label[i+1]-'A'
		if hi > 15 || lo > 15 {
			return nil, 0
		}
		c := hi<<4 | lo
		if i == 30 {
			return dst[:end], c
		}
		dst = append(dst, c)
		if c != ' ' && c != 0 {
			end = len(dst)
		}
	}
	return nil, 0
}

// statusName returns the name of the device that answers a node status request
// (RFC 1002 section 4.2.18): the first of its names that no group shares.
func statusName(data []byte) []byte {
	c := cursor{b: data}
	for range min(c.u8(), mostRecords) {
		name, suffix, flags := c.bytes(15), c.u8(), c.u16()
		if c.short {
			return nil
		}
		if flags&nbGroup == 0 && (suffix == 0 || suffix == 0x20) {
			for len(name) > 0 && (name[len(name)-1] == ' ' || name[len(name)-1] == 0) {
				name = name[:len(name)-1]
			}
			return name
		}
	}
	return nil
}

// detectNetBIOSDatagram reads the header of a datagram (RFC 1002 section 4.4.1)
// and the name of its sender.
func detectNetBIOSDatagram(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	kind := c.u8()
	c.bytes(9) // flags, ID, address, port
	switch {
	case kind <= 0x12: // from one to one, a group, or all
		c.bytes(4) // length, offset
		if label := c.part(nbNameSize); label.u8() == 32 {
			s.Facts.DeviceName, _ = netbiosName(s.text(), label.bytes(32))
		}
		return verdictIf(len(s.Facts.DeviceName) > 0)
	case kind == 0x13: // an error
		return verdictIf(s.Len == 11 && s.OnPort(nbDatagramPort))
	}
	return verdictIf(c.u8() == 32 && s.OnPort(nbDatagramPort)) // a question about a name
}

// detectNetBIOSSession reads a session request (RFC 1002 section 4.3.2), after
// which SMB is spoken.
func detectNetBIOSSession(s *Segment) Verdict {
	if s.st.protocol == NetBIOS {
		if isSMB(s.Payload) {
			s.Is = SMB
			return Yes
		}
		return Follow
	}
	c := cursor{b: s.Payload}
	kind, length := c.u8(), c.u24()
	if kind != 0x81 || length < 2*nbNameSize || length > 2*maxNameBytes {
		return s.wait()
	}
	if n := c.u8(); n != 32 {
		return No
	}
	called, _ := netbiosName(s.text(), c.bytes(32))
	calling := Name{s.Payload, 4 + nbNameSize}
	if called == nil || calling.Label(0) == nil {
		return No
	}
	s.Facts.DeviceName, _ = netbiosName(s.text(), calling.Label(0))
	return Follow
}
