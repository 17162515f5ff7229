package rollup

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A block is the packed form of one slot:
//
//	version  1 byte
//	section  one per class that has rows, ascending:
//	           class    1 byte
//	           columns  1 byte, the number that follow the ids
//	           rows     uvarint
//	           ids      uvarint length, then uvarints: the first id, then the
//	                    differences, at least 1
//	           column   uvarint length, then one uvarint per row
//	crc32c   4 bytes, little endian, of all before it
//
// Everything is bytes and varints, so it reads the same on every architecture.
// Lengths let a reader step over a class or a column: it touches only what it
// asks for, and skips columns it does not know yet.
const (
	blockVersion = 1
	crcLen       = 4
	emptyLen     = 1 + crcLen
)

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
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

func appendSection(dst []byte, rows []Row) []byte {
	dst = append(dst, byte(rows[0].Class), numColumns)
	dst = binary.AppendUvarint(dst, uint64(len(rows)))

	length := 0
	prev := uint32(0)
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

	for c := range numColumns {
		length = 0
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

func uvarintLen(v uint64) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}

// AppendMerged appends to dst the block that sums two blocks, series by series.
// On an error dst is returned as it was.
func AppendMerged(dst, a, b []byte) ([]byte, error) {
	ia, ib := NewIter(a), NewIter(b)
	rows := make([]Row, 0, 64)
	moreA, moreB := ia.Next(), ib.Next()
	for moreA || moreB {
		order := 0
		switch {
		case !moreB:
			order = -1
		case !moreA:
			order = 1
		default:
			order = ia.row.Key.Compare(ib.row.Key)
		}
		row := ia.row
		if order > 0 {
			row = ib.row
		} else if order == 0 {
			row.Add(ib.row.Values)
		}
		rows = append(rows, row)
		if order <= 0 {
			moreA = ia.Next()
		}
		if order >= 0 {
			moreB = ib.Next()
		}
	}
	if err := errors.Join(ia.err, ib.err); err != nil {
		return dst, fmt.Errorf("merge: %w", err)
	}
	return AppendBlock(dst, rows), nil
}
