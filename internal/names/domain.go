package names

import (
	"bytes"
	_ "embed" // for the table of suffixes
)

// suffixes is the Public Suffix List (publicsuffix.org, Mozilla Public License
// 2.0) as golang.org/x/net/publicsuffix has it, which itself cannot be used here:
// it imports net/http for the sake of one interface, 2.3 MB on a router.
//
// The table holds 40 bits of a hash for each rule, sorted: first 257 numbers of 16
// bits, where the rules whose hash begins with that byte are; then the other 32
// bits of each. A name that is no rule is taken for one once in 10^8 times. The
// numbers are big-endian. TestSuffixTable writes it anew with -update.
//
//go:embed suffixes.bin
var suffixes string

// Sizes of the table of suffixes.
const (
	suffixHead = 257 * 2
	// deepest is how many labels the longest rule has.
	deepest = 7
)

// ruleHash is the hash of a rule read from its end: FNV-1a with 64 bits.
type ruleHash uint64

const (
	emptyRule ruleHash = 0xcbf29ce484222325
	fnvPrime  ruleHash = 0x100000001b3
)

func (h ruleHash) with(c byte) ruleHash { return (h ^ ruleHash(c)) * fnvPrime }

// spread is the hash as the table has it: its high bits, after those of the last
// bytes reached them.
func (h ruleHash) spread() uint64 {
	x := uint64(h)
	x ^= x >> 32
	x *= 0x9e3779b97f4a7c15
	return x >> 24
}

// listed reports whether the list has a rule with that hash.
func (h ruleHash) listed() bool {
	x := h.spread()
	first, rest := int(x>>32), uint32(x)
	from, to := suffixHeadAt(first), suffixHeadAt(first+1)
	for from < to {
		mid := (from + to) / 2
		switch v := suffixAt(mid); {
		case v == rest:
			return true
		case v < rest:
			from = mid + 1
		default:
			to = mid
		}
	}
	return false
}

func suffixHeadAt(i int) int { return int(suffixes[2*i])<<8 | int(suffixes[2*i+1]) }

func suffixAt(i int) uint32 {
	s := suffixes[suffixHead+4*i:]
	return uint32(s[0])<<24 | uint32(s[1])<<16 | uint32(s[2])<<8 | uint32(s[3])
}

// Domain returns the registrable domain of a cleaned name, a part of the name: the
// label before the public suffix, and the suffix. A name that is a public suffix
// stays as it is. Under a top-level domain that is not listed, such as that of a
// house, it is the last two labels. An address is no name, and nothing remains.
func Domain(name []byte) []byte {
	if numeric(name) {
		return nil
	}
	suffix := publicSuffix(name)
	if suffix == 0 {
		return name
	}
	i := suffix - 1
	for i > 0 && name[i-1] != '.' {
		i--
	}
	return name[i:]
}

// numeric reports whether a name is an IP address: what ends with a number is
// never a domain (URL Standard, section 3.5), and what has a colon is IPv6.
func numeric(name []byte) bool {
	for i := len(name) - 1; i >= 0 && name[i] != '.'; i-- {
		if name[i] < '0' || name[i] > '9' {
			return bytes.IndexByte(name, ':') >= 0
		}
	}
	return true
}

// publicSuffix returns where the public suffix of a name begins, by the rules of
// publicsuffix.org: the longest rule counts, an exception before all.
func publicSuffix(name []byte) int {
	h := emptyRule
	found, end, labels := -1, len(name), 0
	any := false // the list has a rule for whatever label comes next
	for i := len(name) - 1; i >= 0 && labels < deepest; i-- {
		h = h.with(name[i])
		if i > 0 && name[i-1] != '.' {
			continue
		}
		labels++
		if h.with('!').listed() {
			return end + 1
		}
		if any || h.listed() || found < 0 {
			found = i
		}
		if i == 0 {
			break
		}
		any = h.with('.').with('*').listed()
		end = i - 1
		h = h.with('.')
		i-- // the dot
		if i == 0 {
			break
		}
	}
	return max(found, 0)
}
