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
	section section
	class   Class
	only    bool // rows of class alone
	next    int  // lowest class that the next section may have
	idsOnly bool // no values
	row     Row
	started bool // the section gave a row already
	err     error
}

// section is the open section: what is left of its ids and columns.
type section struct {
	rows    uint64
	ids     []byte
	columns [numColumns][]byte
}

// NewIter returns an iterator over all rows. A damaged block yields no rows
// and an error.
func NewIter(block []byte) Iter {
	body, err := checkBlock(block)
	return Iter{rest: body, err: err}
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

// checkBlock verifies checksum and version and returns the sections.
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
	case v < blockVersion:
		return nil, fmt.Errorf("%w: version %d", ErrCorrupt, v)
	}
	return body[1:], nil
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
	delta, ok := take(&it.section.ids)
	id := uint64(it.row.ID) + delta
	if !ok || id > 1<<32-1 || (it.started && delta == 0) {
		return it.fail("ids")
	}
	it.row.ID = uint32(id)
	it.started = true
	if it.idsOnly {
		return true
	}
	for c := range it.section.columns {
		v, ok := take(&it.section.columns[c])
		if !ok {
			return it.fail("column")
		}
		*it.row.column(c) = v
	}
	return true
}

// open enters the next section, or steps over it if its class is not asked for.
func (it *Iter) open() {
	if len(it.rest) < 2 {
		it.fail("section")
		return
	}
	class, columns := Class(it.rest[0]), int(it.rest[1])
	it.rest = it.rest[2:]
	rows, ok := take(&it.rest)
	var s section
	if ok {
		s.ids, ok = takeBytes(&it.rest)
	}
	for c := 0; ok && c < columns; c++ {
		var col []byte
		if col, ok = takeBytes(&it.rest); c < numColumns {
			s.columns[c] = col
		}
	}
	// Each row takes at least one byte of ids, so the count cannot lie much.
	if !ok || int(class) < it.next || columns < numColumns || rows == 0 || rows > uint64(len(s.ids)) {
		it.fail("section")
		return
	}
	it.next = int(class) + 1
	if it.only && class != it.class {
		return
	}
	s.rows = rows
	it.section, it.started = s, false
	it.row = Row{Key: Key{Class: class}}
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
	part := (*b)[:n]
	*b = (*b)[n:]
	return part, true
}

// Find returns the values of one series of a block, and whether it is there.
// It walks the ids and steps over what stands before the row.
func Find(block []byte, key Key) (Values, bool, error) {
	it := NewClassIter(block, key.Class)
	for it.err == nil && it.section.rows == 0 {
		if len(it.rest) == 0 {
			return Values{}, false, nil
		}
		it.open()
	}
	if it.err != nil {
		return Values{}, false, it.err
	}
	index, found := indexOf(it.section.ids, key.ID)
	if !found {
		return Values{}, false, nil
	}
	var v Values
	for c, col := range it.section.columns {
		col = skip(col, index)
		n, ok := take(&col)
		if !ok {
			it.fail("column")
			return Values{}, false, it.err
		}
		*v.column(c) = n
	}
	return v, true, nil
}

// indexOf finds the row of an id among packed ids.
func indexOf(ids []byte, id uint32) (int, bool) {
	at := uint64(0)
	for i := 0; ; i++ {
		delta, ok := take(&ids)
		if at += delta; !ok || at > uint64(id) {
			return 0, false
		}
		if at == uint64(id) {
			return i, true
		}
	}
}

// skip steps over n uvarints.
func skip(b []byte, n int) []byte {
	for i, c := range b {
		if n == 0 {
			return b[i:]
		}
		if c < 0x80 {
			n--
		}
	}
	return nil
}
