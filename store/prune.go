package store

import (
	"math"

	"weir/internal/clock"
	"weir/internal/rollup"
)

// Pruning by age is done in steps of hours' slots, so that most commits touch the
// end of a bucket only, and never more than maxPrune slots at once, so that none
// takes long.
const (
	pruneSlack = 6 * 3600
	maxPrune   = 512
)

// weights are the parts of the room that tiers and the flow log may fill. They
// matter once the database is as large as it may be: then the finest that exceeds
// its part gives its oldest. Days outlast hours and hours minutes, because what a
// minute says is also in its hour.
var weights = []struct {
	step   int64 // of the tier, or finer than the next line's
	weight int64
}{
	{0, 12},           // minutes
	{300, 14},         // five minutes
	{3600, 22},        // hours
	{clock.Day, 30},   // days
	{clock.Month, 10}, // months
}

const flowWeight = 12

// shares returns the bytes that each tier, by its index, and the flow log may
// fill: together all of what pruning leaves of the limit.
func (o *Options) shares() (tiers []int64, flows int64) {
	sum := int64(flowWeight)
	for _, t := range o.Tiers {
		sum += weightOf(t.Step)
	}
	for _, t := range o.Tiers {
		tiers = append(tiers, o.room()/sum*weightOf(t.Step))
	}
	return tiers, o.room() / sum * flowWeight
}

func weightOf(step int64) (weight int64) {
	for _, w := range weights {
		if step >= w.step {
			weight = w.weight
		}
	}
	return weight
}

// room is what the database may use of its limit. The rest is for pages that wait
// for their reuse and for a commit's own.
func (o *Options) room() int64 { return o.MaxSize / 5 * 4 }

// prune deletes what is too old and, when the database is full, the oldest of what
// exceeds its share, at most limit slots and blocks. It returns how many went.
func (e *edit) prune(limit int) (int, error) {
	total, err := e.pruneByAge(limit)
	if err != nil {
		return total, err
	}
	used := e.used()
	excess := used - e.s.opt.room()
	if excess <= 0 {
		return total, nil
	}
	excess += e.s.opt.MaxSize / 50 // so that the next commit is not about it again
	// A byte stored takes more than a byte of pages. What is freed too little here
	// is freed by the next commit; too much could not be taken back.
	excess = int64(float64(excess) * min(float64(e.stored())/float64(used), 1))
	n, err := e.pruneBySize(excess, limit-total)
	return total + n, err
}

// used is what the database uses of its file, with what this transaction has
// stored so far.
func (e *edit) used() int64 {
	stats := e.s.db.Load().Stats()
	return e.tx.Size() - int64(stats.FreePageN+stats.PendingPageN)*pageSize + e.stored() - e.s.figures.stored()
}

// pruneByAge deletes what is older than it should be kept.
func (e *edit) pruneByAge(limit int) (total int, err error) {
	if !e.s.opt.TimeTrusted() {
		return 0, nil
	}
	now := e.s.opt.Now().Unix()
	for i, t := range e.s.opt.Tiers {
		if t.Keep == 0 {
			continue // for ever
		}
		slack, first := min(pruneSlack, t.Keep/16), true
		n, err := e.dropSlots(i, limit-total, func(start int64) bool {
			age := now - t.Keep - e.s.calendar().Next(start, t.Step)
			goes := age >= slack || !first && age >= 0
			first = false
			return goes
		})
		if total += n; err != nil {
			return total, err
		}
	}
	n, err := e.dropFlows(limit-total, func(last int64) bool { return last < now-e.s.opt.FlowKeep })
	if total += n; err != nil {
		return total, err
	}
	n, err = e.pruneFuture(now+clock.Day, limit-total)
	return total + n, err
}

// pruneFuture deletes slots that begin after t, which is later than now: a clock that
// was wrong until the power went has left them, nobody knows when that was, and
// they would take the room of what is true.
func (e *edit) pruneFuture(t int64, limit int) (n int, err error) {
	for _, tier := range e.s.opt.Tiers {
		for n < limit {
			start := newestUntil(e.tx.Bucket(bucketSlots(tier.Step)), math.MaxInt64-1)
			if start <= t {
				break
			}
			if err := e.deleteSlot(tier.Step, start); err != nil {
				return n, err
			}
			if err := e.markUnsaved(unsavedSlot(tier.Step, start)); err != nil {
				return n, err
			}
			e.prunedSlots++
			n++
		}
	}
	return n, nil
}

// pruneBySize frees excess bytes. First those give that exceed their share, finest
// first; then, if names and devices leave too little room for the shares, all of
// them down to half of it, and so on. Months give when nothing else has more than
// its newest slot.
func (e *edit) pruneBySize(excess int64, limit int) (total int, err error) {
	tiers, flows := e.s.opt.shares()
	goal := e.stored() - excess
	for _, divisor := range []int64{1, 2, 4, 8, 16, 1 << 62} {
		n, err := e.dropFlows(limit-total, func(int64) bool {
			return e.stored() > goal && e.flows.bytes > flows/divisor
		})
		if total += n; err != nil {
			return total, err
		}
		for i, t := range e.s.opt.Tiers {
			if t.Step >= clock.Month && divisor < 1<<62 {
				continue
			}
			n, err := e.dropSlots(i, limit-total, func(int64) bool {
				return e.stored() > goal && e.tiers[i].bytes > tiers[i]/divisor && e.tiers[i].n > 1
			})
			if total += n; err != nil || e.stored() <= goal {
				return total, err
			}
		}
	}
	return total, nil
}

// stored is what all slots and flow blocks take.
func (f *figures) stored() int64 {
	sum := f.flows.bytes
	for _, t := range f.tiers {
		sum += t.bytes
	}
	return sum
}

// dropSlots deletes the oldest slots of the tier with an index while goes says so
// of the next one, told its start, and at most limit. It returns how many went.
func (e *edit) dropSlots(i, limit int, goes func(start int64) bool) (n int, err error) {
	step := e.s.opt.Tiers[i].Step
	bucket := e.tx.Bucket(bucketSlots(step))
	for n < limit {
		k, _ := bucket.Cursor().First()
		if k == nil {
			break
		}
		start, ok := slotStart(k)
		if !ok { // a key of no slot is junk
			if err := bucket.Delete(k); err != nil {
				return n, err
			}
			continue
		}
		if !goes(start) {
			break
		}
		if err := e.deleteSlot(step, start); err != nil {
			return n, err
		}
		if err := e.forgetUnsaved(unsavedSlot(step, start)); err != nil {
			return n, err
		}
		e.prunedSlots++
		n++
	}
	return n, nil
}

// Prune deletes all that is too old or too much now, in transactions of bounded
// length, and returns how many slots and blocks of the flow log went. Commits do
// the same a little at a time.
func (s *Store) Prune() (int, error) {
	total, n := 0, maxPrune
	for n >= maxPrune {
		err := s.change("prune", func(e *edit) (err error) {
			n, err = e.prune(maxPrune)
			return err
		})
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

// finer returns the tier from which the one with an index is summed up, false for
// the finest.
func (o *Options) finer(i int) (rollup.Tier, bool) {
	if i == 0 {
		return rollup.Tier{}, false
	}
	return o.Tiers[i-1], true
}
