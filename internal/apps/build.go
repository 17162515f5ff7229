package apps

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxText is how much text a suffix can be found in: its place is 16 bits.
const maxText = 1 << 16

// buildIndex makes the index of suffixes in the form of the table: valid names in
// lower case, with a star or none. Their values are 1 … 0x7fff. head is what the
// text begins with.
func buildIndex(head string, suffixes map[string]uint16) (index, error) {
	text := []byte(head)
	slots := make([]byte, slotSize*slotsFor(len(suffixes)))
	place := make(map[string]uint16, len(suffixes))
	var inner []string // names with a star that is not the country's
	for _, name := range slices.Sorted(maps.Keys(suffixes)) {
		if err := checkSuffix(name); err != nil {
			return index{}, err
		}
		if strings.Contains(strings.TrimSuffix(name, anyCountry), "*") {
			inner = append(inner, name)
			continue
		}
		if len(text)+1+len(name) > maxText {
			return index{}, fmt.Errorf("the names have more than %d bytes in all: leave some out", maxText)
		}
		place[name] = uint16(len(text))
		text = append(append(text, byte(len(name))), name...)
		put(slots, name, place[name], suffixes[name])
	}
	var stars []byte
	for _, name := range inner {
		before, after, suffix := cutStar(name)
		at, ok := place[suffix]
		if !ok {
			return index{}, fmt.Errorf("%q has a star within names of %s: give %s an application, too", name, suffix, suffix)
		}
		put(slots, suffix, at, suffixes[suffix]|starred)
		stars = slices.Concat(stars, le16(at), le16(suffixes[name]), []byte{byte(len(before))}, []byte(before), []byte{byte(len(after))}, []byte(after))
	}
	return index{string(text), string(slots), string(stars)}, nil
}

// slotsFor returns how many slots hold n suffixes with room enough to find fast.
func slotsFor(n int) int {
	slots := 2
	for slots*4 < n*5 {
		slots *= 2
	}
	return slots
}

// put writes the record of a suffix over its old one or into a free slot.
func put(slots []byte, name string, at, value uint16) {
	h := uint32(hashStart)
	for i := len(name) - 1; i >= 0; i-- {
		h = (h ^ uint32(name[i])) * hashPrime
	}
	mask := uint32(len(slots)/slotSize) - 1
	for slot := mixed(h) & mask; ; slot = (slot + 1) & mask {
		r := slots[slot*slotSize:]
		if free := r[2]|r[3] == 0; free || [2]byte(r) == [2]byte(le16(at)) {
			copy(r, le16(at))
			copy(r[2:], le16(value))
			return
		}
	}
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
