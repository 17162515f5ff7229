package geo

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"time"
)

// Builder collects ranges and writes them in the compact form. It holds 40 bytes
// for a range, and a table of the whole internet takes 100 MB to build: that is for
// a computer rather than for a router. Not safe for concurrent use.
type Builder struct {
	kind   Kind
	ranges [numSpaces][]span
	values []builtValue // value 0 is none
	number map[builtValue]uint32
	asn    map[uint32]uint32 // number of an AS
	built  time.Time
}

// span is a range as a source told it.
type span struct {
	from, to key
	value    uint32 // number in Builder.values
}

// builtValue is what a range stands for; by kind only some of it is used.
type builtValue struct {
	country [2]byte
	asn     uint32
	name    string // of an ASN not part of what makes it the same
}

// NewBuilder returns a Builder of a table of one kind.
func NewBuilder(kind Kind) *Builder {
	return &Builder{kind: kind, values: make([]builtValue, 1), number: map[builtValue]uint32{{}: 0}, asn: map[uint32]uint32{0: 0}}
}

// SetTime says when the data is from. Without it a file says nothing about its
// age; the clock is never asked, so that the same data gives the same bytes.
func (b *Builder) SetTime(t time.Time) { b.built = t }

// add takes a range, both ends included. The smaller of two ranges holds where
// one is within the other; of two equal ones, the one that came last.
func (b *Builder) add(s space, from, to key, v builtValue) error {
	if to.less(from) {
		return fmt.Errorf("ends before it begins")
	}
	n, err := b.numberOf(v)
	if err != nil {
		return err
	}
	b.ranges[s] = append(b.ranges[s], span{from, to, n})
	return nil
}

// numberOf returns the number of a value, a new one where it is new.
func (b *Builder) numberOf(v builtValue) (uint32, error) {
	n, known := b.number[v]
	if b.kind == ASN {
		if n, known = b.asn[v.asn]; known && n > 0 && b.values[n].name == "" {
			b.values[n].name = v.name
		}
	}
	if known {
		return n, nil
	}
	if len(b.values) >= maxValues {
		return 0, fmt.Errorf("is one of more than %d countries, networks or vendors", maxValues)
	}
	n = uint32(len(b.values))
	b.values = append(b.values, v)
	if b.kind == ASN {
		b.asn[v.asn] = n
	} else {
		b.number[v] = n
	}
	return n, nil
}

// flatten returns the ranges of a space as boundaries: each number has the value of
// the smallest range that holds it.
func flatten(s space, spans []span) ([]boundary, error) {
	slices.SortStableFunc(spans, func(a, b span) int {
		return cmp.Or(compareKeys(a.from, b.from), compareKeys(b.to, a.to))
	})
	out := make([]boundary, 0, len(spans)+1)
	begin := func(from key, value uint32) {
		if n := len(out); n > 0 && out[n-1].from == from {
			out = out[:n-1] // what was to begin here is covered at once
		}
		if n := len(out); n == 0 || out[n-1].value != value {
			out = append(out, boundary{from, value})
		}
	}
	begin(key{}, 0)
	var open []span // those that hold where we are, the smallest last
	end := func() {
		last := open[len(open)-1]
		open = open[:len(open)-1]
		if last.to == s.last() {
			return
		}
		under := uint32(0)
		if len(open) > 0 {
			under = open[len(open)-1].value
		}
		begin(last.to.plus(key{0, 1}), under)
	}
	for _, r := range spans {
		for len(open) > 0 && open[len(open)-1].to.less(r.from) {
			end()
		}
		if n := len(open); n > 0 && open[n-1].to.less(r.to) {
			return nil, fmt.Errorf("%s and %s overlap without one being part of the other", s.rangeText(open[n-1]), s.rangeText(r))
		}
		begin(r.from, r.value)
		open = append(open, r)
	}
	for len(open) > 0 {
		end()
	}
	return out, nil
}

func compareKeys(a, b key) int { return cmp.Or(cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo)) }

// WriteTo writes the table. The same ranges in the same order give the same bytes.
func (b *Builder) WriteTo(w io.Writer) (int64, error) {
	var spaces [numSpaces][]boundary
	ranges := 0
	for s := range numSpaces {
		if !b.kind.has(s) {
			continue
		}
		var err error
		if spaces[s], err = flatten(s, b.ranges[s]); err != nil {
			return 0, err
		}
		ranges += len(spaces[s])
	}
	values := b.order(spaces)
	f := &fileWriter{w: w, head: head{kind: b.kind, values: uint32(len(values)), ranges: uint32(ranges)}}
	if !b.built.IsZero() {
		f.head.built = uint64(b.built.Unix())
	}
	return f.write(spaces, values)
}

