package store

import (
	"encoding/binary"
	"errors"

	bolt "go.etcd.io/bbolt"

	"weir/internal/rollup"
)

// A slot's block is stored in parts: the key is the slot's start and the number
// of the part, big endian, so that keys ascend with time. bbolt puts two values
// into a page at least, and one that is larger than half a page makes it a page
// of several, filled badly; small parts fill single pages well. The block's own
// checksum tells whether all parts are there.
const (
	partSize   = 640 // six parts fill a page
	slotKeyLen = 8 + 2
)

// errParts is returned for a block that is too large for its parts to be
// numbered.
var errParts = errors.New("block too large")

// slotKey is the key of a slot's first part.
func slotKey(start int64) []byte { return partKey(start, 0) }

func partKey(start int64, part int) []byte {
	key := binary.BigEndian.AppendUint64(make([]byte, 0, slotKeyLen), uint64(start))
	return binary.BigEndian.AppendUint16(key, uint16(part))
}

// slotStart is the inverse of slotKey, false for a key that is none.
func slotStart(k []byte) (int64, bool) {
	if len(k) != slotKeyLen {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(k)), true
}

// putSlot stores a slot. One that is there already, from before a restart
// within its time, is added to.
func (s *Store) putSlot(tx *bolt.Tx, slot rollup.Slot) error {
	bucket := tx.Bucket(bucketSlots(slot.Step))
	block := slot.Block
	if stored := getBlock(bucket, slot.Start); stored != nil {
		merged, err := rollup.AppendMerged(nil, stored, block)
		if err == nil {
			block = merged
		} else {
			s.badBlocks.Add(1) // the stored half is lost; the new half is not
		}
	}
	return putBlock(bucket, slot.Start, block)
}

// putBlock stores a block in place of the one with its start.
func putBlock(bucket *bolt.Bucket, start int64, block []byte) error {
	if len(block) > partSize<<16 {
		return errParts
	}
	if err := deleteSlot(bucket, start); err != nil {
		return err
	}
	bucket.FillPercent = appendFill
	for part := 0; ; part++ {
		n := min(len(block), partSize)
		if err := bucket.Put(partKey(start, part), block[:n]); err != nil {
			return err
		}
		if block = block[n:]; len(block) == 0 {
			return nil
		}
	}
}

// deleteSlot deletes what is stored of a slot.
func deleteSlot(bucket *bolt.Bucket, start int64) error {
	for key := slotKey(start); ; {
		k, _ := bucket.Cursor().Seek(key)
		if at, ok := slotStart(k); !ok || at != start {
			return nil
		}
		if err := bucket.Delete(k); err != nil {
			return err
		}
	}
}

// getBlock returns a copy of a slot's block, nil if there is none.
func getBlock(bucket *bolt.Bucket, start int64) []byte {
	var block []byte
	c := bucket.Cursor()
	for k, v := c.Seek(slotKey(start)); k != nil; k, v = c.Next() {
		if at, ok := slotStart(k); !ok || at != start {
			break
		}
		block = append(block, v...)
	}
	return block
}

// readAll calls fn with the slots from pos to before to, in order, each block
// joined from its parts and valid during the call. It returns where to go on: to
// at the end, the slot at hand if fn returned errPause.
func readAll(bucket *bolt.Bucket, pos, to int64, fn func(start int64, block []byte) error) (int64, error) {
	var block []byte
	c := bucket.Cursor()
	k, v := c.Seek(slotKey(pos))
	for k != nil {
		start, ok := slotStart(k)
		if !ok || start >= to {
			break
		}
		block = block[:0]
		for at := start; ok && at == start; {
			block = append(block, v...)
			k, v = c.Next()
			at, ok = slotStart(k)
		}
		switch err := fn(start, block); {
		case errors.Is(err, errPause):
			return start, nil
		case err != nil:
			return start, err
		}
	}
	return to, nil
}
