package geo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"time"
)

// Kind is what a database tells.
type Kind uint8

// The kinds of databases. An MMDB may tell country and AS; its Kind is the first
// of these that it has.
const (
	Country Kind = 1 // the country of an address
	ASN     Kind = 2 // the autonomous system of an address, and its name
	Vendor  Kind = 3 // the vendor of a hardware address
)

// String returns "country", "asn" or "vendor".
func (k Kind) String() string {
	switch k {
	case Country:
		return "country"
	case ASN:
		return "asn"
	case Vendor:
		return "vendor"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// ParseKind is the inverse of String.
func ParseKind(s string) (Kind, bool) {
	for k := Country; k <= Vendor; k++ {
		if k.String() == s {
			return k, true
		}
	}
	return 0, false
}

// has reports whether tables of this kind cover s.
func (k Kind) has(s space) bool { return (s == mac) == (k == Vendor) }

// valueSize is how long the record of a value is.
func (k Kind) valueSize() int {
	switch k {
	case Country:
		return 2 // two letters
	case ASN:
		return 4 // the number, little-endian
	}
	return 0 // a vendor is its name
}

// The compact form, version 1. A file is pages of 4,096 bytes, the last four of
// which are the page's CRC-32C; the others, joined, are the content. Numbers are
// little-endian, addresses big-endian.
//
//	head     headSize bytes, see head
//	codes    of each space of the kind: three prefix codes, as lengths of words
//	fences   of each space: the first number of each of its entry pages
//	entries  of each space: pages, see entryPage
//	values   a record for each value, see Kind.valueSize
//	names    offsets of blocks of namesPerBlock names, and the blocks
//
// A space is cut into ranges that cover it: where one ends the next begins. A
// range has the number of its value; value 0 is none, and the value of what no
// source told. Numbers are given so that frequent values have short ones.
const (
	magic    = "weirgeo\x01"
	headSize = 64

	lengthSymbols = 129 // bits of a distance, 1 … 128
	oddSymbols    = 129 // bits of it without the zeros at its end
	codeBytes     = lengthSymbols + oddSymbols + valueSymbols

	// A value is one of the last few other ones, or the length of its number
	// with the bits behind the first.
	recentValues  = 12
	lengthValues  = 25
	valueSymbols  = lengthValues + recentValues
	maxValues     = 1 << (lengthValues - 1)
	maxPages      = 1 << 14 // 64 MB
	groupSize     = 128     // ranges that are decoded in a row
	namesPerBlock = 256
	maxName       = 255
	maxNameBlock  = namesPerBlock * (maxName + 1)
)

// errNotOurs is returned by parseHead for files of another format.
var errNotOurs = errors.New("not a file of weir geo build")

// head is the beginning of a file.
type head struct {
	kind    Kind
	built   uint64 // Unix seconds, 0 when unknown
	pages   uint32 // of the file
	values  uint32 // value 0 included
	ranges  uint32
	first   [numSpaces]uint32 // page of entries
	count   [numSpaces]uint32 // how many
	valueAt uint32            // offset in the content
	nameAt  uint32            // offset in the content; 0: no names
}

func (h *head) append(dst []byte) []byte {
	le := binary.LittleEndian
	dst = append(dst, magic...)
	dst = append(dst, byte(h.kind), 0, 0, 0)
	dst = le.AppendUint64(dst, h.built)
	dst = le.AppendUint32(dst, h.pages)
	dst = le.AppendUint32(dst, h.values)
	dst = le.AppendUint32(dst, h.ranges)
	for s := range numSpaces {
		dst = le.AppendUint32(dst, h.first[s])
		dst = le.AppendUint32(dst, h.count[s])
	}
	dst = le.AppendUint32(dst, h.valueAt)
	return le.AppendUint32(dst, h.nameAt)
}

// parseHead reads the head of a file of size bytes and checks that what it says
// fits into the file.
func parseHead(b []byte, size int64) (*head, error) {
	if len(b) < headSize || string(b[:len(magic)]) != magic {
		return nil, errNotOurs
	}
	le := binary.LittleEndian
	h := &head{
		kind: Kind(b[8]), built: le.Uint64(b[12:]), pages: le.Uint32(b[20:]), values: le.Uint32(b[24:]), ranges: le.Uint32(b[28:]),
		valueAt: le.Uint32(b[56:]), nameAt: le.Uint32(b[60:]),
	}
	content := h.pages * payloadSize
	switch {
	case h.kind < Country || h.kind > Vendor:
		return nil, fmt.Errorf("holds a %s, which this version does not know", h.kind)
	case h.pages > maxPages || int64(h.pages)*pageSize != size:
		return nil, fmt.Errorf("has %d bytes instead of %d; fetch it again", size, int64(h.pages)*pageSize)
	case h.values == 0 || h.values > maxValues || h.built > maxBuilt:
		return nil, errors.New("says impossible things in its head; fetch it again")
	case uint64(h.valueAt)+uint64(h.values)*uint64(h.kind.valueSize()) > uint64(content) || h.nameAt > content:
		return nil, errors.New("has values beyond its end; fetch it again")
	}
	for s := range numSpaces {
		h.first[s], h.count[s] = le.Uint32(b[32+8*s:]), le.Uint32(b[36+8*s:])
		if uint64(h.first[s])+uint64(h.count[s]) > uint64(h.pages) || (h.count[s] > 0) != h.kind.has(s) {
			return nil, errors.New("has entries beyond its end; fetch it again")
		}
	}
	return h, nil
}

// maxBuilt is the year 9999: what a date can be written as.
const maxBuilt = 253402300799

// time returns when the data is from, zero when unknown.
func (h *head) time() time.Time {
	if h.built == 0 {
		return time.Time{}
	}
	return time.Unix(int64(h.built), 0).UTC()
}

// lengthOf returns the symbol of a value's number.
func lengthOf(value uint32) int { return bits.Len32(value) }

// recent are the values met last within a group, the last one first. Neighbours
// differ, so that the first one is never the next.
type recent struct {
	values [recentValues]uint32
	n      int
}

// index returns where value is, or -1.
func (r *recent) index(value uint32) int {
	for i := range r.n {
		if r.values[i] == value {
			return i
		}
	}
	return -1
}

// met puts value, which was at index i or, with -1, not there, in front.
func (r *recent) met(value uint32, i int) {
	if i < 0 {
		i = min(r.n, recentValues-1)
		r.n = i + 1
	}
	copy(r.values[1:i+1], r.values[:i])
	r.values[0] = value
}
