package store

import (
	"encoding/binary"
	"fmt"
	"sort"

	bolt "go.etcd.io/bbolt"
)

// The kinds of rows. A number is stored: new kinds are added at the end.
const (
	RowAlert    uint8 = iota // what happened, keys ascend with time
	RowLedger                // what is used of quotas in their present cycles
	RowNote                  // what the user wrote about a device or address
	RowPresence              // when devices were there
	RowMerge                 // devices that are one
	RowState                 // what a part of the daemon must remember
	RowEvent                 // what happened to the router

	NumRowKinds = 16 // those that this version does not use yet are kept as well
)

// Bounds of rows.
const (
	maxRowKey     = 255
	maxRowValue   = 32 << 10
	maxRowsOfKind = 4096 // beyond, those with the lowest keys go
)

// Row is a small named value that outlives the process: what the rest of weir
// keeps without the store having to know what it means.
type Row struct {
	Kind  uint8
	Key   string // 1 to 255 bytes
	Value []byte // at most 32 KiB; nil deletes
}

// A stored row's key is its kind and its key; its value is a version byte, the
// value, and the CRC32-C of all that, little endian.
const (
	rowVersion  = 1
	rowOverhead = 1 + 4
)

// rowID names a row in the queue.
type rowID struct {
	kind uint8
	key  string
}

func (r Row) id() rowID { return rowID{r.Kind, r.Key} }

func (r Row) valid() bool {
	return r.Kind < NumRowKinds && r.Key != "" && len(r.Key) <= maxRowKey && len(r.Value) <= maxRowValue
}

func rowKey(kind uint8, key string) []byte { return append([]byte{kind}, key...) }

// rowKind returns the kind of a stored row, false for a key that is none.
func rowKind(k []byte) (uint8, bool) {
	if len(k) < 2 || k[0] >= NumRowKinds {
		return 0, false
	}
	return k[0], true
}

func encodeRow(key, value []byte) []byte {
	b := append(make([]byte, 0, len(value)+rowOverhead), rowVersion)
	b = append(b, value...)
	return binary.LittleEndian.AppendUint32(b, checksum(key, b))
}

// decodeRow returns a copy of a stored row's value.
func decodeRow(key, b []byte) ([]byte, error) {
	if len(b) < rowOverhead {
		return nil, fmt.Errorf("%w: row %q: %d bytes", ErrDamaged, key, len(b))
	}
	body := b[:len(b)-4]
	if checksum(key, body) != binary.LittleEndian.Uint32(b[len(body):]) {
		return nil, fmt.Errorf("%w: row %q: checksum", ErrDamaged, key)
	}
	if body[0] != rowVersion {
		return nil, fmt.Errorf("row %q: version %d", key, body[0])
	}
	return append(make([]byte, 0, len(body)-1), body[1:]...), nil
}

// PutRows queues rows for the next commit; a row replaces an earlier one of its
// kind and key. It takes the values over and never waits for the disk, nor does
// it bring a commit about: rows go along with slots. Rows that are out of bounds,
// and those that a full queue has no room for, are refused and counted.
func (s *Store) PutRows(rows []Row) { s.queue.putRows(rows) }

// Rows returns the rows of a kind, those that wait for a commit included, in the
// order of their keys. Rows that are damaged are counted and left out.
func (s *Store) Rows(kind uint8) ([]Row, error) {
	var rows []Row
	waiting := s.queue.waitingRows(kind)
	err := s.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketRows).Cursor()
		for k, v := c.Seek([]byte{kind}); len(k) > 0 && k[0] == kind; k, v = c.Next() {
			if _, newer := waiting[string(k[1:])]; newer {
				continue
			}
			value, err := decodeRow(k, v)
			if err != nil {
				s.badBlocks.Add(1)
				continue
			}
			rows = append(rows, Row{kind, string(k[1:]), value})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, row := range waiting {
		if row.Value != nil {
			rows = append(rows, row)
		}
	}
	sort.Slice(rows, func(i, j int) bool { return rows[i].Key < rows[j].Key })
	return rows, nil
}

// putRow stores or deletes a row. Beyond maxRowsOfKind the first of its kind goes.
func (e *edit) putRow(row Row) error {
	bucket, key := e.tx.Bucket(bucketRows), rowKey(row.Kind, row.Key)
	if have := bucket.Get(key) != nil; !have && row.Value != nil {
		e.rows[row.Kind]++
	} else if have && row.Value == nil {
		e.rows[row.Kind]--
	}
	var err error
	if row.Value == nil {
		err = bucket.Delete(key)
	} else {
		err = bucket.Put(key, encodeRow(key, row.Value))
	}
	if err == nil {
		err = e.markUnsaved(unsavedRow(key))
	}
	for err == nil && e.rows[row.Kind] > maxRowsOfKind {
		k, _ := bucket.Cursor().Seek([]byte{row.Kind})
		old := append([]byte(nil), k...)
		e.rows[row.Kind]--
		e.prunedRows++
		if err = bucket.Delete(old); err == nil {
			err = e.markUnsaved(unsavedRow(old))
		}
	}
	if err != nil {
		return fmt.Errorf("save row %q: %w", key, err)
	}
	return nil
}
