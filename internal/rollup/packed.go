package rollup

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"

	"weir/internal/arith"
)

// A packed block is a block for where bytes count more than time, a third smaller:
//
//	version  1 byte, 3
//	length   uvarint, of the next one
//	coded    what arithmetic coding makes shorter: classes, rows, ids, subs, which
//	         columns there are, and of each number how many bits it has
//	plain    the bits of the numbers below their leading ones, which nothing makes
//	         shorter, the highest first
//	crc32c   4 bytes, little endian, of all before it
//
// The numbers of one row go together: how many bits one has tells much about the
// next one's, see beside.
const packedVersion = 3

// packedColumns is how many columns a packed block has room for. Those that this
// program does not know are stepped over, and are zero in what it writes.
const packedColumns = 12

// beside is the column whose number, earlier in the same row, tells how large that
// of a column is; -1 for none.
var beside = [packedColumns]int{-1, 0, 0, 1, 3, 2, -1, 6, 3, -1, -1, -1}

// Bounds of the rows of a packed block, beside MaxRows: behind their end coded bits are
// zeros, which cost nothing, so that a few bytes could say that there are any number of
// rows. Those that were counted take more than a bit each.
const (
	fewRows     = 1024
	rowsPerByte = 16
)

// classBits is how many bits a class has in a packed block.
const classBits = 5

// lengths tells how likely a number has so many bits more than expected.
type lengths [1 << 7]arith.Prob

// packing is the state of packing or unpacking one block: both go the same way.
type packing struct {
	coded   arith.Coder
	plain   bitString
	more    arith.Prob // is there another section
	subbed  arith.Prob // has the section subs
	classes [1 << classBits]arith.Prob
	used    [packedColumns]arith.Prob
	rows    lengths
	ids     lengths
	subs    lengths
	columns [packedColumns]lengths
	room    uint64 // reading: rows that may come
}

func newPacking() *packing {
	p := &packing{more: arith.Even, subbed: arith.Even}
	arith.Forget(p.classes[:])
	arith.Forget(p.used[:])
	for _, l := range []*lengths{&p.rows, &p.ids, &p.subs} {
		arith.Forget(l[:])
	}
	for c := range p.columns {
		arith.Forget(p.columns[c][:])
	}
	return p
}

// AppendPacked appends the packed form of a block to dst. On an error, for a block
// that is damaged, dst is returned as it was.
func AppendPacked(dst, block []byte) ([]byte, error) {
	p := newPacking()
	p.coded.Write()
	var rows []Row // of a class
	section := func() {
		if len(rows) > 0 {
			p.coded.Bit(&p.more, 1)
			p.section(rows[0].Class, rows)
			rows = rows[:0]
		}
	}
	it := NewIter(block)
	for it.Next() {
		if len(rows) > 0 && rows[0].Class != it.row.Class {
			section()
		}
		rows = append(rows, it.row)
		if it.row.Class >= 1<<classBits || len(rows) > MaxRows {
			it.fail("class")
		}
	}
	if it.Err() != nil {
		return dst, fmt.Errorf("pack: %w", it.Err())
	}
	section()
	p.coded.Bit(&p.more, 0)
	coded := p.coded.AppendTo(nil)
	start := len(dst)
	dst = append(dst, packedVersion)
	dst = binary.AppendUvarint(dst, uint64(len(coded)))
	dst = append(append(dst, coded...), p.plain.buf...)
	return appendSum(dst, start), nil
}

// AppendUnpacked appends to dst the block that a packed one was made of. A block
// that is not packed is appended as it is. On an error dst is returned as it was.
func AppendUnpacked(dst, packed []byte) ([]byte, error) {
	if len(packed) == 0 || packed[0] != packedVersion {
		return append(dst, packed...), nil
	}
	p, err := openPacked(packed)
	if err != nil {
		return dst, err
	}
	var rows []Row
	class := -1
	for p.coded.Bit(&p.more, 0) != 0 {
		from := len(rows)
		rows, err = p.readSection(rows)
		if err == nil && int(rows[from].Class) <= class {
			err = fmt.Errorf("%w: classes of a packed block", ErrCorrupt)
		}
		if err != nil {
			return dst, err
		}
		class = int(rows[from].Class)
	}
	if p.plain.over {
		return dst, fmt.Errorf("%w: a packed block is too short", ErrCorrupt)
	}
	return AppendBlock(dst, rows), nil
}

