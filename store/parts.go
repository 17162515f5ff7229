package store

import (
	"bytes"
	"encoding/binary"
	"errors"

	bolt "go.etcd.io/bbolt"
)

// A block is stored in parts: the key is its prefix, which ascends with time,
// and the number of the part, big endian. bbolt puts two values into a page at
// least, and one that is larger than half a page makes it a page of several,
// filled badly; small parts fill single pages well. The block's own checksum
// tells whether all parts are there.
const (
	partSize   = 640 // six parts fill a page
	slotKeyLen = 8 + 2
	flowKeyLen = 12 + 2
)

// errParts is returned for a block that is too large for its parts to be
// numbered.
var errParts = errors.New("block too large")

// slotPrefix is what the keys of a slot's parts begin with.
func slotPrefix(start int64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 0, slotKeyLen), uint64(start))
}

// slotStart is the inverse of slotPrefix for a whole key, false for one that is
// none.
func slotStart(k []byte) (int64, bool) {
	if len(k) != slotKeyLen {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(k)), true
}

// putParts stores a value under a prefix and returns what it takes.
func putParts(bucket *bolt.Bucket, prefix, value []byte) (size int64, err error) {
	if len(value) > partSize<<16 {
		return 0, errParts
	}
	bucket.FillPercent = appendFill
	for part := 0; ; part++ {
		key := binary.BigEndian.AppendUint16(bytes.Clone(prefix), uint16(part))
		n := min(len(value), partSize)
		if err := bucket.Put(key, value[:n]); err != nil {
			return size, err
		}
		size += pairSize(len(key), n)
		if value = value[n:]; len(value) == 0 {
			return size, nil
		}
	}
}

// deleteParts deletes the value under a prefix and returns what it took, 0 if
// there was none.
func deleteParts(bucket *bolt.Bucket, prefix []byte) (size int64, err error) {
	for {
		k, v := bucket.Cursor().Seek(prefix)
		if !isPart(k, prefix) {
			return size, nil
		}
		size += pairSize(len(k), len(v))
		if err := bucket.Delete(k); err != nil {
			return size, err
		}
	}
}

// getParts returns a copy of the value under a prefix, nil if there is none.
func getParts(bucket *bolt.Bucket, prefix []byte) []byte {
	var value []byte
	c := bucket.Cursor()
	for k, v := c.Seek(prefix); isPart(k, prefix); k, v = c.Next() {
		value = append(value, v...)
	}
	return value
}

// isPart reports whether k is the key of a part of what a prefix names.
func isPart(k, prefix []byte) bool {
	return len(k) == len(prefix)+2 && bytes.HasPrefix(k, prefix)
}

// last moves a cursor to the last key. bbolt's own Last goes round for ever in a bucket
// of several pages that the same transaction has emptied.
func last(c *bolt.Cursor) (key, value []byte) {
	if k, _ := c.First(); k == nil {
		return nil, nil
	}
	return c.Last()
}

// getBlock returns a copy of a slot's block, nil if there is none.
func getBlock(bucket *bolt.Bucket, start int64) []byte {
	return getParts(bucket, slotPrefix(start))
}

// readAll calls fn with the slots from pos to before to, in order, each block
// joined from its parts and valid during the call. It returns where to go on: to
// at the end, the slot at hand if fn returned errPause.
func readAll(bucket *bolt.Bucket, pos, to int64, fn func(start int64, block []byte) error) (int64, error) {
	var block []byte
	c := bucket.Cursor()
	k, v := c.Seek(slotPrefix(pos))
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
