package store

import (
	"bytes"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"weir/internal/clock"
	"weir/internal/rollup"
)

// figures are what the store knows of its content without looking: the share of
// each tier and the bounds of rows need them at every commit, and counting keys
// would touch every page of the file.
type figures struct {
	tiers   []tally // by index of Options.Tiers
	flows   tally
	devices int
	rows    [NumRowKinds]int
	unsaved int

	prunedSlots, prunedFlows, prunedRows uint64 // since Open
}

// tally counts slots, or blocks of the flow log, and the bytes that they take.
type tally struct {
	n     int
	bytes int64
}

func (f figures) clone() figures {
	f.tiers = append([]tally(nil), f.tiers...)
	return f
}

// edit is a write transaction with the figures as they will be after it. It is
// valid while the function runs that it was handed to.
type edit struct {
	figures
	tx *bolt.Tx
	s  *Store
}

// update runs fn in a write transaction, and takes its figures over when it is
// committed. The caller holds writer.
//
// It does not use bbolt's Update: when fn or the commit panics over a damaged page,
// that walks the whole file to find the free pages again, in a goroutine of its
// own, where the next panic would end the process.
func (s *Store) update(what string, fn func(*edit) error) error {
	if s.closed.Load() {
		return ErrClosed
	}
	e := &edit{s: s, figures: s.figures.clone()}
	db := s.db.Load()
	before := db.Stats()
	err := guard(what, func() (err error) {
		e.tx, err = db.Begin(true)
		return err
	})
	if err != nil {
		return err
	}
	err = guard(what, func() error {
		if err := fn(e); err != nil {
			return err
		}
		return s.status.written.save(e.tx)
	})
	if err == nil {
		err = guard(what, e.tx.Commit)
	}
	if err != nil {
		_ = e.tx.Rollback() // does nothing if Commit rolled back
		return err
	}
	s.status.Lock()
	s.figures = e.figures
	s.status.Unlock()
	s.wrote(before)
	return nil
}

// change is update for a caller that does not hold writer.
func (s *Store) change(what string, fn func(*edit) error) error {
	s.writer.Lock()
	defer s.writer.Unlock()
	if err := s.update(what, fn); err != nil {
		return s.explain(err)
	}
	return nil
}

// measure counts what the buckets hold.
func (e *edit) measure() error {
	e.figures = figures{tiers: make([]tally, len(e.s.opt.Tiers))}
	for i, t := range e.s.opt.Tiers {
		bucket := e.tx.Bucket(bucketSlots(t.Step))
		err := e.dropMisplaced(bucket, t.Step)
		n := tally{}
		if err == nil {
			n, err = measure(bucket, slotKeyLen)
		}
		if err != nil {
			return fmt.Errorf("measure tier %d s: %w", t.Step, err)
		}
		e.tiers[i] = n
	}
	var err error
	if e.flows, err = measure(e.tx.Bucket(bucketFlows), flowKeyLen); err != nil {
		return fmt.Errorf("measure flow log: %w", err)
	}
	e.devices = e.tx.Bucket(bucketDevices).Inspect().KeyN
	e.unsaved = e.tx.Bucket(bucketUnsaved).Inspect().KeyN
	return e.tx.Bucket(bucketRows).ForEach(func(k, _ []byte) error {
		if kind, ok := rowKind(k); ok {
			e.rows[kind]++
		}
		return nil
	})
}

// dropMisplaced deletes what stands under keys that no slot of a tier can have: keys
// have no checksum, but a flipped bit moves a time by a power of two, which is never
// where a slot begins, in any zone.
func (e *edit) dropMisplaced(bucket *bolt.Bucket, step int64) error {
	var bad [][]byte
	err := bucket.ForEach(func(k, _ []byte) error {
		if start, ok := slotStart(k); !ok || misplaced(start, step) {
			bad = append(bad, bytes.Clone(k))
		}
		return nil
	})
	for _, k := range bad {
		e.s.badBlocks.Add(1)
		if err == nil {
			err = bucket.Delete(k)
		}
	}
	return err
}

