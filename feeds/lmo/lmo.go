// Package lmo writes translations as LuCI reads them on a router: texts, an index of
// them by the hash of what they translate, and at the end where that index begins,
// all big-endian.
package lmo

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
)

// entry is one line of the index.
type entry struct{ key, forms, offset, length uint32 }

// File returns an .lmo of words: from a message, with "CONTEXT\x01" before it and
// "\x02N" behind the Nth form of a plural, to its translation. A translation that is
// the message itself is left out. plural is the header Plural-Forms, "" without
// plurals.
func File(words map[string]string, plural string) []byte {
	var file []byte
	var index []entry
	add := func(key, forms uint32, text string) {
		index = append(index, entry{key, forms, uint32(len(file)), uint32(len(text))})
		file = append(file, text...)
		for len(file)%4 != 0 {
			file = append(file, 0)
		}
	}
	if plural != "" {
		add(0, 0, plural)
	}
	forms := map[string]uint32{}
	for key := range words {
		if id, _, ok := strings.Cut(key, "\x02"); ok {
			forms[id]++
		}
	}
	for _, key := range slices.Sorted(maps.Keys(words)) {
		text := words[key]
		if hash(key) == hash(text) {
			continue
		}
		id, _, _ := strings.Cut(key, "\x02")
		add(hash(key), max(forms[id], 1), text)
	}
	slices.SortFunc(index, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	begin := uint32(len(file))
	for _, e := range index {
		for _, n := range []uint32{e.key, e.forms, e.offset, e.length} {
			file = binary.BigEndian.AppendUint32(file, n)
		}
	}
	return binary.BigEndian.AppendUint32(file, begin)
}

// hash is Paul Hsieh's SuperFastHash, seeded with the length, of which LuCI takes
// bytes as signed where fewer than two are left.
func hash(text string) uint32 {
	h := uint32(len(text))
	if h == 0 {
		return 0
	}
	word := func(s string) uint32 { return uint32(s[0]) | uint32(s[1])<<8 }
	signed := func(b byte) uint32 { return uint32(int32(int8(b))) }
	for ; len(text) >= 4; text = text[4:] {
		h += word(text)
		h = h<<16 ^ word(text[2:])<<11 ^ h
		h += h >> 11
	}
	switch len(text) {
	case 3:
		h += word(text)
		h ^= h << 16
		h ^= signed(text[2]) << 18
		h += h >> 11
	case 2:
		h += word(text)
		h ^= h << 11
		h += h >> 17
	case 1:
		h += signed(text[0])
		h ^= h << 10
		h += h >> 1
	}
	h ^= h << 3
	h += h >> 5
	h ^= h << 4
	h += h >> 17
	h ^= h << 25
	return h + h>>6
}
