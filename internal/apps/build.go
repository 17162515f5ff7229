package apps

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// maxSuffixes is how many an index holds: numbers of entries are 16 bits.
const maxSuffixes = 1<<16 - 1

// buildIndex makes the index of suffixes in the form of the table: valid names in
// lower case, with a star or none. Their values are 1 … maxValue.
func buildIndex(suffixes map[string]uint16) (index, error) {
	plain, inner, err := sortSuffixes(suffixes)
	if err != nil {
		return index{}, err
	}
	place := make(map[string]int, len(plain))
	var entries, stars []byte
	for i, name := range plain {
		if i > 0 && orderOf(plain[i-1]) == orderOf(name) {
			return index{}, fmt.Errorf("%q and %q have the same hash: leave one out", plain[i-1], name)
		}
		place[name] = i
		_, print := hashOf(name).split()
		entries = append(entries, byte(print), byte(print>>8), byte(print>>16))
		entries = append(entries, le16(suffixes[name])...)
	}
	mark := func(at int, bit uint16) { entries[at*entrySize+4] |= byte(bit >> 8) }
	for _, name := range plain {
		for rest := name; rest != ""; {
			_, rest, _ = strings.Cut(rest, ".")
			if at, ok := place[rest]; ok {
				mark(at, deeper)
			}
		}
	}
	for _, name := range inner {
		before, after, suffix := cutStar(name)
		at, ok := place[suffix]
		if !ok {
			return index{}, fmt.Errorf("%q has a star within names of %s: give %s an application, too", name, suffix, suffix)
		}
		mark(at, starred)
		stars = slices.Concat(stars, le16(uint16(at)), le16(suffixes[name]),
			[]byte{byte(len(before))}, []byte(before), []byte{byte(len(after))}, []byte(after))
	}
	return index{buckets(plain), string(entries), string(stars)}, nil
}

// sortSuffixes returns the names of suffixes in the order of the index, apart from
// those with a star that is not the country's.
func sortSuffixes(suffixes map[string]uint16) (plain, inner []string, err error) {
	if len(suffixes) > maxSuffixes {
		return nil, nil, fmt.Errorf("%d names, at most %d", len(suffixes), maxSuffixes)
	}
	for name, value := range suffixes {
		if err := checkSuffix(name); err != nil {
			return nil, nil, err
		}
		if value == 0 || value > maxValue {
			return nil, nil, fmt.Errorf("%q stands for application %d, at most %d", name, value, maxValue)
		}
		if strings.Contains(strings.TrimSuffix(name, anyCountry), "*") {
			inner = append(inner, name)
		} else {
			plain = append(plain, name)
		}
	}
	sort.Slice(plain, func(i, j int) bool { return orderOf(plain[i]) < orderOf(plain[j]) })
	sort.Strings(inner)
	return plain, inner, nil
}

// buckets returns where the buckets of names begin, which are in order.
func buckets(names []string) string {
	var out []byte
	n := 0
	for b := range 1<<bucketBits + 1 {
		for n < len(names) && orderOf(names[n])>>printBits < uint64(b) {
			n++
		}
		out = append(out, le16(uint16(n))...)
	}
	return string(out)
}

// orderOf returns what entries are sorted by: the bucket and the rest of a hash.
func orderOf(name string) uint64 {
	bucket, print := hashOf(name).split()
	return uint64(bucket)<<printBits | uint64(print)
}

// hashOf returns the hash of a suffix.
func hashOf(name string) hash {
	h := hashStart
	for i := len(name) - 1; i >= 0; i-- {
		h = h.with(name[i])
	}
	return h
}

// cutStar splits igcdn-*-a.akamaihd.net into igcdn-, -a and akamaihd.net.
func cutStar(name string) (before, after, suffix string) {
	before, rest, _ := strings.Cut(name, "*")
	after, suffix, _ = strings.Cut(rest, ".")
	return before, after, suffix
}

// checkSuffix says what is wrong with a suffix.
func checkSuffix(name string) error {
	if len(name) > maxSuffix {
		return fmt.Errorf("%q is longer than %d bytes", name, maxSuffix)
	}
	if strings.Count(name, "*") > 1 || strings.HasPrefix(name, "*.") || name == "*" {
		return fmt.Errorf("%q: one star, as the last label or within a name; all names below one are meant without", name)
	}
	for _, label := range strings.Split(strings.TrimSuffix(name, anyCountry), ".") {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return fmt.Errorf("%q has an empty label or a hyphen at the border of one", name)
		}
		for _, c := range []byte(label) {
			if c != '-' && c != '_' && c != '*' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
				return fmt.Errorf("%q: %q is not written in lower case letters, digits and hyphens", name, label)
			}
		}
	}
	return nil
}

// le16 returns v as two bytes.
func le16(v uint16) []byte { return []byte{byte(v), byte(v >> 8)} }