// misplaced reports whether no slot of a step can begin at start. Zones are off by
// multiples of a quarter of an hour.
func misplaced(start, step int64) bool { return start < 0 || start%min(step, 900) != 0 }

// measure counts a bucket whose values are stored in parts; keyLen is the length
// of its keys, of which the last two bytes number the part.
func measure(bucket *bolt.Bucket, keyLen int) (t tally, err error) {
	err = bucket.ForEach(func(k, v []byte) error {
		t.bytes += pairSize(len(k), len(v))
		if len(k) == keyLen && k[keyLen-2] == 0 && k[keyLen-1] == 0 {
			t.n++
		}
		return nil
	})
	return t, err
}

// pairSize is what a key and its value take of a full page.
func pairSize(key, value int) int64 { return int64(element + key + value) }

// tier returns the tally of the tier with a step, and its bucket; nil if it is
// not configured.
func (e *edit) tier(step int64) (*tally, *bolt.Bucket) {
	for i, t := range e.s.opt.Tiers {
		if t.Step == step {
			return &e.tiers[i], e.tx.Bucket(bucketSlots(step))
		}
	}
	return nil, nil
}

// addSlot stores a slot. One that is there already, from before a restart within
// its time or in part, is added to.
func (e *edit) addSlot(slot rollup.Slot) error {
	_, bucket := e.tier(slot.Step)
	if bucket == nil {
		return nil
	}
	stored := getBlock(bucket, slot.Start)
	if stored == nil {
		if err := e.finishBefore(slot.Step, slot.Start); err != nil {
			return err
		}
		return e.setSlot(slot.Step, slot.Start, slot.Block)
	}
	block, err := rollup.AppendMerged(nil, stored, slot.Block)
	if err == nil {
		block, err = rollup.Trim(nil, block, rollup.OpenCells)
	}
	if err != nil {
		e.s.badBlocks.Add(1) // the stored half is lost; the new half is not
		block = slot.Block
	}
	return e.setSlot(slot.Step, slot.Start, block)
}

// finishBefore trims the matrices of the slot before one that is new: while parts
// came in it held more cells than it may keep.
func (e *edit) finishBefore(step, start int64) error {
	if step < clock.Day {
		return nil // matrices begin at days
	}
	_, bucket := e.tier(step)
	c := bucket.Cursor()
	k, _ := c.Seek(slotPrefix(start))
	if k == nil {
		k, _ = last(c)
	} else {
		k, _ = c.Prev()
	}
	before, ok := slotStart(k)
	if !ok {
		return nil
	}
	have := getBlock(bucket, before)
	block, err := rollup.Trim(nil, have, rollup.MaxCells)
	if err != nil || len(block) == len(have) {
		return nil // damaged, or small enough
	}
	return e.setSlot(step, before, block)
}

// addAt is addSlot for a block that stood elsewhere.
func (e *edit) addAt(step, start int64, block []byte) error {
	return e.addSlot(rollup.Slot{Step: step, Start: start, Block: block})
}

// setSlot stores a block in place of the one of its slot.
func (e *edit) setSlot(step, start int64, block []byte) error {
	t, bucket := e.tier(step)
	if bucket == nil {
		return nil
	}
	if err := t.remove(bucket, slotPrefix(start)); err != nil {
		return err
	}
	if err := t.put(bucket, slotPrefix(start), block); err != nil {
		return err
	}
	return e.markUnsaved(unsavedSlot(step, start))
}

// deleteSlot deletes a slot. The caller decides whether the next snapshot is told.
func (e *edit) deleteSlot(step, start int64) error {
	t, bucket := e.tier(step)
	if bucket == nil {
		return nil
	}
	return t.remove(bucket, slotPrefix(start))
}

// put stores a value in parts under a prefix that has none yet.
func (t *tally) put(bucket *bolt.Bucket, prefix, value []byte) error {
	n, err := putParts(bucket, prefix, value)
	t.bytes += n
	t.n++
	return err
}

// remove deletes what is stored under a prefix, if anything is.
func (t *tally) remove(bucket *bolt.Bucket, prefix []byte) error {
	n, err := deleteParts(bucket, prefix)
	if n > 0 {
		t.bytes -= n
		t.n--
	}
	return err
}
