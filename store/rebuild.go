package store

import (
	"math"

	"weir/internal/rollup"
)

// rebuild sums up the newest slot of each coarser tier from the slots of the finer
// one, so a day from its hours and then a month from its days. A kill loses what a
// coarse slot has gathered, up to a month, while all but the last of the finer
// slots inside of it were saved. What is there stays, class by class, where it
// holds more: the finer ones may have been pruned, and some classes begin at a
// coarser tier.
func (e *edit) rebuild() error {
	for i := range e.s.opt.Tiers {
		finer, ok := e.s.opt.finer(i)
		if !ok {
			continue
		}
		// What is in the future a wrong clock has left there, or this one is wrong.
		bucket := e.tx.Bucket(bucketSlots(finer.Step))
		last, newest := newestUntil(bucket, math.MaxInt64-1), newestUntil(bucket, e.s.opt.Now().Unix())
		if err := e.rebuildNewest(finer.Step, e.s.opt.Tiers[i].Step, last); err != nil {
			return err
		}
		if newest == last {
			continue
		}
		if err := e.rebuildNewest(finer.Step, e.s.opt.Tiers[i].Step, newest); err != nil {
			return err
		}
	}
	return nil
}

// rebuildNewest is rebuild for the slot of a step that last lies in, the start of the
// newest slot of the finer step.
func (e *edit) rebuildNewest(finer, step, last int64) error {
	start := e.s.calendar().Floor(last, step)
	if last < 0 || start < 0 {
		return nil
	}
	// In another zone the newest of the coarse slots may be the one before.
	before := e.s.calendar().Floor(start-1, step)
	astray, _ := e.astray(step, before)
	if before >= 0 && (len(astray) > 0 || getBlock(e.tx.Bucket(bucketSlots(step)), before) == nil) {
		if err := e.rebuildSlot(finer, step, before); err != nil {
			return err
		}
	}
	return e.rebuildSlot(finer, step, start)
}

// rebuildSlot sums up one slot from those of a finer step.
func (e *edit) rebuildSlot(finer, step, start int64) error {
	from, err := e.align(step, start)
	if err != nil {
		return err
	}
	sum, found := rollup.AppendBlock(nil, nil), false
	_, err = readAll(e.tx.Bucket(bucketSlots(finer)), from, e.s.calendar().Next(start, step), func(_ int64, block []byte) error {
		found = true
		merged, err := rollup.AppendMerged(nil, sum, block)
		if err != nil {
			e.s.badBlocks.Add(1)
			return nil
		}
		sum = merged
		return nil
	})
	if err != nil || !found {
		return err // without any it stays as it is, be it a gap
	}
	if have := getBlock(e.tx.Bucket(bucketSlots(step)), start); have != nil {
		fuller, changed := fullest(have, sum)
		if !changed {
			return nil
		}
		sum = fuller
	}
	return e.setSlot(step, start, sum)
}

// astray lists the slots that are mostly of the time of the one at start and begin
// elsewhere, because the zone was another one when they were counted. from is from
// when on time is in them, and not in the slots before.
func (e *edit) astray(step, start int64) (list []int64, from int64) {
	_, bucket := e.tier(step)
	cal := e.s.calendar()
	end, before := cal.Next(start, step), int64(0)
	from = start
	for next := max(start-2*step, 0); ; {
		k, _ := bucket.Cursor().Seek(slotPrefix(next))
		at, ok := slotStart(k)
		if !ok || at >= end {
			return list, max(from, before)
		}
		switch slot := cal.Floor(at+step/2, step); {
		case slot < start:
			before = cal.Next(slot, step) + at - slot
		case slot == start && at != start:
			list, from = append(list, at), min(from, at)
		}
		next = at + 1
	}
}

// align adds what is astray to the slot that it belongs to, and returns from when on
// its time is not in a slot before.
func (e *edit) align(step, start int64) (from int64, err error) {
	list, from := e.astray(step, start)
	_, bucket := e.tier(step)
	for _, at := range list {
		block := getBlock(bucket, at)
		if err := e.deleteSlot(step, at); err != nil {
			return 0, err
		}
		if err := e.markUnsaved(unsavedSlot(step, at)); err != nil {
			return 0, err
		}
		if err := e.addAt(step, start, block); err != nil {
			return 0, err
		}
	}
	return from, nil
}

// fill sums up the tiers that hold nothing while the finer one does: those that
// the configuration, or a newer weir, has added.
func (e *edit) fill() error {
	for i, t := range e.s.opt.Tiers {
		finer, ok := e.s.opt.finer(i)
		if !ok || e.tiers[i].n > 0 {
			continue
		}
		bucket := e.tx.Bucket(bucketSlots(finer.Step))
		for next := int64(0); ; {
			k, _ := bucket.Cursor().Seek(slotPrefix(next))
			at, ok := slotStart(k)
			if !ok {
				break
			}
			start := e.s.calendar().Floor(at, t.Step)
			if next = e.s.calendar().Next(start, t.Step); start < 0 {
				continue
			}
			if err := e.rebuildSlot(finer.Step, t.Step, start); err != nil {
				return err
			}
		}
	}
	return nil
}

// fullest returns, of two sums of the same time, each class from the one that has
// more of it, and whether that differs from the first. A damaged one has nothing.
func fullest(have, sum []byte) (block []byte, changed bool) {
	a, b := classWeights(have), classWeights(sum)
	if a == nil {
		return sum, true
	}
	if b == nil {
		return have, false
	}
	var rows []rollup.Row
	for class := range a {
		from := have
		if b[class] > a[class] {
			from, changed = sum, true
		}
		for it := rollup.NewClassIter(from, rollup.Class(class)); it.Next(); {
			rows = append(rows, it.Row())
		}
	}
	return rollup.AppendBlock(nil, rows), changed
}

// classWeights sums up the packets and flows of each class of a block, to tell
// which of two sums of the same time holds more; nil for a damaged one.
func classWeights(block []byte) []uint64 {
	sums := make([]uint64, rollup.NumClasses)
	it := rollup.NewIter(block)
	for it.Next() {
		if row := it.Row(); int(row.Class) < len(sums) {
			sums[row.Class] += rollup.Packets.Of(row.Values) + row.Flows
		}
	}
	if it.Err() != nil {
		return nil
	}
	return sums
}
