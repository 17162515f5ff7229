package store

import (
	"context"
	"errors"

	bolt "go.etcd.io/bbolt"

	"weir/internal/rollup"
	"weir/store/archive"
)

// addOpen adds the slots that have not ended, as they stand: those of newest and
// what is stored of them.
func (n *snapshot) addOpen(newest Newest) error {
	var open []rollup.Slot
	err := n.s.scan(n.ctx, newest, func(r *reader) error {
		open, n.open = open[:0], make(map[[2]int64]bool)
		for _, t := range n.s.opt.Tiers {
			if t.Step < hour {
				continue
			}
			slot, ok, err := r.openSlot(t.Step)
			if err != nil {
				return err
			}
			if ok {
				open = append(open, slot)
				n.open[[2]int64{slot.Step, slot.Start}] = true
			}
		}
		return nil
	})
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		n.report.Partial = true
		return nil
	}
	if err != nil {
		return err
	}
	for _, slot := range open {
		r := archive.Record{Kind: archive.KindOpen, Step: slot.Step, Start: slot.Start, Data: slot.Block}
		if err := n.add(archive.Identity, r); err != nil {
			return err
		}
	}
	return nil
}

// openSlot sums up the slot of a tier that has not ended, false if there is none. What
// a wrong clock has left in the future is not open.
func (r *reader) openSlot(step int64) (slot rollup.Slot, ok bool, err error) {
	now, start := r.s.opt.Now().Unix(), int64(-1)
	err = r.s.view(func(tx *bolt.Tx) error {
		start = newestUntil(tx.Bucket(bucketSlots(step)), now)
		return nil
	})
	if err != nil {
		return slot, false, err
	}
	for _, e := range r.queued {
		if e.slot.Step == step && e.slot.Start <= now {
			start = max(start, e.slot.Start)
		}
	}
	for _, o := range r.open {
		if o.Step == step {
			start = max(start, o.Start)
		}
	}
	if start < 0 || r.s.calendar().Next(start, step) <= now {
		return slot, false, nil
	}
	sum := rollup.AppendBlock(nil, nil)
	err = r.slots(step, start, start+1, func(s rollup.Slot) error {
		if s.Start != start {
			return nil
		}
		merged, err := rollup.AppendMerged(nil, sum, s.Block)
		if err == nil {
			sum = merged
		}
		return err
	})
	return rollup.Slot{Step: step, Start: start, Block: sum}, err == nil, err
}

// newestUntil returns the start of the newest slot of a bucket that does not begin
// after t, -1 if there is none.
func newestUntil(bucket *bolt.Bucket, t int64) int64 {
	c := bucket.Cursor()
	k, _ := c.Seek(slotPrefix(max(t, -1) + 1))
	if k == nil {
		k, _ = last(c)
	} else {
		k, _ = c.Prev()
	}
	if at, ok := slotStart(k); ok {
		return at
	}
	return -1
}
