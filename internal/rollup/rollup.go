package rollup

import (
	"errors"
	"fmt"

	"weir/internal/clock"
)

// Config bounds a Rollup. Zero fields take their defaults.
type Config struct {
	Fine      []Tier            // kept in memory, finest first; default DefaultFine, none if empty and not nil
	Tiers     []Tier            // handed out as slots, finest first; default DefaultTiers
	Levels    [NumClasses]Level // what is kept of each class; default DefaultLevels, if all are None
	Calendar  clock.Calendar    // where days and months begin
	MaxSeries int               // series per slot; default 2048, 16384 at most. More go to Other
	MaxCells  int               // cells of the matrices in an hour; default 512. More go to Other
	MaxBytes  int               // of what is kept in memory; default 512 KiB
	Busiest   int               // series of a slot in memory; default 100. The rest goes to Other
}

// Defaults of Config.
const (
	DefaultMaxSeries = 2048
	DefaultMaxCells  = 512
	DefaultMaxBytes  = 512 << 10
	DefaultBusiest   = 100
)

// hour is the length of the parts that a matrix is handed out in, and the finest
// step of what is kept Light.
const hour = 3600

// ErrTiers is returned, wrapped, by New for tiers that do not nest.
var ErrTiers = errors.New("rollup: each tier's step must be a multiple of the finer one's")

// Rollup accumulates what the engine counts. It is not safe for concurrent use:
// every method runs under the engine's lock. The slots it returns may leave it.
//
// The clock. Slots follow the wall clock that Tick and Hold are given. While its
// date is not known, Hold is called in place of Tick: sums are put by minutes, and
// the first Tick finds their slots. Move says that the clock was wrong by so much
// until now, and what is not handed out yet moves along. Without Move, what was
// counted stays where it is: when now jumps forward, the open slots close at their
// own starts and the slots between are a gap; when it steps back, what is in an open
// slot that would begin after now goes to that of now. No slot is handed out that
// begins after now.
type Rollup struct {
	cal        clock.Calendar
	maxSeries  int
	maxEntries int
	busiest    int
	base       [NumClasses]int // level that a class is counted in, -1 for none
	index      table
	// levels has the tiers, finest first: those of rings, then the stored ones.
	// One more behind them holds the cells of the matrices.
	levels []level
	rings  []ring
	begun  bool // the levels of the rings have starts
	dated  bool // so have the stored ones, and the cells
	now    int64
	wait   pending
	out    []Slot    // what the next Tick returns
	rows   []Row     // scratch of pack
	sorter keySorter // scratch of rowsOf
	buf    []byte    // scratch of pack
	empty  []byte    // the block of a slot in which nothing was counted
	over   uint64
	drops  uint64
}

// Stats are a Rollup's own figures.
type Stats struct {
	Series, MaxSeries int    // in the largest open slot
	Cells, MaxCells   int    // of matrices since they were handed out
	Slots             int    // closed slots in memory
	Bytes, MaxBytes   int    // that those take
	Pending           int    // slots that wait for the clock
	Overflow          uint64 // additions that went to Other because a slot was full
	Dropped           uint64 // slots dropped from memory before their time because of MaxBytes
}

// New returns an empty Rollup.
func New(c Config) (*Rollup, error) {
	c = withDefaults(c)
	r := &Rollup{
		cal: c.Calendar, index: newTable(), empty: AppendBlock(nil, nil),
		maxSeries: c.MaxSeries, maxEntries: 2*c.MaxSeries + c.MaxCells, busiest: c.Busiest,
	}
	if len(c.Tiers) == 0 || len(c.Fine)+len(c.Tiers) >= maxLevels {
		return nil, fmt.Errorf("%w: %d tiers, 1 to %d can be", ErrTiers, len(c.Tiers), maxLevels-1-len(c.Fine))
	}
	prev := int64(1)
	for i, t := range append(append([]Tier(nil), c.Fine...), c.Tiers...) {
		if t.Step <= 0 || t.Step%prev != 0 || i < len(c.Fine) && t.Step >= hour {
			return nil, fmt.Errorf("%w: %d s after %d s", ErrTiers, t.Step, prev)
		}
		prev = t.Step
		r.levels = append(r.levels, level{step: t.Step, max: c.MaxSeries})
	}
	r.levels = append(r.levels, level{step: hour, max: c.MaxCells})
	for i, t := range c.Fine {
		g := ring{keep: t.Keep, max: c.MaxBytes / len(c.Fine)}
		if len(c.Fine) == 2 { // the finer one has fewer slots
			g.max = c.MaxBytes * (3 + 2*i) / 8
		}
		r.rings = append(r.rings, g)
	}
	r.SetLevels(c.Levels)
	return r, nil
}

