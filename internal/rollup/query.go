package rollup

import (
	"errors"
	"fmt"

	"weir/internal/clock"
)

// MaxPoints bounds the points of one answer.
const MaxPoints = 2000

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
	// Finest is the step, in seconds, of the finest tier that the class is kept in,
	// as Rollup.Finest says; 0 is for that of DefaultLevels. Where it is NotKept, what
	// was counted before is found, and a slot that has nothing of the class is a gap.
	Finest int64
	// Whole has the ID that stands for another one, by the other's: what was counted
	// under the other counts as its own. Of a matrix it goes for rows. It is read only.
	Whole map[uint32]uint32
}

// whole returns the ID that stands for another one.
func (q *Query) whole(id uint32) uint32 {
	if w, ok := q.Whole[id]; ok {
		return w
	}
	return id
}

// parts returns the IDs under which the series of q was counted, its own first.
func (q *Query) parts() []uint32 {
	parts := []uint32{q.ID}
	for id, w := range q.Whole {
		if w == q.ID && id != q.ID {
			parts = append(parts, id)
		}
	}
	return parts
}

// NotKept is the Finest of a class of which nothing is kept at present.
const NotKept = -1

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

// finest returns the step of the finest tier that can answer q.
func (q Query) finest() int64 {
	if _, _, matrix := q.Class.Matrix(); matrix {
		return max(q.Finest, clock.Day)
	}
	if q.Finest <= 0 && DefaultLevels()[q.Class] == Light {
		return hour
	}
	return max(q.Finest, 0)
}

// Pick returns the index of the tier that answers q: the coarsest that is still
// fine enough for its points, else the finest. If that one does not reach back
// to q.From, as oldest(i) says for each tier, the next coarser one that reaches
// further back is taken. No tier is taken that is too fine to have the class, if
// there is a coarser one.
func (q Query) Pick(tiers []Tier, oldest func(i int) int64) int {
	best := 0
	for best < len(tiers)-1 && tiers[best].Step < q.finest() {
		best++
	}
	for i := best + 1; i < len(tiers); i++ {
		if tiers[i].Step <= q.want() {
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
