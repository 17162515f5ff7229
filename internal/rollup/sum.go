package rollup

import (
	"fmt"
	"slices"
	"sort"

	"weir/internal/clock"
)

// Series is a series over time. Point i covers Step seconds from Start + i·Step,
// or, if Step is a number of clock.Days or clock.Months, such of the calendar from
// Starts[i]. Its value is the sum over them. Where Known is false nothing was
// counted: a gap, not a zero.
type Series struct {
	Start, Step int64
	Starts      []int64 // nil unless Step follows the calendar
	Values      []uint64
	Known       []bool
}

// period is what a query asks for of one tier.
type period struct {
	tier     int64
	from, to int64 // whole slots
}

func periodOf(q Query, tier int64) period {
	return period{tier, q.Calendar.Floor(q.From, tier), q.Calendar.Next(q.Calendar.Floor(q.To-1, tier), tier)}
}

// place returns a moment of the slot's calendar slot, and whether that is asked
// for. It is the middle: a slot may begin a little before the one that it belongs
// to, if the zone was another then.
func (p *period) place(slot *Slot) (at int64, ok bool) {
	if slot.Step != p.tier || slot.Start > maxTime || slot.Start < -maxTime {
		return 0, false
	}
	at = slot.Start + slot.Step/2
	return at, at >= p.from && at < p.to
}

// Sum adds slots up to the series of a query.
type Sum struct {
	q      Query
	parts  []uint32
	period period
	series Series
	end    int64    // of the last point
	counts []uint64 // observations, of a metric that needs them
	lost   []bool   // a part of the point is in Other
	matrix bool     // what is lost of a cell is small: it only matters where the cell has nothing
}

// NewSum returns an empty sum for slots of one tier. The step of the answer is
// a multiple of the tier's step, about the smallest that keeps within q.Points.
// Points are aligned to it, so that a sliding query does not shift its points,
// except when only one is asked for: the first and the last point may begin before
// q.From and end after q.To, but have no more than the slots that these lie in and
// those between. The query must have passed Check.
func NewSum(q Query, tier int64) *Sum {
	s := &Sum{q: q, parts: q.parts(), period: periodOf(q, tier)}
	_, _, s.matrix = q.Class.Matrix()
	n := 0
	switch {
	case q.Points == 1:
		n, s.end = 1, s.period.to
		s.series.Start = s.period.from
		s.series.Step = max(floor(s.end-s.period.from+tier/2, tier), tier)
		if tier%clock.Day == 0 {
			s.series.Starts = []int64{s.period.from}
		}
	case tier%clock.Day == 0:
		n = s.alignDates()
	default:
		n = s.align()
	}
	s.series.Values, s.series.Known, s.lost = make([]uint64, n), make([]bool, n), make([]bool, n)
	if _, needed := q.Metric.over(Values{}); needed {
		s.counts = make([]uint64, n)
	}
	return s
}

// align chooses points of equal length and returns how many there are.
func (s *Sum) align() int {
	q, tier := &s.q, s.period.tier
	step := floor(q.want()+tier-1, tier)
	start := q.Calendar.Floor(q.From, step)
	for points(start, q.To, step) > int64(q.Points) {
		step += floor(step/int64(q.Points), tier) + tier // the alignment cost a point
		start = q.Calendar.Floor(q.From, step)
	}
	n := points(start, q.To, step)
	s.series.Start, s.series.Step, s.end = start, step, start+n*step
	return int(n)
}

// points is how many steps cover from start to before to.
func points(start, to, step int64) int64 { return (to - start + step - 1) / step }

// alignDates chooses points of whole days or months and returns how many there are.
func (s *Sum) alignDates() int {
	q, tier := &s.q, s.period.tier
	// A month is at most a thirtieth longer than its name says, a day an hour.
	least := (q.To - q.From) / int64(q.Points)
	for k := max(least/(tier+tier/24), 1); ; k += k/16 + 1 {
		step := k * tier
		starts := make([]int64, 0, 16)
		at := q.Calendar.Floor(q.From, step)
		for at < q.To && len(starts) < q.Points {
			starts = append(starts, at)
			at = q.Calendar.Next(at, step)
		}
		if at >= q.To {
			s.series.Start, s.series.Step, s.series.Starts, s.end = starts[0], step, starts, at
			return len(starts)
		}
	}
}

// Add adds a slot; one of another tier or outside of the query is left out.
func (s *Sum) Add(slot Slot) error {
	at, ok := s.period.place(&slot)
	if !ok || at < s.series.Start || at >= s.end {
		return nil
	}
	i := s.index(at)
	v, found, err := s.find(&slot)
	if err == nil && !found && (slot.Cut || s.matrix) {
		_, rest, other := Find(slot.Block, Key{Class: s.q.Class})
		s.lost[i], err = s.lost[i] || rest, other
	}
	if err != nil {
		return fmt.Errorf("slot %d: %w", slot.Start, err)
	}
	if it := NewIDIter(slot.Block, s.q.Class); !found && s.q.Finest == NotKept && !it.Next() {
		return nil // nobody counted it
	}
	s.series.Known[i] = true
	if s.counts != nil {
		n, _ := s.q.Metric.over(v)
		s.counts[i] += n
	}
	if s.q.Metric == RTT {
		s.series.Values[i] += v.RTTSum
	} else {
		s.series.Values[i] += s.q.Metric.Of(v)
	}
	return nil
}

// find returns what a slot has of the series, and whether it has anything.
func (s *Sum) find(slot *Slot) (sum Values, found bool, err error) {
	for _, id := range s.parts {
		v, ok, err := Find(slot.Block, Key{s.q.Class, id, s.q.Sub})
		if err != nil {
			return sum, false, err
		}
		sum.Add(v)
		found = found || ok
	}
	return sum, found, nil
}

// index returns the point that a moment between the first and the end lies in.
func (s *Sum) index(at int64) int {
	switch starts := s.series.Starts; {
	case len(s.series.Values) == 1:
		return 0
	case starts != nil:
		return sort.Search(len(starts), func(i int) bool { return starts[i] > at }) - 1
	}
	return int((at - s.series.Start) / s.series.Step)
}

// Series returns the sum so far.
func (s *Sum) Series() Series {
	out := s.series
	out.Values, out.Known = slices.Clone(out.Values), slices.Clone(out.Known)
	for i := range out.Values {
		if s.counts != nil {
			out.Known[i] = s.counts[i] > 0
		}
		if s.q.Metric == RTT {
			out.Values[i] /= max(s.counts[i], 1)
		}
		if s.lost[i] && !(s.matrix && out.Values[i] > 0) {
			out.Values[i], out.Known[i] = 0, false
		}
	}
	return out
}
