//go:build integration

package netns

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Flow is one direction of a flow that Send makes of equal frames.
type Flow struct {
	Proto          uint8 // 6 (a bare ACK with payload) or 17
	Src, Dst       netip.AddrPort
	SrcMAC, DstMAC [6]byte
	VLAN           uint16 // in an 802.1Q tag unless 0
	Payload        int    // bytes after the TCP or UDP header
}

// IPBytes returns the length of each packet from its IP header on.
func (f Flow) IPBytes() int {
	n := 20 + 8 + f.Payload
	if f.Proto == unix.IPPROTO_TCP {
		n += 12
	}
	if f.Src.Addr().Is6() {
		n += 20
	}
	return n
}

// frame returns the bytes of every frame of f.
func (f Flow) frame() []byte {
	b := append(append([]byte(nil), f.DstMAC[:]...), f.SrcMAC[:]...)
	if f.VLAN != 0 {
		b = binary.BigEndian.AppendUint16(b, unix.ETH_P_8021Q)
		b = binary.BigEndian.AppendUint16(b, f.VLAN)
	}
	if f.Src.Addr().Is6() {
		b = binary.BigEndian.AppendUint16(b, unix.ETH_P_IPV6)
	} else {
		b = binary.BigEndian.AppendUint16(b, unix.ETH_P_IP)
	}
	return append(b, f.Packet()...)
}

// Packet returns the bytes of every packet of f from its IP header on, with
// correct checksums.
func (f Flow) Packet() []byte {
	l4 := f.segment()
	src, dst := f.Src.Addr().AsSlice(), f.Dst.Addr().AsSlice()
	pseudo := uint32(f.Proto) + uint32(len(l4)) + sum(src) + sum(dst)
	checkAt := 6
	if f.Proto == unix.IPPROTO_TCP {
		checkAt = 16
	}
	binary.BigEndian.PutUint16(l4[checkAt:], fold(pseudo+sum(l4)))

	if f.Src.Addr().Is6() {
		b := []byte{0x60, 0, 0, 0}
		b = binary.BigEndian.AppendUint16(b, uint16(len(l4)))
		b = append(b, f.Proto, 64)
		return append(append(append(b, src...), dst...), l4...)
	}
	ip := []byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, f.Proto, 0, 0}
	binary.BigEndian.PutUint16(ip[2:], uint16(20+len(l4)))
	ip = append(append(ip, src...), dst...)
	binary.BigEndian.PutUint16(ip[10:], fold(sum(ip)))
	return append(ip, l4...)
}

// segment returns the TCP or UDP header and the payload, without checksum.
func (f Flow) segment() []byte {
	b := binary.BigEndian.AppendUint16(nil, f.Src.Port())
	b = binary.BigEndian.AppendUint16(b, f.Dst.Port())
	if f.Proto == unix.IPPROTO_TCP {
		b = append(b, 0, 0, 0, 1, 0, 0, 0, 1, 5<<4, 0x10, 0xff, 0xff, 0, 0, 0, 0)
	} else {
		b = binary.BigEndian.AppendUint16(b, uint16(8+f.Payload))
		b = append(b, 0, 0)
	}
	return append(b, make([]byte, f.Payload)...)
}

// sum and fold are the Internet checksum of RFC 1071.
func sum(b []byte) (s uint32) {
	for i, c := range b {
		s += uint32(c) << (8 * (^i & 1))
	}
	return s
}

func fold(s uint32) uint16 {
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return ^uint16(s)
}
