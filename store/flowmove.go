package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"

	bolt "go.etcd.io/bbolt"

	"weir/internal/flowlog"
)

// MoveFlows moves the times of flows that were logged with from ≤ time < to, in
// microseconds since the Unix epoch, by d: for a clock that was wrong. It is to the
// flow log what Rebase is to slots, and keeps the same promises: flows that are
// logged after the call stay, after an error it waits and is done before they are
// written, and a kill loses and doubles nothing. Blocks move whole, by when their
// first flow ended.
func (s *Store) MoveFlows(from, to int64, d time.Duration) error {
	from = max(from, 0)
	if d.Microseconds() == 0 || from >= to {
		return nil
	}
	l := &s.flows
	l.mu.Lock()
	if l.open != nil && l.open.Len() > 0 {
		s.closeFlows() // what follows has the right time
	}
	ok := s.queue.move(move{from: from, to: to, by: d.Microseconds(), flows: true})
	l.mu.Unlock()
	if !ok {
		return fmt.Errorf("database %s: %w", s.path, ErrMoves)
	}
	return s.Commit()
}

// flowMoving is how far a move of flows has come. As with slots, blocks that go
// forward are taken newest first and those that go back oldest first.
type flowMoving struct {
	move          // without its seq
	pos  [12]byte // forward: blocks before it are left; back: those from it on
}

func newFlowMoving(m move) flowMoving {
	f := flowMoving{move: m}
	at := m.from
	if m.by > 0 {
		at = min(m.to, maxFlowTime*1e6) + 1e6 - 1
	}
	copy(f.pos[:], flowPrefix(at/1e6, 0))
	return f
}

const flowMovingLen = 3*8 + 12 + 4 // be64 each, the prefix, and the CRC32-C, be32

func (f flowMoving) save(tx *bolt.Tx) error {
	b := make([]byte, 0, flowMovingLen)
	for _, v := range []int64{f.from, f.to, f.by} {
		b = binary.BigEndian.AppendUint64(b, uint64(v))
	}
	b = append(b, f.pos[:]...)
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	return tx.Bucket(bucketMeta).Put(keyMoveFlows, b)
}

// loadFlowMoving reads what save wrote, false if it is damaged.
func loadFlowMoving(b []byte) (f flowMoving, ok bool) {
	if len(b) != flowMovingLen || crc32.Checksum(b[:flowMovingLen-4], castagnoli) != binary.BigEndian.Uint32(b[flowMovingLen-4:]) {
		return f, false
	}
	for i, v := range []*int64{&f.from, &f.to, &f.by} {
		*v = int64(binary.BigEndian.Uint64(b[8*i:]))
	}
	copy(f.pos[:], b[3*8:])
	return f, true
}

// moveSomeFlows does one transaction's part of the move of flows under way and
// reports whether something is left.
func (e *edit) moveSomeFlows() (bool, error) {
	meta := e.tx.Bucket(bucketMeta)
	b := meta.Get(keyMoveFlows)
	if b == nil {
		return false, nil
	}
	f, ok := loadFlowMoving(b)
	if !ok {
		e.s.badBlocks.Add(1) // what was not moved yet stays at its wrong time
		return false, meta.Delete(keyMoveFlows)
	}
	prefixes := e.nextFlowsToMove(f)
	for _, prefix := range prefixes {
		if err := e.moveFlowBlock(prefix, f.by); err != nil {
			return false, fmt.Errorf("move flows of %x: %w", prefix, err)
		}
		if copy(f.pos[:], prefix); f.by < 0 {
			f.pos = after(f.pos)
		}
	}
	if len(prefixes) == 0 {
		return false, meta.Delete(keyMoveFlows)
	}
	return true, f.save(e.tx)
}

// after returns the prefix that follows another one.
func after(prefix [12]byte) [12]byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i]++; prefix[i] != 0 {
			break
		}
	}
	return prefix
}

// nextFlowsToMove lists the blocks that one transaction moves, in their order.
func (e *edit) nextFlowsToMove(f flowMoving) (prefixes [][]byte) {
	c := e.tx.Bucket(bucketFlows).Cursor()
	step := c.Next
	k, v := c.Seek(f.pos[:])
	if f.by > 0 {
		step = c.Prev
		if k == nil {
			k, v = last(c)
		} else {
			k, v = c.Prev()
		}
	}
	for bytes := 0; k != nil && (bytes < moveBytes || len(prefixes) == 0) && len(prefixes) < moveSlots; k, v = step() {
		at, ok := flowTime(k)
		if bytes += len(v); !ok || k[flowKeyLen-2]|k[flowKeyLen-1] != 0 {
			continue // not the first part
		}
		if at < f.from/1e6 || at*1e6 >= f.to {
			break
		}
		prefixes = append(prefixes, append([]byte(nil), k[:flowKeyLen-2]...))
	}
	return prefixes
}

// moveFlowBlock moves one block by microseconds. One that is damaged, or would come
// to lie outside of all time, is left where it is.
func (e *edit) moveFlowBlock(prefix []byte, by int64) error {
	bucket := e.tx.Bucket(bucketFlows)
	id := binary.BigEndian.Uint32(prefix[8:])
	at := int64(binary.BigEndian.Uint64(prefix))*1e6 + int64(id>>serialBits) + by
	data, err := flowlog.AppendMoved(nil, getParts(bucket, prefix), time.Duration(by)*time.Microsecond)
	if err != nil || at < 0 || at/1e6 > maxFlowTime {
		e.s.badBlocks.Add(1)
		return nil
	}
	if err := e.flows.remove(bucket, prefix); err != nil {
		return err
	}
	if err := e.markUnsaved(unsavedFlow(prefix)); err != nil {
		return err
	}
	key := keyOf(at, id)
	for k, _ := bucket.Cursor().Seek(key.prefix()); isPart(k, key.prefix()); k, _ = bucket.Cursor().Seek(key.prefix()) {
		key.id++ // another block has it
	}
	return e.setFlowBlock(key.prefix(), data)
}
