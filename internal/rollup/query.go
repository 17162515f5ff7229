package rollup

import (
	"errors"
	"fmt"
	"slices"
	"sort"

	"weir/internal/clock"
)

// MaxPoints bounds the points of one answer.
const MaxPoints = 2000

// Bounds of what Totals tells apart; the rest is Other.
const (
	maxTotals = 16384   // IDs beside Other
	maxID     = 1 << 17 // names are never forgotten, so there are larger IDs than members
)

// ErrQuery is returned, wrapped, for a query that cannot be answered.
var ErrQuery = errors.New("rollup: bad query")

// Query asks for one series, or for all of a class, over the time from From to
// before To, in seconds since the Unix epoch.
type Query struct {
	Class  Class
	ID     uint32
	Sub    uint32 // of a matrix
	Metric Metric
	From   int64
	To     int64
	Points int // at most this many, 1 to MaxPoints
	// Calendar says where days and months begin; the zero value is that of UTC.
	Calendar clock.Calendar
}

// Check returns an error that says what is wrong with q.
func (q Query) Check() error {
	switch {
	case q.Class >= NumClasses:
		return fmt.Errorf("%w: class %d", ErrQuery, q.Class)
	case q.Metric >= NumMetrics:
		return fmt.Errorf("%w: metric %d", ErrQuery, q.Metric)
	case q.From < 0 || q.To <= q.From || q.To > maxTime:
		return fmt.Errorf("%w: from %d to %d", ErrQuery, q.From, q.To)
	case q.Points < 1 || q.Points > MaxPoints:
		return fmt.Errorf("%w: %d points, 1 to %d can be asked for", ErrQuery, q.Points, MaxPoints)
	}
	return nil
}

// maxTime is the end of the year 9999: no query or slot lies beyond it.
const maxTime = 253402300800

// want is the step that would give exactly the points asked for.
func (q Query) want() int64 {
	points := int64(max(q.Points, 1))
	return max((q.To-q.From+points-1)/points, 1)
}

// Pick returns the index of the tier that answers q: the coarsest that is still
// fine enough for its points, else the finest. If that one does not reach back
// to q.From, as oldest(i) says for each tier, the next coarser one that reaches
// further back is taken.
func (q Query) Pick(tiers []Tier, oldest func(i int) int64) int {
	best := 0
	for i, t := range tiers {
		if t.Step <= q.want() {
			best = i
		}
	}
	for i := best + 1; i < len(tiers); i++ {
		if oldest(best) <= q.From {
			break
		}
		if oldest(i)+tiers[i].Step <= oldest(best) {
			best = i
		}
	}
	return best
}

// Series is a series over time. Point i covers Step seconds from Start + i·Step
// and its value is the sum over them. Where Known is false nothing was counted:
// a gap, not a zero.
type Series struct {
	Start, Step int64
	Starts      []int64 // where point i begins if Step follows the calendar, else nil
	Values      []uint64
	Known       []bool
}

// Sum adds slots up to the series of a query.
type Sum struct {
	q      Query
	tier   int64
	series Series
}

// NewSum returns an empty sum for slots of one tier. The step of the answer is
// a multiple of the tier's step, about the smallest that keeps within q.Points.
// Points are aligned to it, so that a sliding query does not shift its points,
// except when only one is asked for. The query must have passed Check.
func NewSum(q Query, tier int64) *Sum {
	step := floor(q.want()+tier-1, tier)
	start := floor(q.From, step)
	if q.Points == 1 {
		start = floor(q.From, tier)
		step = floor(q.To-start+tier-1, tier)
	}
	for points(start, q.To, step) > int64(q.Points) {
		step += floor(step/int64(q.Points), tier) + tier // the alignment cost a point
		start = floor(q.From, step)
	}
	n := points(start, q.To, step)
	return &Sum{q: q, tier: tier, series: Series{
		Start: start, Step: step, Values: make([]uint64, n), Known: make([]bool, n),
	}}
}

// points is how many steps cover from start to before to.
func points(start, to, step int64) int64 { return (to - start + step - 1) / step }

// Add adds a slot; one of another tier or outside of the query is left out.
func (s *Sum) Add(slot Slot) error {
	if slot.Step != s.tier || slot.Start < floor(s.q.From, s.tier) || slot.Start >= s.q.To {
		return nil
	}
	v, _, err := Find(slot.Block, Key{s.q.Class, s.q.ID, s.q.Sub})
	if err != nil {
		return fmt.Errorf("slot %d: %w", slot.Start, err)
	}
	i := (slot.Start - s.series.Start) / s.series.Step
	s.series.Values[i] += s.q.Metric.Of(v)
	s.series.Known[i] = true
	return nil
}

// Series returns the sum so far.
func (s *Sum) Series() Series { return s.series }

// Amount is the sum of one series over a period.
type Amount struct {
	ID  uint32
	Sub uint32 // of a matrix
	Values
}

// Totals adds slots up to a sum per series of a class.
type Totals struct {
	q     Query
	tier  int64
	place []uint16 // by ID: the index into sums plus 1, 0 for none
	sums  []Amount // the first is Other's
	other bool     // Other was met
}

// NewTotals returns empty totals for slots of one tier.
func NewTotals(q Query, tier int64) *Totals {
	return &Totals{q: q, tier: tier, place: []uint16{Other: 1}, sums: []Amount{{ID: Other}}}
}

// Add adds a slot; one of another tier or outside of the query is left out. A
// slot counts as a whole, so the ends are exact to one step of the tier.
func (t *Totals) Add(slot Slot) error {
	if slot.Step != t.tier || slot.Start < floor(t.q.From, t.tier) || slot.Start >= t.q.To {
		return nil
	}
	it := NewClassIter(slot.Block, t.q.Class)
	for it.Next() {
		t.sums[t.placeOf(it.row.ID)].Add(it.row.Values)
	}
	if it.Err() != nil {
		return fmt.Errorf("slot %d: %w", slot.Start, it.Err())
	}
	return nil
}

// placeOf returns the index of an ID's sum, making it when it is new.
func (t *Totals) placeOf(id uint32) int {
	if id < uint32(len(t.place)) && t.place[id] != 0 {
		t.other = t.other || id == Other
		return int(t.place[id]) - 1
	}
	if id >= maxID || len(t.sums) > maxTotals {
		t.other = true
		return 0
	}
	if missing := int(id) + 1 - len(t.place); missing > 0 {
		t.place = append(t.place, make([]uint16, missing)...)
	}
	t.sums = append(t.sums, Amount{ID: id})
	t.place[id] = uint16(len(t.sums))
	return len(t.sums) - 1
}

// Top returns the limit largest by the query's metric, largest first, and the
// number of series that there are. Equal ones stand in the order of their IDs.
func (t *Totals) Top(limit int) ([]Amount, int) {
	all := slices.Clone(t.sums)
	if !t.other {
		all = all[1:]
	}
	sort.Slice(all, func(i, j int) bool {
		if a, b := t.q.Metric.Of(all[i].Values), t.q.Metric.Of(all[j].Values); a != b {
			return a > b
		}
		return all[i].ID < all[j].ID
	})
	return all[:max(min(limit, len(all)), 0)], len(all)
}
