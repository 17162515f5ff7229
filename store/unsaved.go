package store

import (
	"bytes"
	"encoding/binary"

	bolt "go.etcd.io/bbolt"
)

// The bucket "unsaved" names what was written or deleted since the last
// snapshot. A key is a letter and what it names; the value is the number of the
// transaction that wrote it last, so that a snapshot clears only what it has
// seen. Whoever reads it looks the thing itself up: what is not there any more
// was deleted or moved, and the snapshot says so to its archive. What pruning
// deletes is not named, because an archive has its own bounds.
const (
	unsavedIsSlot   = 's' // be64 step, be64 start
	unsavedIsDevice = 'd' // the device's key
	unsavedIsRow    = 'r' // kind, the row's key
	unsavedIsFlow   = 'f' // the flow block's prefix
)

// unsavedItem is one entry of the bucket. Its slices are copies.
type unsavedItem struct {
	key  []byte // in the bucket
	mark []byte // of the transaction that wrote it

	what        byte  // unsavedIsSlot …
	step, start int64 // of a slot
	name        []byte
}

func unsavedSlot(step, start int64) []byte {
	key := binary.BigEndian.AppendUint64([]byte{unsavedIsSlot}, uint64(step))
	return binary.BigEndian.AppendUint64(key, uint64(start))
}

func unsavedDevice(key string) []byte { return append([]byte{unsavedIsDevice}, key...) }

func unsavedRow(key []byte) []byte { return append([]byte{unsavedIsRow}, key...) }

func unsavedFlow(prefix []byte) []byte { return append([]byte{unsavedIsFlow}, prefix...) }

// markUnsaved notes that what key names differs from what the archive has.
func (e *edit) markUnsaved(key []byte) error {
	b := e.tx.Bucket(bucketUnsaved)
	b.FillPercent = appendFill
	if b.Get(key) == nil {
		e.unsaved++
	}
	return b.Put(key, binary.BigEndian.AppendUint32(nil, uint32(e.tx.ID())))
}

// forgetUnsaved takes back what markUnsaved noted, of what is gone without an
// archive having to know.
func (e *edit) forgetUnsaved(key []byte) error {
	b := e.tx.Bucket(bucketUnsaved)
	if b.Get(key) == nil {
		return nil
	}
	e.unsaved--
	return b.Delete(key)
}

// unsaved returns up to limit entries whose keys come after the given one, in
// order; nil begins. Entries that are not well formed are left out.
func unsaved(tx *bolt.Tx, after []byte, limit int) []unsavedItem {
	var items []unsavedItem
	c := tx.Bucket(bucketUnsaved).Cursor()
	k, v := c.Seek(after)
	if after != nil && bytes.Equal(k, after) {
		k, v = c.Next()
	}
	for ; k != nil && len(items) < limit; k, v = c.Next() {
		if item, ok := parseUnsaved(k); ok {
			item.mark = bytes.Clone(v)
			items = append(items, item)
		}
	}
	return items
}

func parseUnsaved(k []byte) (unsavedItem, bool) {
	if len(k) < 2 {
		return unsavedItem{}, false
	}
	item := unsavedItem{key: bytes.Clone(k), what: k[0]}
	item.name = item.key[1:]
	switch item.what {
	case unsavedIsSlot:
		if len(item.name) != 16 {
			return item, false
		}
		item.step = int64(binary.BigEndian.Uint64(item.name))
		item.start = int64(binary.BigEndian.Uint64(item.name[8:]))
		return item, true
	case unsavedIsDevice:
		return item, true
	case unsavedIsRow:
		_, ok := rowKind(item.name)
		return item, ok
	case unsavedIsFlow:
		return item, len(item.name) == flowKeyLen-2
	}
	return item, false
}

// saved clears the entries that are as they were when a snapshot read them. What
// was written again meanwhile stays unsaved.
func (e *edit) saved(items []unsavedItem) error {
	b := e.tx.Bucket(bucketUnsaved)
	for _, item := range items {
		if !bytes.Equal(b.Get(item.key), item.mark) {
			continue
		}
		if err := e.forgetUnsaved(item.key); err != nil {
			return err
		}
	}
	return nil
}
