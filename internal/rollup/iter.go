package rollup

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Iter walks the rows of a block in the order of their keys, without
// allocating. It reads from the block's bytes, which must not change meanwhile.
//
//	it := rollup.NewIter(block)
//	for it.Next() {
//		… it.Row() …
//	}
//	err := it.Err()
type Iter struct {
	rest    []byte // sections not entered yet
	version byte
	section section
	class   Class
	only    bool // rows of class alone
	next    int  // lowest class that the next section may have
	idsOnly bool // no values
	row     Row
	started bool // the section gave a row already
	err     error
}

// section is the open section: what is left of its ids, subs and columns. What it
// does not have is nil.
type section struct {
	rows    uint64
	ids     []byte
	subs    []byte
	columns [numColumns][]byte
}

// NewIter returns an iterator over all rows. A damaged block yields no rows
// and an error.
func NewIter(block []byte) Iter {
	body, err := checkBlock(block)
	if err != nil {
		return Iter{err: err}
	}
	return Iter{version: body[0], rest: body[1:]}
}

// NewClassIter returns an iterator over the rows of one class.
func NewClassIter(block []byte, class Class) Iter {
	it := NewIter(block)
	it.class, it.only = class, true
	return it
}

// NewIDIter is NewClassIter for a caller that needs no values: Row has the keys
// alone, at a fraction of the cost.
func NewIDIter(block []byte, class Class) Iter {
	it := NewClassIter(block, class)
	it.idsOnly = true
	return it
}

// checkBlock verifies checksum and version and returns what the sum is over.
func checkBlock(block []byte) ([]byte, error) {
	if len(block) < emptyLen {
		return nil, fmt.Errorf("%w: %d bytes", ErrCorrupt, len(block))
	}
	body := block[:len(block)-crcLen]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(block[len(body):]) {
		return nil, fmt.Errorf("%w: checksum", ErrCorrupt)
	}
	switch v := body[0]; {
	case v > blockVersion:
		return nil, fmt.Errorf("%w: %d", ErrVersion, v)
	case v == 0:
		return nil, fmt.Errorf("%w: version 0", ErrCorrupt)
	}
	return body, nil
}

// Next moves to the next row and reports whether there is one.
func (it *Iter) Next() bool {
	for it.err == nil && it.section.rows == 0 {
		if len(it.rest) == 0 {
			return false
		}
		it.open()
	}
	if it.err != nil {
		return false
	}
	it.section.rows--
	if !it.nextKey() {
		return it.fail("ids")
	}
	if it.idsOnly {
		return true
	}
	for c := range it.section.columns {
		if it.section.columns[c] == nil {
			continue
		}
		v, ok := take(&it.section.columns[c])
		if !ok {
			return it.fail("column")
		}
		*it.row.column(c) = v
	}
	return true
}

// nextKey moves to the next row's key, which must be above the one before.
func (it *Iter) nextKey() bool {
	delta, ok := take(&it.section.ids)
	id := uint64(it.row.ID) + delta
	sub := uint64(0)
	if ok && it.section.subs != nil {
		if sub, ok = take(&it.section.subs); it.started && delta == 0 {
			ok = ok && sub > 0
			delta = sub
			sub += uint64(it.row.Sub)
		}
	}
	if !ok || id > 1<<32-1 || sub > 1<<32-1 || it.started && delta == 0 {
		return false
	}
	it.row.ID, it.row.Sub = uint32(id), uint32(sub)
	it.started = true
	return true
}

// open enters the next section, or steps over it if its class is not asked for.
func (it *Iter) open() {
	class, s, ok := it.cut()
	if !ok {
		it.fail("section")
		return
	}
	if it.only && class != it.class {
		return
	}
	it.section, it.started = s, false
	it.row = Row{Key: Key{Class: class}}
}

// cut takes the next section off the rest.
func (it *Iter) cut() (class Class, s section, ok bool) {
	if len(it.rest) < 2 {
		return 0, s, false
	}
	class = Class(it.rest[0])
	it.rest = it.rest[1:]
	shape, ok := take(&it.rest)
	if it.version == 1 {
		shape = 2<<min(shape, 62) - 2 // that many columns
		ok = ok && shape >= 2<<5-2
	}
	if ok {
		s.rows, ok = take(&it.rest)
	}
	if ok {
		s.ids, ok = takeBytes(&it.rest)
	}
	if ok && shape&hasSubs != 0 {
		s.subs, ok = takeBytes(&it.rest)
	}
	for c := 0; ok && shape>>1>>c != 0; c++ {
		if shape>>1>>c&1 == 0 {
			continue
		}
		var col []byte
		if col, ok = takeBytes(&it.rest); c < numColumns {
			s.columns[c] = col
		}
	}
	// Each row takes at least one byte of ids, so the count cannot lie much.
	if !ok || int(class) < it.next || s.rows == 0 || s.rows > uint64(len(s.ids)) {
		return class, s, false
	}
	it.next = int(class) + 1
	return class, s, true
}

func (it *Iter) fail(part string) bool {
	it.err = fmt.Errorf("%w: %s", ErrCorrupt, part)
	it.section, it.rest = section{}, nil
	return false
}

// Row returns the row that Next moved to.
func (it *Iter) Row() Row { return it.row }

// Err returns what ended the iteration, nil at the end of the block.
func (it *Iter) Err() error { return it.err }

// take reads one uvarint from the front of *b.
func take(b *[]byte) (uint64, bool) {
	if p := *b; len(p) > 0 && p[0] < 0x80 { // most are small
		*b = p[1:]
		return uint64(p[0]), true
	}
	v, n := binary.Uvarint(*b)
	if n <= 0 {
		return 0, false
	}
	*b = (*b)[n:]
	return v, true
}

// takeBytes reads a length and that many bytes from the front of *b.
func takeBytes(b *[]byte) ([]byte, bool) {
	n, ok := take(b)
	if !ok || n > uint64(len(*b)) {
		return nil, false
	}
	part := (*b)[:n:n]
	*b = (*b)[n:]
	return part, true
}
