package rollup

import (
	"errors"
	"fmt"
	"slices"
	"sort"

	"weir/internal/clock"
)

// Config bounds a Rollup. Zero fields take their defaults.
type Config struct {
	Fine      Tier              // kept in RAM; default 10 s for 1 h
	Tiers     []Tier            // handed out as slots, finest first, each step a multiple of the one before; default DefaultTiers
	Levels    [NumClasses]Level // what is kept of each class; default DefaultLevels, if all are None
	Calendar  clock.Calendar    // where days and months begin
	MaxSeries int               // series per slot; default 2048. More go to Other
	MaxBytes  int               // packed bytes of the fine tier; default 512 KiB
}

// Defaults of Config.
const (
	DefaultMaxSeries = 2048
	DefaultMaxBytes  = 512 << 10
)

// ErrTiers is returned, wrapped, by New for tiers that do not nest.
var ErrTiers = errors.New("rollup: each tier's step must be a multiple of the finer one's")

// Rollup accumulates what the engine counts. It is not safe for concurrent use:
// every method runs under the engine's lock. The slots it returns may leave it.
//
// The clock. Slots follow the wall clock that Tick is given. Until the first
// Tick sums have no slot and wait, so a caller that does not trust its clock yet
// simply does not tick. When now steps back a little, nothing closes and the open
// slots go on taking traffic until the clock has come past their end again; when
// it steps back by more than a slot of the coarsest tier, they close and others
// open, for the clock may have been years ahead. When it jumps forward, the open
// slots close at their own starts and the slots between are a gap.
type Rollup struct {
	cal     clock.Calendar
	levels  []level // finest first; levels[0] is the fine tier
	ticked  bool    // the levels have starts
	ring    []Slot  // closed fine slots, oldest first
	bytes   int     // sum of the ring's blocks
	keep    int64   // of the fine tier
	max     int     // bound of bytes
	series  int     // bound of series per slot
	rows    []Row   // scratch of pack
	buf     []byte  // scratch of pack
	over    uint64
	dropped uint64
}

// level is one tier's open slot. Only the finest is added to; a closing slot is
// added to the next coarser one, which contains it because the steps nest and
// all levels follow one clock.
type level struct {
	step  int64
	start int64
	sums  sums
}

// Stats are a Rollup's own figures.
type Stats struct {
	Series, MaxSeries int    // in the largest open slot
	Slots             int    // closed fine slots in RAM
	Bytes, MaxBytes   int    // of their blocks
	Overflow          uint64 // additions that went to Other because a slot was full
	Dropped           uint64 // fine slots dropped before their time because of MaxBytes
}

