package rollup

// Slot is one closed stretch of time. Its block is shared and must not be
// written.
type Slot struct {
	Step  int64 // length in seconds; also names the tier
	Start int64 // seconds since the Unix epoch, a multiple of Step
	Block []byte
}

// Tier is one resolution and how long it is kept, both in seconds.
type Tier struct {
	Step int64
	Keep int64
}

// DefaultTiers returns what is stored by default, finest first: 5 min for 14
// days and 1 h for 90 days.
func DefaultTiers() []Tier {
	return []Tier{{Step: 300, Keep: 14 * day}, {Step: 3600, Keep: 90 * day}}
}

const day = 24 * 3600

// floor returns the start of the slot of length step that t lies in, also for a
// time before 1970.
func floor(t, step int64) int64 {
	r := t % step
	if r < 0 {
		r += step
	}
	return t - r
}