func withDefaults(c Config) Config {
	if c.Fine == nil {
		c.Fine = DefaultFine()
	}
	if c.Tiers == nil {
		c.Tiers = DefaultTiers()
	}
	if c.Levels == [NumClasses]Level{} {
		c.Levels = DefaultLevels()
	}
	or := func(n *int, other, most int) {
		if *n <= 0 {
			*n = other
		}
		*n = min(*n, most)
	}
	or(&c.MaxSeries, DefaultMaxSeries, 16384)
	or(&c.MaxCells, DefaultMaxCells, 16384)
	or(&c.MaxBytes, DefaultMaxBytes, 1<<30)
	or(&c.Busiest, DefaultBusiest, c.MaxSeries)
	return c
}

// SetLevels says what is kept of each class from now on. What was counted stays.
func (r *Rollup) SetLevels(levels [NumClasses]Level) {
	for c := range r.base {
		_, _, matrix := Class(c).Matrix()
		switch {
		case levels[c] == None:
			r.base[c] = -1
		case matrix:
			if r.base[c] = r.cells(); r.levels[r.last()].step < clock.Day {
				r.base[c] = -1
			}
		case levels[c] == Full:
			r.base[c] = 0
		default:
			r.base[c] = r.stored()
			for r.base[c] < r.last() && r.levels[r.base[c]].step < hour {
				r.base[c]++
			}
		}
	}
}

// Finest returns the step, in seconds, of the finest stored tier that a class is
// kept in, NotKept for one of which nothing is.
func (r *Rollup) Finest(c Class) int64 {
	if c >= NumClasses || r.base[c] < 0 {
		return NotKept
	}
	if r.base[c] < r.stored() {
		return r.levels[r.stored()].step
	}
	if r.base[c] == r.cells() {
		return clock.Day
	}
	return r.levels[r.base[c]].step
}

// stored, last and cells are the levels of the finest and the coarsest stored tier
// and of the matrices.
func (r *Rollup) stored() int { return len(r.rings) }
func (r *Rollup) last() int   { return len(r.levels) - 2 }
func (r *Rollup) cells() int  { return len(r.levels) - 1 }

// Add accounts v to one series in the open slot. A new series that the slot has
// no room for is accounted to the class's Other.
func (r *Rollup) Add(class Class, id uint32, v Values) {
	r.AddCell(class, id, 0, v)
}

// AddCell is Add for a cell of a matrix: id is its row's handle and sub its
// column's.
func (r *Rollup) AddCell(class Class, id, sub uint32, v Values) {
	if i := r.base[class]; i >= 0 {
		r.count(i, Key{class, id, sub}, &v)
	}
}

// Stats returns the present figures.
func (r *Rollup) Stats() Stats {
	s := Stats{
		MaxSeries: r.maxSeries, Cells: len(r.levels[r.cells()].refs), MaxCells: r.levels[r.cells()].max,
		Pending: len(r.wait.parts), Overflow: r.over, Dropped: r.drops,
	}
	for i := range r.levels[:r.cells()] {
		s.Series = max(s.Series, len(r.levels[i].refs))
	}
	for i := range r.rings {
		s.Slots += len(r.rings[i].slots)
		s.Bytes += r.rings[i].bytes
		s.MaxBytes += r.rings[i].max
	}
	return s
}
