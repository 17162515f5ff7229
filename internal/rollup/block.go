package rollup

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/bits"
)

// A block is the packed form of one slot:
//
//	version  1 byte, 2
//	section  one per class that has rows, ascending:
//	           class    1 byte
//	           shape    uvarint: bit 0 says that there are subs, bit 1+c that
//	                    column c follows; a column that does not is zero
//	           rows     uvarint
//	           ids      uvarint length, then uvarints: the first id, then the
//	                    differences, at least 1 where there are no subs
//	           subs     uvarint length, then uvarints: where the id is the one
//	                    before, the difference, at least 1, else the sub
//	           column   uvarint length, then one uvarint per row
//	crc32c   4 bytes, little endian, of all before it
//
// Version 1 had 1 byte, the number of columns that follow, in place of the shape,
// five columns at least, and no subs.
//
// Everything is bytes and varints, so it reads the same on every architecture.
// Lengths let a reader step over a class or a column: it touches only what it
// asks for, and skips columns it does not know yet.
const (
	blockVersion = 2
	crcLen       = 4
	emptyLen     = 1 + crcLen
	hasSubs      = 1 // of a shape
)

// MaxRows bounds the rows of a block that is taken apart as a whole, against one
// made to fill the memory. No slot has as many.
const MaxRows = 1 << 15

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrCorrupt is returned, wrapped, for a block that is damaged.
var ErrCorrupt = errors.New("rollup: corrupt block")

// ErrVersion is returned, wrapped, for an intact block of a newer version.
var ErrVersion = errors.New("rollup: block of a newer version")

// AppendBlock packs rows, which must be sorted by Key and free of duplicates,
// and appends the block to dst.
func AppendBlock(dst []byte, rows []Row) []byte {
	start := len(dst)
	dst = append(dst, blockVersion)
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].Class == rows[0].Class {
			n++
		}
		dst = appendSection(dst, rows[:n])
		rows = rows[n:]
	}
	return appendSum(dst, start)
}

// appendSum appends the checksum of the block that begins at start.
func appendSum(dst []byte, start int) []byte {
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

func appendSection(dst []byte, rows []Row) []byte {
	var subs uint32
	var used Values
	for i := range rows {
		subs |= rows[i].Sub
		for c := range numColumns {
			*used.column(c) |= *rows[i].column(c)
		}
	}
	shape := uint64(0)
	if subs != 0 {
		shape = hasSubs
	}
	for c := range numColumns {
		if *used.column(c) != 0 {
			shape |= 2 << c
		}
	}
	dst = append(dst, byte(rows[0].Class))
	dst = binary.AppendUvarint(dst, shape)
	dst = binary.AppendUvarint(dst, uint64(len(rows)))
	dst = appendIDs(dst, rows)
	if subs != 0 {
		dst = appendSubs(dst, rows)
	}
	for c := range numColumns {
		if shape&(2<<c) == 0 {
			continue
		}
		length := 0
		for i := range rows {
			length += uvarintLen(*rows[i].column(c))
		}
		dst = binary.AppendUvarint(dst, uint64(length))
		for i := range rows {
			dst = binary.AppendUvarint(dst, *rows[i].column(c))
		}
	}
	return dst
}

func appendIDs(dst []byte, rows []Row) []byte {
	length, prev := 0, uint32(0)
	for i := range rows {
		length += uvarintLen(uint64(rows[i].ID - prev))
		prev = rows[i].ID
	}
	dst = binary.AppendUvarint(dst, uint64(length))
	prev = 0
	for i := range rows {
		dst = binary.AppendUvarint(dst, uint64(rows[i].ID-prev))
		prev = rows[i].ID
	}
	return dst
}

func appendSubs(dst []byte, rows []Row) []byte {
	length := 0
	for i := range rows {
		length += uvarintLen(uint64(rows[i].Sub - subBase(rows, i)))
	}
	dst = binary.AppendUvarint(dst, uint64(length))
	for i := range rows {
		dst = binary.AppendUvarint(dst, uint64(rows[i].Sub-subBase(rows, i)))
	}
	return dst
}

// subBase is what the packed sub of row i is a difference to.
func subBase(rows []Row, i int) uint32 {
	if i > 0 && rows[i-1].ID == rows[i].ID {
		return rows[i-1].Sub
	}
	return 0
}

func uvarintLen(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }
