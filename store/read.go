package store

import (
	"context"
	"errors"
	"math"
	"slices"
	"sort"
	"time"

	bolt "go.etcd.io/bbolt"

	"weir/internal/rollup"
)

// Newest returns the slots that are still open, as rollup.Rollup.Open does,
// under the lock of whoever appends. A nil Newest adds none.
type Newest func() []rollup.Slot

// errMoved says that slots were committed that may also be among the open ones
// of a read: it starts again.
var errMoved = errors.New("store: newer slots were committed")

// errPause ends readAll before the slot that it was called with.
var errPause = errors.New("store: read transaction is old enough")

// Series answers a query from the tier that fits it, with the open slots on top.
func (s *Store) Series(ctx context.Context, q rollup.Query, newest Newest) (rollup.Series, error) {
	if err := q.Check(); err != nil {
		return rollup.Series{}, err
	}
	q.Calendar = s.calendar()
	var sum *rollup.Sum
	err := s.scan(ctx, newest, func(r *reader) error {
		step, err := r.pick(q)
		if err != nil {
			return err
		}
		sum = rollup.NewSum(q, step)
		return r.answer(q, step, sum.Add)
	})
	if err != nil {
		return rollup.Series{}, err
	}
	return sum.Series(), nil
}

// Top sums every series of q.Class over the period and returns the limit largest
// by q.Metric, and how many there are. The ends are exact to one step of the tier
// that q.Points asks for.
func (s *Store) Top(ctx context.Context, q rollup.Query, limit int, newest Newest) ([]rollup.Amount, int, error) {
	if err := q.Check(); err != nil {
		return nil, 0, err
	}
	q.Calendar = s.calendar()
	var totals *rollup.Totals
	err := s.scan(ctx, newest, func(r *reader) error {
		step, err := r.pick(q)
		if err != nil {
			return err
		}
		totals = rollup.NewTotals(q, step)
		return r.answer(q, step, totals.Add)
	})
	if err != nil {
		return nil, 0, err
	}
	top, n := totals.Top(limit)
	return top, n, nil
}

// Member is one series that history knows.
type Member struct {
	ID          uint32
	Name        string
	First, Last int64 // seconds: start of its first slot, end of its last one
}