// order gives values the numbers that the format wants, in spaces, and returns
// them in that order: frequent ones have short numbers, and numbers of one length
// are in the order of what they stand for.
func (b *Builder) order(spaces [numSpaces][]boundary) []builtValue {
	used := make([]int, len(b.values))
	for _, ranges := range spaces {
		for _, r := range ranges {
			used[r.value]++
		}
	}
	var order []uint32
	for n := 1; n < len(b.values); n++ {
		if used[n] > 0 {
			order = append(order, uint32(n))
		}
	}
	byValue := func(x, y uint32) int { return b.values[x].compare(b.values[y]) }
	slices.SortFunc(order, func(x, y uint32) int { return cmp.Or(used[y]-used[x], byValue(x, y)) })
	for from := 0; from < len(order); from = 2*from + 1 { // numbers from+1 … 2*from+1
		slices.SortFunc(order[from:min(2*from+1, len(order))], byValue)
	}
	values, number := make([]builtValue, 1, len(order)+1), make([]uint32, len(b.values))
	for i, n := range order {
		values, number[n] = append(values, b.values[n]), uint32(i+1)
	}
	for _, ranges := range spaces {
		for i := range ranges {
			ranges[i].value = number[ranges[i].value]
		}
	}
	return values
}

func (v builtValue) compare(o builtValue) int {
	return cmp.Or(cmp.Compare(v.asn, o.asn), cmp.Compare(string(v.country[:]), string(o.country[:])), cmp.Compare(v.name, o.name))
}

// fileWriter lays a file out.
type fileWriter struct {
	w    io.Writer
	head head
}

func (f *fileWriter) write(spaces [numSpaces][]boundary, values []builtValue) (int64, error) {
	var codes, fences, entries []byte
	var written [numSpaces]*encodedSpace
	for s := range numSpaces {
		if !f.head.kind.has(s) {
			continue
		}
		e, err := encodeSpace(s, spaces[s])
		if err != nil {
			return 0, err
		}
		codes, fences, written[s] = append(codes, e.codes...), append(fences, e.fences...), e
	}
	front := headSize + len(codes) + len(fences)
	next := (front + payloadSize - 1) / payloadSize
	for s, e := range written {
		if e != nil {
			f.head.first[s], f.head.count[s] = uint32(next), uint32(len(e.pages))
			next += len(e.pages)
			entries = slices.Concat(append([][]byte{entries}, e.pages...)...)
		}
	}
	tail, err := f.tail(values, next*payloadSize)
	if err != nil {
		return 0, err
	}
	f.head.pages = uint32(next + (len(tail)+payloadSize-1)/payloadSize)
	if f.head.pages > maxPages {
		return 0, fmt.Errorf("the table is larger than %d MB", maxPages*pageSize>>20)
	}
	content := append(f.head.append(nil), codes...)
	content = append(content, fences...)
	content = append(content, make([]byte, int(f.head.first[f.firstSpace()])*payloadSize-front)...)
	return f.pages(slices.Concat(content, entries, tail))
}

func (f *fileWriter) firstSpace() space {
	if f.head.kind == Vendor {
		return mac
	}
	return ipv4
}

// tail returns values and names, which begin at offset at of the content.
func (f *fileWriter) tail(values []builtValue, at int) ([]byte, error) {
	var out []byte
	f.head.valueAt = uint32(at)
	for _, v := range values {
		switch f.head.kind {
		case Country:
			out = append(out, v.country[:]...)
		case ASN:
			out = binary.LittleEndian.AppendUint32(out, v.asn)
		}
	}
	names, named := make([]string, len(values)), false
	for i, v := range values {
		names[i], named = v.name, named || v.name != ""
	}
	if !named {
		return out, nil
	}
	blocks, starts, err := encodeNames(names)
	if err != nil {
		return nil, err
	}
	f.head.nameAt = uint32(at + len(out))
	base := int(f.head.nameAt) + 4*len(starts)
	for _, s := range starts {
		out = binary.LittleEndian.AppendUint32(out, uint32(base)+s)
	}
	return append(out, blocks...), nil
}

// pages writes the content with the checksums between.
func (f *fileWriter) pages(content []byte) (int64, error) {
	out := make([]byte, 0, int(f.head.pages)*pageSize)
	for range f.head.pages {
		n := min(len(content), payloadSize)
		page := append(make([]byte, 0, pageSize), content[:n]...)[:payloadSize]
		content = content[n:]
		page = binary.LittleEndian.AppendUint32(page, crc32.Checksum(page, castagnoli))
		out = append(out, page...)
	}
	n, err := f.w.Write(out)
	return int64(n), err
}
