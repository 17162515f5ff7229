package uci

import (
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

// Addresses are what the firewall takes for an address: one, a network, a range,
// or the bits under a mask that leaves the network open (::1/-64, ::1/::ffff).
// The zero value is not valid.
type Addresses struct {
	Addr netip.Addr // the bits under Mask, or the first of a range
	Mask netip.Addr // what has to be equal; invalid for a range
	Last netip.Addr // of a range; else invalid
	Not  bool       // all but these
}

// IsValid reports whether a says anything.
func (a Addresses) IsValid() bool { return a.Addr.IsValid() }

// Family returns 4 or 6, and 0 when a is not valid.
func (a Addresses) Family() uint8 {
	switch {
	case !a.IsValid():
		return 0
	case a.Addr.Is4():
		return 4
	}
	return 6
}

// Single returns the one address that a stands for, if it is one.
func (a Addresses) Single() (netip.Addr, bool) {
	if a.Not || !a.IsValid() || a.Last.IsValid() || maskBits(a.Mask) != a.Addr.BitLen() {
		return netip.Addr{}, false
	}
	return a.Addr, true
}

// Contains reports whether addr, not an IPv4-mapped one, is one of a. Those that
// are not valid contain nothing.
func (a Addresses) Contains(addr netip.Addr) bool {
	if !a.IsValid() || addr.BitLen() != a.Addr.BitLen() {
		return false
	}
	if a.Last.IsValid() {
		return (a.Addr.Compare(addr) <= 0 && addr.Compare(a.Last) <= 0) != a.Not
	}
	return (masked(addr, a.Mask) == a.Addr) != a.Not
}

// String returns a as the firewall's file has it, "" when it is not valid.
func (a Addresses) String() string {
	not := ""
	if a.Not {
		not = "!"
	}
	switch n := maskBits(a.Mask); {
	case !a.IsValid():
		return ""
	case a.Last.IsValid():
		return not + a.Addr.String() + "-" + a.Last.String()
	case n == a.Addr.BitLen():
		return not + a.Addr.String()
	case n >= 0:
		return not + a.Addr.String() + "/" + strconv.Itoa(n)
	}
	return not + a.Addr.String() + "/" + a.Mask.String()
}

// parseAddresses reads an address as firewall4's parse_subnet does. A name of a
// network, whose addresses stand in no file, is not valid; ok is false for what
// is neither.
func parseAddresses(text string) (a Addresses, ok bool) {
	text, a.Not = cutNot(text)
	if base, mask, found := strings.Cut(text, "/"); found {
		addr, err := netip.ParseAddr(base)
		if err != nil || addr.Zone() != "" {
			return Addresses{}, false
		}
		a.Mask, ok = parseAddrMask(mask, addr)
		if !ok {
			return Addresses{}, false
		}
		a.Addr = masked(addr, a.Mask)
		return a, true
	}
	first, last, ranged := strings.Cut(text, "-")
	addr, err := netip.ParseAddr(first)
	switch {
	case err != nil:
		return Addresses{}, !ranged && validName(text, '-') // a network
	case addr.Zone() != "":
		return Addresses{}, false
	case !ranged:
		a.Addr, a.Mask = addr, bitMask(addr.BitLen(), addr.BitLen())
		return a, true
	}
	end, err := netip.ParseAddr(last)
	if err != nil || end.BitLen() != addr.BitLen() || end.Zone() != "" || end.Less(addr) {
		return Addresses{}, false
	}
	a.Addr, a.Last = addr, end
	return a, true
}

// parseAddrMask reads what stands behind the slash: how many bits count, with a minus
// how many of the first do not, or a mask.
func parseAddrMask(text string, addr netip.Addr) (netip.Addr, bool) {
	if mask, err := netip.ParseAddr(text); err == nil {
		return mask, mask.BitLen() == addr.BitLen() && mask.Zone() == ""
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < -addr.BitLen() || n > addr.BitLen() {
		return netip.Addr{}, false
	}
	return bitMask(n, addr.BitLen()), true
}

// bitMask returns the mask of the first n bits, or of all but the first -n.
func bitMask(n, length int) netip.Addr {
	var b [16]byte
	for i := range length {
		if i < n || n < 0 && i >= -n {
			b[i/8] |= 0x80 >> (i % 8)
		}
	}
	if length == 32 {
		return netip.AddrFrom4([4]byte(b[:4]))
	}
	return netip.AddrFrom16(b)
}

// maskBits returns the length of a mask of leading ones, -1 for any other.
func maskBits(mask netip.Addr) int {
	ones := 0
	for _, b := range mask.AsSlice() {
		ones += bits.LeadingZeros8(^b)
		if b != 0xff {
			break
		}
	}
	if !mask.IsValid() || bitMask(ones, mask.BitLen()) != mask {
		return -1
	}
	return ones
}

func masked(addr, mask netip.Addr) netip.Addr {
	b, m := addr.AsSlice(), mask.AsSlice()
	for i := range b {
		b[i] &= m[i]
	}
	out, _ := netip.AddrFromSlice(b)
	return out
}

// cutNot takes the ! off that means all but what follows.
func cutNot(text string) (rest string, not bool) {
	rest, not = strings.CutPrefix(strings.TrimLeft(text, " \t"), "!")
	return strings.TrimSpace(rest), not
}

// familyOf returns 4 or 6 when all of the addresses are of it, else 0.
func familyOf(texts []string) uint8 {
	var seen [7]bool
	for _, text := range texts {
		if a, ok := parseAddresses(text); ok {
			seen[a.Family()] = true
		}
	}
	switch {
	case seen[4] == seen[6]:
		return 0
	case seen[4]:
		return 4
	}
	return 6
}
