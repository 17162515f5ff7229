// Package clock tells what the wall clock is worth.
//
// Most routers have no battery-backed clock: they boot in 1970 or at the time of
// the newest file and jump by years when NTP answers. Durations are therefore
// taken from the monotonic clock, a Watch notices when the wall clock was set,
// and Trusted says whether its date can be believed yet.
package clock

import "time"

// Oldest is the earliest date that can be true: this program did not exist before.
var Oldest = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// Newest is the latest date that is believed without NTP.
var Newest = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

// Trust is why, or that not, the wall clock is believed.
type Trust string

// The degrees of trust.
const (
	Untrusted Trust = ""     // before Oldest or after Newest
	ByNTP     Trust = "ntp"  // the kernel's clock is synchronised
	ByDate    Trust = "date" // not synchronised, but the date can be true
)

// Trusted says what the wall clock is worth at now, as time.Now returned it.
func Trusted(now time.Time) Trust {
	switch {
	case now.Before(Oldest) || now.After(Newest):
		return Untrusted
	case synchronised():
		return ByNTP
	default:
		return ByDate
	}
}

// Reading is one look at both clocks.
type Reading struct {
	Wall time.Time     // without a monotonic part
	Up   time.Duration // since some fixed moment, suspended time included
}

// Now reads both clocks.
func Now() Reading {
	now := time.Now()
	return Reading{Wall: now.Round(0), Up: uptime(now)}
}

// tolerance is how far the wall clock may drift from the other one between two
// observations before it counts as set: NTP slews by 0.5 ms a second at most.
const tolerance = 500 * time.Millisecond

// Watch notices steps of the wall clock. The zero value is ready for use.
type Watch struct{ last Reading }

// Step returns by how much the wall clock was set since the observation before,
// 0 if it was not.
func (w *Watch) Step(now Reading) time.Duration {
	last := w.last
	w.last = now
	if last.Wall.IsZero() {
		return 0
	}
	if step := now.Wall.Sub(last.Wall) - (now.Up - last.Up); step.Abs() > tolerance {
		return step
	}
	return 0
}
