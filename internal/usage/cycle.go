package usage

import (
	"time"

	"weir/internal/clock"
)

// CycleKind is what a Cycle repeats.
type CycleKind string

// Kinds of cycles.
const (
	Daily   CycleKind = "day"
	Weekly  CycleKind = "week"
	Monthly CycleKind = "month"
	Yearly  CycleKind = "year"
	EveryN  CycleKind = "days" // Every days from Start.Date
)

// Start is where a cycle begins.
type Start struct {
	Day  int       // of the month or week (1 is Monday); -1: the last; 0: see Date
	Date time.Time // midnight UTC of a date; zero: see Day
}

// Cycle is the period after which accounting begins anew, at a local midnight.
// The zero value is a calendar month. A day that a month does not have is its
// last one; a year begins in January unless Start is a date.
type Cycle struct {
	Kind  CycleKind
	Start Start
	Every int // days of an EveryN cycle, at least 1
}

// Span returns the cycle that now lies in: its beginning, and its end, which the
// next one begins with. A nil zone is UTC.
func (c Cycle) Span(now time.Time, zone *time.Location) (from, to time.Time) {
	return c.Back(now, zone, 0)
}

// Back returns the cycle that is n cycles before the one of now.
func (c Cycle) Back(now time.Time, zone *time.Location, n int) (from, to time.Time) {
	if zone == nil {
		zone = time.UTC
	}
	calendar := clock.Calendar{Zone: zone}
	begin := func(i int) int64 { return calendar.Date(c.date(i)) }
	// A date may begin a little after its midnight, so that the cycle of the local
	// date is a neighbour of the one that is meant at most.
	i := c.index(now.In(zone))
	for begin(i) > now.Unix() {
		i--
	}
	for begin(i+1) <= now.Unix() {
		i++
	}
	return time.Unix(begin(i-n), 0).In(zone), time.Unix(begin(i-n+1), 0).In(zone)
}

// monday is the first Monday's number in days from the first of January 1970.
const monday = 4

// index returns the number of a cycle that now's date lies in or next to.
func (c Cycle) index(now time.Time) int {
	year, month, day := now.Date()
	days := dayNumber(year, month, day)
	switch c.Kind {
	case Daily:
		return days
	case Weekly:
		return floorDiv(days-monday-c.weekday(), 7)
	case Yearly:
		return year
	case EveryN:
		return floorDiv(days-dayNumber(c.Start.Date.UTC().Date()), max(c.Every, 1))
	}
	return year*12 + int(month-time.January)
}

// date returns the date that the cycle with a number begins with.
func (c Cycle) date(i int) (int, time.Month, int) {
	switch c.Kind {
	case Daily:
		return 1970, time.January, 1 + i
	case Weekly:
		return 1970, time.January, 1 + monday + c.weekday() + 7*i
	case Yearly:
		if !c.Start.Date.IsZero() {
			return dayOf(i, c.Start.Date.UTC().Month(), c.Start.Date.UTC().Day())
		}
		return dayOf(i, time.January, c.Start.Day)
	case EveryN:
		year, month, day := c.Start.Date.UTC().Date()
		return year, month, day + max(c.Every, 1)*i
	}
	day := c.Start.Day
	if !c.Start.Date.IsZero() {
		day = c.Start.Date.UTC().Day()
	}
	year := floorDiv(i, 12)
	return dayOf(year, time.January+time.Month(i-12*year), day)
}

// weekday returns the first day of a week, 0 for Monday.
func (c Cycle) weekday() int {
	switch {
	case !c.Start.Date.IsZero():
		return (int(c.Start.Date.UTC().Weekday()) + 6) % 7
	case c.Start.Day >= 1 && c.Start.Day <= 7:
		return c.Start.Day - 1
	case c.Start.Day == -1:
		return 6
	}
	return 0
}

// dayOf returns a day of a month, the last one for what it does not have and for
// -1, and the first for 0.
func dayOf(year int, month time.Month, day int) (int, time.Month, int) {
	last := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
	if day < 0 || day > last {
		day = last
	}
	return year, month, max(day, 1)
}

// dayNumber counts days from the first of January 1970.
func dayNumber(year int, month time.Month, day int) int {
	return int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / clock.Day)
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