// List returns the members of a class, in the order of their IDs. First and Last
// are as exact as the coarsest tier, Last of a recent one as the finest.
func (s *Store) List(ctx context.Context, class rollup.Class, newest Newest) ([]Member, error) {
	var members []Member // by ID
	err := s.scan(ctx, newest, func(r *reader) error {
		members = make([]Member, s.opt.Names.Last()+1)
		from := int64(0)
		for _, t := range slices.Backward(s.opt.Tiers) {
			next := from
			err := r.slots(t.Step, from, math.MaxInt64, func(slot rollup.Slot) error {
				next = slot.Start
				return seen(members, slot, r.s.calendar().Next(slot.Start, slot.Step), class)
			})
			if err != nil {
				return err
			}
			from = next // finer tiers only tell more about what came after
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	list := members[:0]
	for id, m := range members {
		if m.Last > 0 {
			m.ID, m.Name = uint32(id), s.opt.Names.Name(uint32(id))
			list = append(list, m)
		}
	}
	return list, nil
}

// seen notes in members which series of a class a slot has, told its end.
func seen(members []Member, slot rollup.Slot, end int64, class rollup.Class) error {
	it := rollup.NewIDIter(slot.Block, class)
	for it.Next() {
		id := it.Row().ID
		if uint64(id) >= uint64(len(members)) {
			continue // a name that came after the list was begun
		}
		m := &members[id]
		if m.Last == 0 {
			m.First = slot.Start
		}
		m.First = min(m.First, slot.Start)
		m.Last = max(m.Last, end)
	}
	return it.Err()
}

// reader is one consistent look at the database, the queue and the open slots.
type reader struct {
	ctx    context.Context
	s      *Store
	queued []queued
	open   []rollup.Slot
	mark   uint64 // newest slot queued when open was taken
}

// scan runs fn on a reader, and again with a new one when a slot left the open
// ones for the database in between.
func (s *Store) scan(ctx context.Context, newest Newest, fn func(*reader) error) error {
	const tries = 8 // slots close once in minutes: a second try is rare
	err := errMoved
	for range tries {
		r := &reader{ctx: ctx, s: s}
		before := s.queue.newest()
		if newest != nil {
			r.open = newest()
		}
		if r.queued, r.mark = s.queue.waiting(); newest != nil && r.mark != before {
			continue
		}
		if newest == nil {
			r.mark = math.MaxUint64
		}
		s.layout.RLock()
		err = fn(r)
		s.layout.RUnlock()
		if !errors.Is(err, errMoved) {
			return err
		}
	}
	return err
}

// pick returns the step of the tier that answers q.
func (r *reader) pick(q rollup.Query) (int64, error) {
	tiers := r.s.opt.Tiers
	oldest := make([]int64, len(tiers))
	err := r.s.view(func(tx *bolt.Tx) error {
		for i, t := range tiers {
			oldest[i] = math.MaxInt64 / 2
			if k, _ := tx.Bucket(bucketSlots(t.Step)).Cursor().First(); k != nil {
				oldest[i], _ = slotStart(k)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for i, t := range tiers {
		for _, e := range r.queued {
			if e.slot.Step == t.Step {
				oldest[i] = min(oldest[i], e.slot.Start)
			}
		}
		for _, slot := range r.open {
			if slot.Step == t.Step {
				oldest[i] = min(oldest[i], slot.Start)
			}
		}
	}
	return tiers[q.Pick(tiers, func(i int) int64 { return oldest[i] })].Step, nil
}

// answer calls fn with the slots of a tier that a query may be about, and a few more:
// those that were counted in another zone begin elsewhere than the ones that they are
// taken for, by their middles.
func (r *reader) answer(q rollup.Query, step int64, fn func(rollup.Slot) error) error {
	from, to := q.From, q.To
	if step >= hour {
		from = q.Calendar.Floor(from, step) - step
		to = q.Calendar.Next(q.Calendar.Floor(to-1, step), step)
	}
	return r.slots(step, from, to, fn)
}

// slots calls fn with a tier's slots that overlap from … to, the stored ones in
// order. A start may come more than once: its slots add up. A block is valid
// during the call; one that fn finds damaged is counted and left out.
func (r *reader) slots(step, from, to int64, fn func(rollup.Slot) error) error {
	call := func(start int64, block []byte) error {
		if misplaced(start, step) {
			r.s.badBlocks.Add(1)
			return nil
		}
		err := fn(rollup.Slot{Step: step, Start: start, Block: block})
		if errors.Is(err, rollup.ErrCorrupt) || errors.Is(err, rollup.ErrVersion) {
			r.s.badBlocks.Add(1)
			return nil
		}
		return err
	}
	from = r.s.calendar().Floor(from, step)
	pos := max(from, 0)
	for pos < to {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		next := to
		err := r.s.view(func(tx *bolt.Tx) error {
			seen := applied(tx)
			if seen > r.mark {
				return errMoved
			}
			var err error
			if next, err = readTier(tx, step, pos, to, call); err != nil {
				return err
			}
			for _, e := range r.queued {
				if e.seq > seen && e.slot.Step == step && e.slot.Start >= pos && e.slot.Start < next {
					if err := call(e.slot.Start, e.slot.Block); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		pos = next
	}
	for _, slot := range r.open {
		if slot.Step == step && slot.Start >= from && slot.Start < to {
			if err := call(slot.Start, slot.Block); err != nil {
				return err
			}
		}
	}
	return nil
}

// readTier calls fn with the stored slots from pos on, for as long as a read
// transaction may last, and returns where to resume: to when all were read.
func readTier(tx *bolt.Tx, step, pos, to int64, fn func(start int64, block []byte) error) (int64, error) {
	begin, n := time.Now(), 0
	return readAll(tx.Bucket(bucketSlots(step)), pos, to, func(start int64, block []byte) error {
		if n++; n%16 == 0 && time.Since(begin) > readFor {
			return errPause
		}
		return fn(start, block)
	})
}

// Devices returns all device rows, those that wait for a commit included, in the
// order of their keys. Rows that are damaged are counted and left out.
func (s *Store) Devices() ([]Device, error) {
	var devices []Device
	waiting := s.queue.waitingDevices()
	err := s.view(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketDevices).ForEach(func(k, v []byte) error {
			if _, ok := waiting[string(k)]; ok {
				return nil
			}
			d, err := decodeDevice(k, v)
			if err != nil {
				s.badBlocks.Add(1)
				return nil
			}
			devices = append(devices, d)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	for _, d := range waiting {
		if !d.Forgotten {
			devices = append(devices, d)
		}
	}
	sort.Slice(devices, func(i, j int) bool { return devices[i].Key < devices[j].Key })
	return devices, nil
}