// New returns an empty Rollup.
func New(c Config) (*Rollup, error) {
	if c.Fine == (Tier{}) {
		c.Fine = Tier{Step: 10, Keep: 3600}
	}
	if c.Tiers == nil {
		c.Tiers = DefaultTiers()
	}
	if c.MaxSeries <= 0 {
		c.MaxSeries = DefaultMaxSeries
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	r := &Rollup{cal: c.Calendar, keep: c.Fine.Keep, max: c.MaxBytes, series: c.MaxSeries}
	prev := int64(1)
	for _, t := range append([]Tier{c.Fine}, c.Tiers...) {
		if t.Step <= 0 || t.Step%prev != 0 {
			return nil, fmt.Errorf("%w: %d s after %d s", ErrTiers, t.Step, prev)
		}
		prev = t.Step
		r.levels = append(r.levels, level{step: t.Step, sums: newSums()})
	}
	return r, nil
}

// Add accounts v to one series in the open slot. A new series that the slot has
// no room for is accounted to the class's Other.
func (r *Rollup) Add(class Class, id uint32, v Values) {
	if !r.levels[0].sums.add(Key{Class: class, ID: id}, v, r.series) {
		r.over++
	}
}

// Tick tells the time in seconds since the Unix epoch, about once a second. It
// closes the slots that have ended and returns those of the stored tiers, finest
// first.
func (r *Rollup) Tick(now int64) []Slot {
	if !r.ticked {
		r.open(now)
		return nil
	}
	if last := r.levels[len(r.levels)-1]; now < last.start-last.step {
		return r.restart(now)
	}
	var closed []Slot
	for i := range r.levels {
		l := &r.levels[i]
		if now < r.cal.Next(l.start, l.step) {
			break // coarser slots end no earlier
		}
		closed = r.close(i, closed)
		l.start = r.cal.Floor(now, l.step)
	}
	r.expire(now)
	return closed
}

func (r *Rollup) open(now int64) {
	for i := range r.levels {
		r.levels[i].start = r.cal.Floor(now, r.levels[i].step)
	}
	r.ticked = true
}

// Flush ticks and then closes the open slots unfinished, for a stop. Slots that
// go on afterwards are returned again with the same start: the store adds them
// up.
func (r *Rollup) Flush(now int64) []Slot {
	return r.closeAll(r.Tick(now))
}

// restart closes the open slots and opens those of now, which lies before them.
// The ring forgets what is yet to come.
func (r *Rollup) restart(now int64) []Slot {
	closed := r.closeAll(nil)
	r.open(now)
	n := len(r.ring)
	for n > 0 && r.ring[n-1].Start >= r.levels[0].start {
		n--
		r.bytes -= len(r.ring[n].Block)
	}
	r.ring = slices.Delete(r.ring, n, len(r.ring))
	return closed
}

// closeAll closes the open slots, unfinished as they are.
func (r *Rollup) closeAll(closed []Slot) []Slot {
	for i := range r.levels {
		closed = r.close(i, closed)
	}
	return closed
}

// close empties level i: into the ring or the list of closed slots, and into the
// next coarser level.
func (r *Rollup) close(i int, closed []Slot) []Slot {
	l := &r.levels[i]
	s := Slot{Step: l.step, Start: l.start, Block: r.pack(l.sums.rows)}
	if i == 0 {
		r.push(s)
	} else {
		closed = append(closed, s)
	}
	if i+1 < len(r.levels) {
		coarser := &r.levels[i+1].sums
		for _, row := range l.sums.rows {
			if !coarser.add(row.Key, row.Values, r.series) {
				r.over++
			}
		}
	}
	l.sums.clear()
	return closed
}

// push appends to the ring and drops the oldest slots until it fits.
func (r *Rollup) push(s Slot) {
	if n := len(r.ring); n > 0 && r.ring[n-1].Start == s.Start { // flushed twice
		if b, err := AppendMerged(nil, r.ring[n-1].Block, s.Block); err == nil {
			r.bytes += len(b) - len(r.ring[n-1].Block)
			r.ring[n-1].Block = b
		}
	} else {
		r.ring = append(r.ring, s)
		r.bytes += len(s.Block)
	}
	for r.bytes > r.max {
		r.drop(1)
		r.dropped++
	}
}

// expire drops ring slots that are older than the fine tier keeps.
func (r *Rollup) expire(now int64) {
	n := 0
	for n < len(r.ring) && r.ring[n].Start+r.ring[n].Step <= now-r.keep {
		n++
	}
	if n > 0 {
		r.drop(n)
	}
}

func (r *Rollup) drop(n int) {
	for _, s := range r.ring[:n] {
		r.bytes -= len(s.Block)
	}
	r.ring = slices.Delete(r.ring, 0, n)
}

// pack sorts rows, adds up those of one key and returns a block of its own.
func (r *Rollup) pack(rows ...[]Row) []byte {
	all := r.rows[:0]
	for _, part := range rows {
		all = append(all, part...)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Key.Compare(all[j].Key) < 0 })
	n := 0
	for _, row := range all {
		if n > 0 && all[n-1].Key == row.Key {
			all[n-1].Add(row.Values)
			continue
		}
		all[n] = row
		n++
	}
	r.buf = AppendBlock(r.buf[:0], all[:n])
	r.rows = all[:0]
	return slices.Clone(r.buf)
}

// Fine returns the step of the fine tier in seconds.
func (r *Rollup) Fine() int64 { return r.levels[0].step }

// Recent returns the fine tier's slots that begin at from or later, oldest
// first, the open one last. To is not needed: Sum and Totals leave out what
// lies outside of their query.
func (r *Rollup) Recent(from int64) []Slot {
	if !r.ticked {
		return nil
	}
	i, _ := slices.BinarySearchFunc(r.ring, from, func(s Slot, t int64) int {
		return int(min(max(s.Start+s.Step-1-t, -1), 1))
	})
	l := &r.levels[0]
	slots := slices.Clone(r.ring[i:])
	return append(slots, Slot{Step: l.step, Start: l.start, Block: r.pack(l.sums.rows)})
}

// Covers reports whether the fine tier reaches back to q.From and is fine enough
// to be worth it, so that Recent answers q better than the store.
func (r *Rollup) Covers(q Query) bool {
	if !r.ticked || len(r.levels) > 1 && q.want() >= r.levels[1].step {
		return false
	}
	oldest := r.levels[0].start
	if len(r.ring) > 0 {
		oldest = r.ring[0].Start
	}
	return q.From >= oldest
}

// Open returns the open slots of the stored tiers as they stand: the newest part
// of what the store is asked for.
func (r *Rollup) Open() []Slot {
	if !r.ticked {
		return nil
	}
	var slots []Slot
	parts := [][]Row{r.levels[0].sums.rows}
	for i := 1; i < len(r.levels); i++ {
		l := &r.levels[i]
		parts = append(parts, l.sums.rows)
		slots = append(slots, Slot{Step: l.step, Start: l.start, Block: r.pack(parts...)})
	}
	return slots
}

// Stats returns the present figures.
func (r *Rollup) Stats() Stats {
	s := Stats{MaxSeries: r.series, Slots: len(r.ring), Bytes: r.bytes, MaxBytes: r.max, Overflow: r.over, Dropped: r.dropped}
	for i := range r.levels {
		s.Series = max(s.Series, len(r.levels[i].sums.rows))
	}
	return s
}
