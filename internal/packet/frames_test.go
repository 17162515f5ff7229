package packet

import (
	"encoding/binary"
	"slices"
)

// The parts that the hand-written frames of these tests are made of. All of
// them go from 02:00:00:00:00:01 to 02:00:00:00:00:02, from 192.0.2.1 or
// 2001:db8::1 to 198.51.100.2 or 2001:db8::2, from port 50000 to 443.

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

func be16(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }
func be32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

func ether(proto uint16, inside ...[]byte) []byte {
	return join([]byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}, be16(proto), join(inside...))
}

func tag(id, proto uint16) []byte { return join(be16(0xa000|id), be16(proto)) }

func snapHeader(proto uint16) []byte {
	return join([]byte{0xaa, 0xaa, 0x03, 0, 0, 0}, be16(proto))
}

func pppoeHeader(proto uint16, n int) []byte {
	return join([]byte{0x11, 0, 0, 7}, be16(uint16(n+2)), be16(proto))
}

func sllHeader(arphrd, proto uint16) []byte {
	return join([]byte{0, 0}, be16(arphrd), []byte{0, 6, 2, 0, 0, 0, 0, 1, 0, 0}, be16(proto))
}

func sll2Header(arphrd, proto uint16) []byte {
	return join(be16(proto), []byte{0, 0, 0, 0, 0, 3}, be16(arphrd), []byte{0, 6, 2, 0, 0, 0, 0, 1, 0, 0})
}

// ip4 makes an IPv4 packet, with options when there are any.
func ip4(proto uint8, inside []byte, options ...byte) []byte {
	n := ipv4Len + len(options)
	return join([]byte{0x40 | byte(n/4), 0xb8}, be16(uint16(n+len(inside))), be16(0x1234), []byte{0x40, 0, 64, proto, 0, 0},
		[]byte{192, 0, 2, 1, 198, 51, 100, 2}, options, inside)
}

// ip6 makes an IPv6 packet.
func ip6(next uint8, inside ...[]byte) []byte {
	in := join(inside...)
	return join([]byte{0x6b, 0x80, 0, 9}, be16(uint16(len(in))), []byte{next, 64},
		[]byte{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
		[]byte{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, in)
}

// ext makes an extension header of 8 bytes, of options that are padding.
func ext(next uint8) []byte { return []byte{next, 0, 1, 4, 0, 0, 0, 0} }

// fragHeader makes an IPv6 fragment header.
func fragHeader(next uint8, offset uint16, more byte) []byte {
	return join([]byte{next, 0}, be16(offset|uint16(more)), be32(0xcafe0001))
}

var ports = []byte{0xc3, 0x50, 0x01, 0xbb}

// tcp makes a segment with a header of 4*words bytes.
func tcp(words byte, payload string) []byte {
	return join(ports, be32(0x01020304), be32(0x05060708), []byte{words << 4, PSH | ACK}, be16(0x2000), make([]byte, 4),
		make([]byte, max(0, int(words)*4-tcpLen)), []byte(payload))
}

func udp(payload string) []byte {
	return join(ports, be16(uint16(udpLen+len(payload))), be16(0), []byte(payload))
}

// set returns b with v written at offset i.
func set(b []byte, i int, v ...byte) []byte {
	b = slices.Clone(b)
	copy(b[i:], v)
	return b
}

// want4 is what Decode says of ip4's header.
func want4(proto uint8, bytes uint64) Packet {
	return Packet{Version: 4, Proto: proto, TOS: 0xb8, TTL: 64, Segments: 1, Bytes: bytes,
		Src: mapped(192, 0, 2, 1), Dst: mapped(198, 51, 100, 2)}
}

// want6 is what Decode says of ip6's header.
func want6(proto uint8, bytes uint64) Packet {
	return Packet{Version: 6, Proto: proto, TOS: 0xb8, TTL: 64, Segments: 1, Bytes: bytes,
		Src: Addr{0: 0x20, 1: 1, 2: 0x0d, 3: 0xb8, 15: 1}, Dst: Addr{0: 0x20, 1: 1, 2: 0x0d, 3: 0xb8, 15: 2}}
}

func mapped(a, b, c, d byte) Addr { return Addr{10: 0xff, 11: 0xff, 12: a, 13: b, 14: c, 15: d} }

// ethernet adds what Decode says of ether's header.
func (p Packet) ethernet(proto uint16) Packet {
	p.HasMAC, p.EtherType = true, proto
	p.SrcMAC, p.DstMAC = MAC{2, 0, 0, 0, 0, 1}, MAC{2, 0, 0, 0, 0, 2}
	return p
}

// payload adds ports and a payload that was captured whole.
func (p Packet) payload(s string) Packet {
	p.PayLen, p.Payload = uint32(len(s)), []byte(s)
	return p
}

func (p Packet) ported() Packet {
	p.SrcPort, p.DstPort = 50000, 443
	return p
}

// tcp adds what Decode says of tcp's header.
func (p Packet) tcp() Packet {
	p = p.ported()
	p.TCPFlags, p.Seq, p.Ack, p.Window = PSH|ACK, 0x01020304, 0x05060708, 0x2000
	return p
}

func (p Packet) with(f func(p *Packet)) Packet {
	f(&p)
	return p
}
