package store

import (
	"encoding/binary"

	bolt "go.etcd.io/bbolt"
)

// A block of the flow log is stored in parts under a prefix of the time of its
// first flow to end (be64 seconds) and a number of its own (be32), so that blocks
// stand in the order of time and two never share a key.

// flowBlock is a packed block as it waits for a commit. Its data is checksummed
// by whoever packed it and never looked into here.
type flowBlock struct {
	seq         uint64 // given by the queue
	id          uint32 // tells it from others of the same second
	first, last int64  // seconds since the Unix epoch: when the first of its flows began, and ended
	data        []byte
}

func flowPrefix(last int64, id uint32) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, flowKeyLen), uint64(max(last, 0)))
	return binary.BigEndian.AppendUint32(b, id)
}

// flowTime is the time of a stored part's block, false for a key that is none.
func flowTime(k []byte) (int64, bool) {
	if len(k) != flowKeyLen {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(k)), true
}

// putFlowBlock stores a block.
func (e *edit) putFlowBlock(b flowBlock) error {
	return e.setFlowBlock(b.key().prefix(), b.data)
}

// setFlowBlock stores a block under the prefix that it had in another database.
func (e *edit) setFlowBlock(prefix, data []byte) error {
	bucket := e.tx.Bucket(bucketFlows)
	if err := e.flows.remove(bucket, prefix); err != nil {
		return err
	}
	if err := e.flows.put(bucket, prefix, data); err != nil {
		return err
	}
	return e.markUnsaved(unsavedFlow(prefix))
}

// flowBlockBefore returns the newest block whose prefix is below the given one,
// or the newest of all for nil: its prefix and its data, both copies; nil if there
// is none.
func flowBlockBefore(tx *bolt.Tx, before []byte) (prefix, data []byte) {
	bucket := tx.Bucket(bucketFlows)
	c := bucket.Cursor()
	var k []byte
	if before == nil {
		k, _ = c.Last()
	} else if k, _ = c.Seek(before); k == nil {
		k, _ = c.Last()
	} else {
		k, _ = c.Prev()
	}
	for ; k != nil; k, _ = c.Prev() {
		if len(k) == flowKeyLen {
			prefix = append([]byte(nil), k[:flowKeyLen-2]...)
			return prefix, getParts(bucket, prefix)
		}
	}
	return nil, nil
}

// dropFlows deletes the oldest blocks while goes says so of the next one, told
// the time of its last flow, and at most limit. It returns how many went.
func (e *edit) dropFlows(limit int, goes func(last int64) bool) (n int, err error) {
	bucket := e.tx.Bucket(bucketFlows)
	for n < limit {
		k, _ := bucket.Cursor().First()
		if k == nil {
			break
		}
		last, ok := flowTime(k)
		if !ok { // a key of no block is junk
			if err := bucket.Delete(k); err != nil {
				return n, err
			}
			continue
		}
		if !goes(last) {
			break
		}
		prefix := append([]byte(nil), k[:flowKeyLen-2]...)
		if err := e.flows.remove(bucket, prefix); err != nil {
			return n, err
		}
		if err := e.forgetUnsaved(unsavedFlow(prefix)); err != nil {
			return n, err
		}
		e.prunedFlows++
		n++
	}
	return n, nil
}
