package geo

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net"
	"net/netip"

	"weir/internal/packet"
)

// A space is a kind of number that a table is asked about.
type space uint8

const (
	ipv4 space = iota // 32 bits
	ipv6              // 128 bits
	mac               // 48 bits
	numSpaces
)

// bytes returns how long a number of s is.
func (s space) bytes() int { return [numSpaces]int{4, 16, 6}[s] }

// last returns the highest number of s.
func (s space) last() key {
	switch s {
	case ipv4:
		return key{0, 1<<32 - 1}
	case mac:
		return key{0, 1<<48 - 1}
	}
	return key{^uint64(0), ^uint64(0)}
}

// key is a number of a space: an address as a number of up to 128 bits.
type key struct{ hi, lo uint64 }

func (k key) less(o key) bool { return k.hi < o.hi || k.hi == o.hi && k.lo < o.lo }

// plus returns k+o; what overflows 128 bits is lost.
func (k key) plus(o key) key {
	lo, carry := bits.Add64(k.lo, o.lo, 0)
	hi, _ := bits.Add64(k.hi, o.hi, carry)
	return key{hi, lo}
}

func (k key) minus(o key) key {
	lo, borrow := bits.Sub64(k.lo, o.lo, 0)
	hi, _ := bits.Sub64(k.hi, o.hi, borrow)
	return key{hi, lo}
}

// length returns how many bits k needs: 0 for 0, 128 at most.
func (k key) length() int {
	if k.hi != 0 {
		return 64 + bits.Len64(k.hi)
	}
	return bits.Len64(k.lo)
}

// zeros returns how many zero bits k, which is not 0, ends with.
func (k key) zeros() int {
	if k.lo != 0 {
		return bits.TrailingZeros64(k.lo)
	}
	return 64 + bits.TrailingZeros64(k.hi)
}

func (k key) shiftLeft(n int) key {
	if n >= 64 {
		return key{k.lo << (n - 64), 0}
	}
	return key{k.hi<<n | k.lo>>(64-n), k.lo << n}
}

func (k key) shiftRight(n int) key {
	if n >= 64 {
		return key{0, k.hi >> (n - 64)}
	}
	return key{k.hi >> n, k.lo>>n | k.hi<<(64-n)}
}

// appendKey writes k as big-endian number of s.
func (s space) appendKey(dst []byte, k key) []byte {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], k.hi)
	binary.BigEndian.PutUint64(b[8:], k.lo)
	return append(dst, b[16-s.bytes():]...)
}

// keyAt reads the number of s that b begins with.
func (s space) keyAt(b []byte) key {
	switch s {
	case ipv4:
		return key{0, uint64(binary.BigEndian.Uint32(b))}
	case mac:
		return key{0, uint64(binary.BigEndian.Uint32(b))<<16 | uint64(binary.BigEndian.Uint16(b[4:]))}
	}
	return key{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

// keyOf returns the space of an address and its number there.
func keyOf(a *packet.Addr) (space, key) {
	if a.Is4() {
		return ipv4, ipv4.keyAt(a[12:])
	}
	return ipv6, ipv6.keyAt(a[:])
}

// numberOf is keyOf for a netip.Addr, whose mapped IPv4 addresses are IPv4.
func numberOf(ip netip.Addr) (space, key) {
	a := packet.AddrOf(ip)
	return keyOf(&a)
}

// text returns a number as it is usually written.
func (s space) text(k key) string {
	b := s.appendKey(nil, k)
	if s == mac {
		return net.HardwareAddr(b).String()
	}
	ip, _ := netip.AddrFromSlice(b)
	return ip.String()
}

func (s space) rangeText(r span) string { return fmt.Sprintf("%s-%s", s.text(r.from), s.text(r.to)) }
