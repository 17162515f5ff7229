package rollup

import "weir/internal/clock"

// Slot is one closed stretch of time, or a part of one: what was counted of the
// same Step and Start adds up. Its block is shared and must not be written.
type Slot struct {
	Step  int64 // length in seconds, nominal for days and months; also names the tier
	Start int64 // seconds since the Unix epoch, where a slot of the calendar begins
	Block []byte
	// Cut is set in slots from memory of which not all series were kept: what a
	// series without a row moved then is not known, it is part of the Other of its
	// class.
	Cut bool
}

// Tier is one resolution and how long it is kept, both in seconds. Steps of whole
// clock.Days and clock.Months follow the calendar. Keep 0 is for ever.
type Tier struct {
	Step int64
	Keep int64
}

// DefaultTiers returns what is stored by default, finest first.
func DefaultTiers() []Tier {
	return []Tier{
		{Step: 60, Keep: 2 * clock.Day},
		{Step: 300, Keep: 14 * clock.Day},
		{Step: 3600, Keep: 90 * clock.Day},
		{Step: clock.Day, Keep: 3 * 365 * clock.Day},
		{Step: clock.Month},
	}
}

// DefaultFine returns what is kept in memory by default, finest first.
func DefaultFine() []Tier {
	return []Tier{{Step: 1, Keep: 600}, {Step: 10, Keep: 6 * 3600}}
}

// floor returns the largest multiple of step that is not above t, also for a
// time before 1970.
func floor(t, step int64) int64 {
	r := t % step
	if r < 0 {
		r += step
	}
	return t - r
}
