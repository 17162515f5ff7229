// Package clock tells what the wall clock is worth.
//
// Most routers have no battery-backed clock: they boot in 1970 or at the time of
// the newest file and jump by years when NTP answers. Durations are therefore
// taken from the monotonic clock, a Keeper says whether the date can be believed
// yet and what has to move when it is set, and a Watch only notices that it was.
//
// A Calendar cuts time into slots that follow the days and months of a zone,
// which ParseTZ reads without the files of zoneinfo.
//
// Nothing here grows. Calendars are values and zones never change; a Keeper and a
// Watch belong to one goroutine.
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
	ByNTP     Trust = "ntp"  // NTP confirmed the clock since it was last set
	ByDate    Trust = "date" // not confirmed, but the date can be true
)

// plausible says that a date can be true.
func plausible(wall time.Time) bool { return !wall.Before(Oldest) && !wall.After(Newest) }

// Trusted says what the wall clock is worth at now, as time.Now returned it, to
// somebody who looks once. See Keeper for who stays.
func Trusted(now time.Time) Trust {
	switch {
	case !plausible(now):
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
	NTP  bool          // the kernel says that something keeps the wall clock right
}

// Now reads both clocks.
func Now() Reading {
	now := time.Now()
	return Reading{Wall: now.Round(0), Up: uptime(now), NTP: synchronised()}
}

// The wall clock may drift from the other one between two observations by
// tolerance, and by a part in slewing of the time between them, before it counts
// as set: the kernel slews by 0.5 ms a second and drifts by less.
const (
	tolerance = 500 * time.Millisecond
	slewing   = 1000
)

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
	up := now.Up - last.Up
	if step := now.Wall.Sub(last.Wall) - up; step.Abs() > tolerance+up.Abs()/slewing {
		return step
	}
	return 0
}
