package apps

// An index finds the longest suffix of a host's name among many, in place.
//
// It holds no names but hashes of them, 35 bits of each: a name that is in no line
// of the table passes for one that is once in a million. Suffixes are hashed from
// their end, so that one pass over a name gives the hashes of all its suffixes.
// The upper bits of a hash choose a bucket; entries are sorted by bucket, records
// of entrySize bytes with the lower bits (3 bytes) and the value (2 bytes), and
// buckets holds the number of the first entry of each (2 bytes), and their total.
//
// A suffix whose last label is a star, google.*, stands for that name in every
// country: google.de, google.co.uk. A star elsewhere, igcdn-*.akamaihd.net, stands
// for one byte or more within what precedes a suffix that is in the index. The
// value of such a suffix has the bit starred, and stars holds a record for each:
// the number of the suffix's entry (2 bytes), the value (2 bytes), and what is
// before and after the star, each after a byte with its length. The bit deeper is
// that of a suffix which longer ones end with: without it the search is over.
type index struct {
	buckets, entries, stars string
}

const (
	bucketBits = 11
	printBits  = 24
	entrySize  = 5

	maxSuffix = 63  // bytes of a suffix: how much of a name is looked at
	maxHost   = 253 // bytes of a name (RFC 1035 section 2.3.4, without the root's dot)

	starred  = 0x8000
	deeper   = 0x4000
	maxValue = deeper - 1

	anyCountry = ".*" // ends the suffixes that hold for every country
)

// builtin is the index of the table.
func builtin() index { return index{packedBuckets, packedEntries, packedStars} }

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
	if len(host) == 0 || len(host) > maxHost || len(x.entries) == 0 || host[len(host)-1] == '*' {
		return 0 // no name ends in a star, but suffixes for every country do
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
	h := hashStart
	for i := len(tail) - 1; i >= 0; i-- {
		h = h.with(tail[i])
	}
	var best uint16
	for i := len(host) - 1; i >= 0 && len(host)-i+len(tail) <= maxSuffix; i-- {
		h = h.with(lower(host[i]))
		if i > 0 && host[i-1] != '.' || host[i] == '.' {
			continue
		}
		entry, v := x.entry(h)
		if v == 0 {
			continue
		}
		best = v & maxValue
		if v&starred != 0 {
			if s := x.star(entry, host[:max(i-1, 0)]); s != 0 {
				best = s
			}
		}
		if v&deeper == 0 {
			break
		}
	}
	return best
}

// entry returns the number and the value of the entry with that hash; the value is
// 0 if there is none.
func (x *index) entry(h hash) (number, value uint16) {
	bucket, print := h.split()
	number, end := u16(x.buckets, 2*bucket), u16(x.buckets, 2*bucket+2)
	for ; number < end; number++ {
		e := x.entries[int(number)*entrySize:][:entrySize]
		if uint32(e[0])|uint32(e[1])<<8|uint32(e[2])<<16 == print {
			return number, u16(e, 3)
		}
	}
	return 0, 0
}

// star returns the value of the first star of an entry which rest, what precedes
// the suffix in a name, answers; 0 for none.
func (x *index) star(entry uint16, rest []byte) uint16 {
	for s := x.stars; len(s) > 0; {
		b := int(s[4])
		a := int(s[5+b])
		before, after := s[5:5+b], s[6+b:6+b+a]
		if u16(s, 0) == entry && len(rest) > b+a && equalFold(rest[:b], before) && equalFold(rest[len(rest)-a:], after) {
			return u16(s, 2)
		}
		s = s[6+b+a:]
	}
	return 0
}

// hash is FNV-1a of the bytes of a suffix, the last one first.
type hash uint64

const hashStart hash = 14695981039346656037

// with returns the hash of what h is the hash of and one more byte before it.
func (h hash) with(c byte) hash { return (h ^ hash(c)) * 1099511628211 }

// split returns the bucket of a hash and what is kept of it there.
func (h hash) split() (bucket int, print uint32) {
	h ^= h >> 32 // the upper half depends on all bytes
	return int(h >> printBits & (1<<bucketBits - 1)), uint32(h & (1<<printBits - 1))
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