// openPacked checks a packed block and begins to read it.
func openPacked(packed []byte) (*packing, error) {
	end := len(packed) - crcLen
	if end < 1 || crc32.Checksum(packed[:end], castagnoli) != binary.LittleEndian.Uint32(packed[end:]) {
		return nil, fmt.Errorf("%w: a packed one", ErrCorrupt)
	}
	length, n := binary.Uvarint(packed[1:end])
	if n <= 0 || length > uint64(end-1-n) {
		return nil, fmt.Errorf("%w: length of a packed one", ErrCorrupt)
	}
	p := newPacking()
	body := packed[1+n : end]
	p.coded.Read(body[:length])
	p.plain = bitString{buf: body[length:], reading: true}
	p.room = uint64(min(MaxRows, fewRows+rowsPerByte*len(packed)))
	return p, nil
}

// readSection appends the rows of the next class.
func (p *packing) readSection(rows []Row) ([]Row, error) {
	class := Class(p.coded.Tree(p.classes[:], classBits, 0))
	n := p.number(&p.rows, 0, 0)
	if n == 0 || n > p.room {
		return rows, fmt.Errorf("%w: %d rows of a packed one", ErrCorrupt, n)
	}
	p.room -= n
	from := len(rows)
	rows = append(rows, make([]Row, n)...)
	p.section(class, rows[from:])
	prev := Key{Class: class}
	for i := range rows[from:] {
		k := rows[from+i].Key
		if i > 0 && k.Compare(prev) <= 0 {
			return rows, fmt.Errorf("%w: order of a packed one", ErrCorrupt)
		}
		prev = k
	}
	return rows, nil
}

// section codes the rows of one class; when it reads it fills them in, and their
// class and number are coded already.
func (p *packing) section(class Class, rows []Row) {
	reading := p.coded.Reading()
	var used [packedColumns]uint32
	subbed := uint32(0)
	if !reading {
		p.coded.Tree(p.classes[:], classBits, uint32(class))
		p.number(&p.rows, 0, uint64(len(rows)))
		for i := range rows {
			for c := range numColumns {
				used[c] |= uint32(min(*rows[i].column(c), 1))
			}
			subbed |= min(rows[i].Sub, 1)
		}
	}
	subbed = p.coded.Bit(&p.subbed, subbed)
	for c := range used {
		used[c] = p.coded.Bit(&p.used[c], used[c])
	}
	var prev Key
	for i := range rows {
		r := &rows[i]
		r.Class = class
		p.key(&r.Key, prev, subbed != 0)
		prev = r.Key
		p.values(&r.Values, &used)
	}
}

// values codes the numbers of a row in the columns that are used.
func (p *packing) values(v *Values, used *[packedColumns]uint32) {
	var n [packedColumns]uint64
	for c := range numColumns {
		n[c] = *v.column(c)
	}
	for c := range used {
		if used[c] == 0 {
			continue
		}
		expected := 0
		if b := beside[c]; b >= 0 {
			expected = bits.Len64(n[b])
		}
		n[c] = p.number(&p.columns[c], expected, n[c])
	}
	for c := range numColumns {
		*v.column(c) = n[c]
	}
}

// key codes a key, which follows prev.
func (p *packing) key(k *Key, prev Key, subbed bool) {
	k.ID = prev.ID + uint32(p.number(&p.ids, 0, uint64(k.ID-prev.ID)))
	if !subbed {
		return
	}
	if k.ID != prev.ID {
		prev.Sub = 0
	}
	k.Sub = prev.Sub + uint32(p.number(&p.subs, 0, uint64(k.Sub-prev.Sub)))
}

// number codes v, which is expected to have about so many bits.
func (p *packing) number(l *lengths, expected int, v uint64) uint64 {
	more := p.coded.Tree(l[:], 7, uint32(bits.Len64(v)-expected)&127)
	n := (expected + int(more)) & 127
	switch {
	case n > 64: // damaged
		return 0
	case n <= 1:
		return uint64(n)
	}
	return 1<<(n-1) | p.plain.code(n-1, v&(1<<(n-1)-1))
}

// bitString is a string of bits, written or read.
type bitString struct {
	buf     []byte
	n       int // bits so far
	reading bool
	over    bool // it was read beyond its end
}

// code codes the low n bits of v, the highest first.
func (b *bitString) code(n int, v uint64) uint64 {
	if b.reading {
		return b.read(n)
	}
	for n > 0 {
		if b.n&7 == 0 {
			b.buf = append(b.buf, 0)
		}
		room := 8 - b.n&7
		k := min(n, room)
		b.buf[len(b.buf)-1] |= byte(v>>(n-k)&(1<<k-1)) << (room - k)
		b.n += k
		n -= k
	}
	return v
}

func (b *bitString) read(n int) (v uint64) {
	if b.n+n > 8*len(b.buf) {
		b.over = true
		return 0
	}
	for n > 0 {
		room := 8 - b.n&7
		k := min(n, room)
		v = v<<k | uint64(b.buf[b.n>>3]>>(room-k))&(1<<k-1)
		b.n += k
		n -= k
	}
	return v
}
