package apps

import "strings"

// An index finds the longest suffix of a host's name among many, in place.
//
// text holds the suffixes, each after a byte with its length. slots is a hash
// table with linear probing whose records of slotSize bytes hold where in text a
// suffix is (2 bytes) and its value (2 bytes, 0 for a free slot); their number is a
// power of two, and at least one is free. Suffixes are hashed from their end, so
// that one pass over a name gives the hashes of all its suffixes.
//
// A suffix whose last label is a star, google.*, stands for that name in every
// country: google.de, google.co.uk. A star elsewhere, igcdn-*.akamaihd.net, stands
// for one byte or more within what precedes a suffix that is in the index. The
// value of such a suffix has the bit starred, and stars holds a record for each:
// its place in text, its value, and what is before and after the star.
type index struct {
	text, slots, stars string
}

const (
	slotSize  = 4
	maxSuffix = 63  // bytes of a suffix: how much of a name is looked at
	maxHost   = 253 // bytes of a name (RFC 1035 section 2.3.4, without the root's dot)

	starred   = 0x8000
	hashStart = 2166136261 // FNV-1a
	hashPrime = 16777619

	anyCountry = ".*" // ends the suffixes that hold for every country
)

// builtin is the index of the table.
func builtin() index { return index{packedText, packedSlots, packedStars} }

// ByName returns the application of a host's name: that of the longest suffix at
// the border of a label which the table knows. Case, dots at the end and a port
// do not matter; what is no name has no application.
func ByName(host []byte) App {
	x := builtin()
	return App(x.find(host))
}

// find returns the value of the longest suffix of host, 0 for none.
func (x *index) find(host []byte) uint16 {
	host = bareName(host)
	if len(host) == 0 || len(host) > maxHost {
		return 0
	}
	if v := x.longest(host, ""); v != 0 {
		return v
	}
	if n := beforeCountry(host); n > 0 {
		return x.longest(host[:n], anyCountry)
	}
	return 0
}

// longest looks for the suffixes of host+tail that are longer than tail.
func (x *index) longest(host []byte, tail string) uint16 {
	h := uint32(hashStart)
	for i := len(tail) - 1; i >= 0; i-- {
		h = (h ^ uint32(tail[i])) * hashPrime
	}
	var best uint16
	for i := len(host) - 1; i >= 0 && len(host)-i+len(tail) <= maxSuffix; i-- {
		h = (h ^ uint32(lower(host[i]))) * hashPrime
		if i > 0 && host[i-1] != '.' || host[i] == '.' {
			continue
		}
		at, v := x.probe(h, host[i:], tail)
		if v&starred != 0 {
			v &^= starred
			if s := x.star(at, host[:max(i-1, 0)]); s != 0 {
				v = s
			}
		}
		if v != 0 {
			best = v
		}
	}
	return best
}

// probe returns where suffix+tail is in text, and its value; 0 if it is not there.
func (x *index) probe(h uint32, suffix []byte, tail string) (at, value uint16) {
	mask := uint32(len(x.slots)/slotSize) - 1
	if len(x.slots) == 0 {
		return 0, 0
	}
	for slot := mixed(h) & mask; ; slot = (slot + 1) & mask {
		at, value = u16(x.slots, int(slot)*slotSize), u16(x.slots, int(slot)*slotSize+2)
		if value == 0 {
			return 0, 0
		}
		begin := int(at) + 1
		name := x.text[begin : begin+int(x.text[at])]
		if len(name) == len(suffix)+len(tail) && equalFold(suffix, name[:len(suffix)]) && strings.HasSuffix(name, tail) {
			return at, value
		}
	}
}

// star returns the value of the first star of the suffix at that place in text
// which rest, what precedes the suffix in a name, answers; 0 for none.
func (x *index) star(at uint16, rest []byte) uint16 {
	for s := x.stars; len(s) > 0; {
		b := int(s[4])
		a := int(s[5+b])
		before, after := s[5:5+b], s[6+b:6+b+a]
		if u16(s, 0) == at && len(rest) > b+a && equalFold(rest[:b], before) && equalFold(rest[len(rest)-a:], after) {
			return u16(s, 2)
		}
		s = s[6+b+a:]
	}
	return 0
}

// bareName cuts a port and the dots of the root off.
func bareName(host []byte) []byte {
	n := len(host)
	for n > 0 && host[n-1] >= '0' && host[n-1] <= '9' {
		n--
	}
	if n > 0 && host[n-1] == ':' {
		host = host[:n-1]
	}
	for len(host) > 0 && host[len(host)-1] == '.' {
		host = host[:len(host)-1]
	}
	return host
}

// beforeCountry returns the length of what precedes a country's suffix: two
// letters, or those and one of the labels that many countries register names
// under. It is 0 for a name without.
func beforeCountry(host []byte) int {
	n := len(host) - 3
	if n <= 0 || host[n] != '.' || !letter(host[n+1]) || !letter(host[n+2]) {
		return 0
	}
	for _, second := range [...]string{".co", ".com", ".net", ".org"} {
		if m := n - len(second); m > 0 && equalFold(host[m:n], second) {
			return m
		}
	}
	return n
}

// equalFold reports whether b is s, which is in lower case.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		if lower(b[i]) != s[i] {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func letter(c byte) bool { return lower(c) >= 'a' && lower(c) <= 'z' }

// mixed brings the upper bits of a hash, which depend on all of a name, down.
func mixed(h uint32) uint32 { return h ^ h>>15 }
