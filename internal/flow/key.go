package flow

import (
	"encoding/binary"
	"math/bits"

	"weir/internal/packet"
)

// Key identifies a flow in both directions: the two endpoints in canonical
// order, the IP protocol and the observation point. It holds no pointers and is
// comparable.
type Key struct {
	AddrA, AddrB packet.Addr // AddrA:PortA sorts before or equals AddrB:PortB
	PortA, PortB uint16
	Proto        uint8 // IANA protocol number
	Point        uint8 // observation point, as source.Sink.Interface numbers it
}

// End names one of the two endpoints of a Key.
type End uint8

// The ends of a Key.
const (
	A End = iota
	B
)

// Other returns the opposite end.
func (e End) Other() End { return e ^ 1 }

// KeyOf returns the canonical key of a packet from src:sport to dst:dport, and
// the end that sent it.
func KeyOf(src, dst *packet.Addr, sport, dport uint16, proto, point uint8) (k Key, e End) {
	e = k.set(src, dst, sport, dport, proto, point)
	return k, e
}

// set makes k the key that KeyOf returns. It moves the addresses by the words
// that sum and equal read: a processor that copied them otherwise would have to
// wait for its own stores.
func (k *Key) set(src, dst *packet.Addr, sport, dport uint16, proto, point uint8) End {
	be := binary.BigEndian
	s0, s1 := be.Uint64(src[0:8]), be.Uint64(src[8:16])
	d0, d1 := be.Uint64(dst[0:8]), be.Uint64(dst[8:16])
	// Source and destination are compared as numbers of 144 bits and swapped
	// without a branch, which would be guessed wrong for every other packet.
	_, less := bits.Sub64(uint64(dport), uint64(sport), 0)
	_, less = bits.Sub64(d1, s1, less)
	_, less = bits.Sub64(d0, s0, less)
	swap := -less
	x0, x1, x2 := (s0^d0)&swap, (s1^d1)&swap, (sport^dport)&uint16(swap)
	k.Proto, k.Point = proto, point
	k.PortA, k.PortB = sport^x2, dport^x2
	be.PutUint64(k.AddrA[0:8], s0^x0)
	be.PutUint64(k.AddrA[8:16], s1^x1)
	be.PutUint64(k.AddrB[0:8], d0^x0)
	be.PutUint64(k.AddrB[8:16], d1^x1)
	return End(less)
}

// Addr returns the address of one end.
func (k *Key) Addr(e End) *packet.Addr {
	if e == A {
		return &k.AddrA
	}
	return &k.AddrB
}

// Port returns the port of one end, 0 for protocols without ports.
func (k *Key) Port(e End) uint16 {
	if e == A {
		return k.PortA
	}
	return k.PortB
}

// equal is k == o without the call that comparing 38 bytes takes.
func (k *Key) equal(o *Key) bool {
	return k.AddrA == o.AddrA && k.AddrB == o.AddrB && k.PortA == o.PortA && k.PortB == o.PortB && k.Proto == o.Proto && k.Point == o.Point
}

// hashSeed makes the index of every table different, so that nobody outside can
// choose addresses that collide.
type hashSeed [5]uint64

// sum mixes k into 64 bits by multiply-and-fold, which costs three 64-bit
// multiplications and reads each byte once.
func (s *hashSeed) sum(k *Key) uint64 {
	a := fold(binary.LittleEndian.Uint64(k.AddrA[0:8])^s[0], binary.LittleEndian.Uint64(k.AddrA[8:16])^s[1])
	b := fold(binary.LittleEndian.Uint64(k.AddrB[0:8])^s[2], binary.LittleEndian.Uint64(k.AddrB[8:16])^s[3])
	rest := uint64(k.PortA)<<32 | uint64(k.PortB)<<16 | uint64(k.Proto)<<8 | uint64(k.Point)
	return fold(a^bits.RotateLeft64(b, 32)^s[4], rest^s[0])
}

func fold(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	return hi ^ lo
}
