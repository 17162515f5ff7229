package clock

import "time"

// Day and Month are the nominal lengths, in seconds, that name the two steps
// which follow the calendar instead of the seconds: local days and local months.
// Their multiples are calendar steps too: 12*Month is a year.
const (
	Day   int64 = 86400
	Month int64 = 30 * Day
)

const hour int64 = 3600

// far is where a calendar ends, in 2177 years and as many before 1970: times
// beyond it were never measured, and steps longer than it were never meant.
const far int64 = 1 << 36

// Calendar cuts time into slots that follow the days and months of a zone. It is
// a value: copy it freely, use it from any goroutine.
//
// Slots of one step cover all time without gap or overlap, and finer slots nest
// in coarser ones as long as their lengths divide each other, Zone is off UTC by
// a multiple of 15 minutes, as every zone has been since 1972, and changes to
// summer time happen on such minutes:
//
//   - below an hour: multiples of the step, the same everywhere
//   - from an hour on: multiples of the step, shifted where the zone is off UTC by
//     a part of an hour. Where summer time moves that part (Lord Howe) a short
//     slot lies at the change
//   - n*Day: n local days, counted from the first of January 1970, unless it is
//   - n*Month: n local months, counted from the January of year 0
//
// A day begins when its date has come for good: a midnight that is skipped moves
// to the change that skipped it, one that comes twice with its date in between
// taken back counts the second time. A date that never was has no slot. Times
// that lie two thousand years from 1970 are cut into multiples of the step,
// whatever it is.
type Calendar struct {
	Zone *time.Location // nil: UTC
}

// Floor returns the start of the slot of step seconds that t, in Unix seconds,
// lies in. A step below 1 is taken as 1.
func (c Calendar) Floor(t, step int64) int64 {
	switch {
	case step <= 1:
		return t
	case !c.follows(t, step):
		return floor(t, step)
	case step%Month == 0:
		n := step / Month
		return c.floorBy(t, floor(c.monthOf(t), n), n, c.monthStart)
	case step%Day == 0:
		n := step / Day
		return c.floorBy(t, floor(c.dayOf(t), n), n, c.dayStart)
	}
	offset, from, _ := c.zoneAt(t)
	start := floor(t+part(offset), step) - part(offset)
	if start < from && c.partChanged(from, offset) {
		return from
	}
	return start
}

// Next returns the end of the slot of step seconds that start lies in, which is
// the start of the following one.
func (c Calendar) Next(start, step int64) int64 {
	switch {
	case step <= 1:
		return start + 1
	case !c.follows(start, step):
		return floor(start, step) + step
	case step%Month == 0:
		n := step / Month
		return nextBy(start, floor(c.monthOf(start), n), n, c.monthStart)
	case step%Day == 0:
		n := step / Day
		return nextBy(start, floor(c.dayOf(start), n), n, c.dayStart)
	}
	offset, _, to := c.zoneAt(start)
	end := floor(start+part(offset), step) - part(offset) + step
	if end > to {
		if next, _, _ := c.zoneAt(to); part(next) != part(offset) {
			return to
		}
	}
	return end
}

// Date returns the moment when a local date begins, as Floor has it. Like
// time.Date it takes days and months that are out of range for what they come to.
func (c Calendar) Date(year int, month time.Month, day int) int64 {
	return c.begin(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix())
}

// follows says that slots of the step follow the zone or the calendar around t.
func (c Calendar) follows(t, step int64) bool {
	return -far < t && t < far && step < far && (step%Day == 0 || step >= hour && c.Zone != nil)
}

// floorBy finds the last multiple of n, from i downwards, that begins at or
// before t: i is the one that t's date lies in, which may not have come for good.
func (c Calendar) floorBy(t, i, n int64, begin func(int64) int64) int64 {
	start := begin(i)
	for start > t {
		i -= n
		start = begin(i)
	}
	return start
}

// nextBy finds the first multiple of n after i that begins after start.
func nextBy(start, i, n int64, begin func(int64) int64) int64 {
	for {
		if end := begin(i); end > start {
			return end
		}
		i += n
	}
}

// monthOf counts the months from year 0 to t's.
func (c Calendar) monthOf(t int64) int64 {
	offset, _, _ := c.zoneAt(t)
	year, month, _ := time.Unix(t+offset, 0).UTC().Date()
	return int64(year)*12 + int64(month-time.January)
}

func (c Calendar) monthStart(i int64) int64 {
	year := floor(i, 12) / 12
	month := time.January + time.Month(i-year*12)
	return c.begin(time.Date(int(year), month, 1, 0, 0, 0, 0, time.UTC).Unix())
}

// dayOf counts the local days from the first of January 1970 to t's.
func (c Calendar) dayOf(t int64) int64 {
	offset, _, _ := c.zoneAt(t)
	return floor(t+offset, Day) / Day
}

func (c Calendar) dayStart(i int64) int64 { return c.begin(i * Day) }

// begin returns the moment from which on the local date never is before the one
// whose midnight in UTC is given.
func (c Calendar) begin(midnight int64) int64 {
	if c.Zone == nil {
		return midnight
	}
	// No zone is off by more than 25 hours: the date has come everywhere by then.
	// The zone's periods before are looked through from the last one backwards.
	end := midnight + 26*hour
	for {
		offset, from, _ := c.zoneAt(end - 1)
		if at := midnight - offset; at > from {
			return min(at, end)
		}
		end = from
	}
}

// zoneAt returns the zone's offset from UTC at t in seconds and from when to when
// it holds. Before 1970 it is what it was then: the time package evaluates no
// POSIX text there.
func (c Calendar) zoneAt(t int64) (offset, from, to int64) {
	from, to = -2*far, 2*far
	if c.Zone == nil {
		return 0, from, to
	}
	at := time.Unix(max(t, 0), 0).In(c.Zone)
	_, seconds := at.Zone()
	start, end := at.ZoneBounds()
	if !start.IsZero() && start.Unix() > 0 {
		from = min(start.Unix(), t)
	}
	if !end.IsZero() {
		to = max(end.Unix(), t+1)
	}
	return int64(seconds), from, to
}

// partChanged says whether the part of an hour by which the zone is off was
// another one before the moment from.
func (c Calendar) partChanged(from, offset int64) bool {
	before, _, _ := c.zoneAt(from - 1)
	return part(before) != part(offset)
}

// part is the part of an hour, 0 … 3599 s, in an offset.
func part(offset int64) int64 { return offset - floor(offset, hour) }

// floor rounds t down to a multiple of step, also before 1970.
func floor(t, step int64) int64 {
	r := t % step
	if r < 0 {
		r += step
	}
	return t - r
}
