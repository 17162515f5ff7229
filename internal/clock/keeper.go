package clock

import (
	"sync/atomic"
	"time"
)

// DefaultSettle is how long a date that NTP did not confirm has to stand before
// it is believed: the time in which a booting machine tends to be set.
const DefaultSettle = 10 * time.Second

// leastMove is the step from which on something has to move: the finest slots
// that are stored are as long. Smaller ones are leap seconds and corrections of
// a clock that was as good as right.
const leastMove = time.Minute

// Keeper watches the clocks and tells whether the wall clock can be believed and
// what to do when it is set. The zero value is ready for use. Look is for one
// goroutine, Confirm for any.
//
// A clock that NTP confirmed stays confirmed, whether NTP goes on to be heard or
// not, until it is set by something else: it is off by its drift at most.
type Keeper struct {
	Settle time.Duration // 0: DefaultSettle

	hint  atomic.Bool // Confirm was called
	heard bool        // it was before the last Look

	watch     Watch
	begun     bool
	confirmed bool
	stable    time.Duration // uptime since which the clock was not set
	since     time.Time     // the first moment, as the clock goes now, that is not confirmed
	from, to  time.Time     // see Wrong
}

// Confirm says that the wall clock has just been set right or found to be: what
// the hotplug event of an NTP client tells. It counts from the Look after the
// next one on, so that one which read the clock before it was set is not
// believed.
func (k *Keeper) Confirm() { k.hint.Store(true) }

// Look takes a reading, one a second or so, and returns what the wall clock is
// worth, and by how much it was set since the Look before, 0 if it was not. What
// is in memory for its age, like the times of open flows, always shifts by step.
//
// move says that the clock had not been confirmed before it was set: what was
// counted since Wrong's beginning stands at wrong times and has to move by step.
// The step of a confirmed clock moves nothing that was counted.
func (k *Keeper) Look(now Reading) (trust Trust, step time.Duration, move bool) {
	step = k.watch.Step(now)
	switch {
	case !k.begun:
		k.begun, k.stable, k.since = true, now.Up, now.Wall
	case step.Abs() >= leastMove:
		move = k.set(now, step)
	}
	if heard := k.heard || now.NTP; heard && plausible(now.Wall) {
		k.confirmed = true
	}
	k.heard = k.hint.Swap(false)
	return k.trust(now), step, move
}

// set notes that the clock was set and says whether what was counted has to move.
func (k *Keeper) set(now Reading, step time.Duration) (move bool) {
	if k.confirmed {
		k.since = now.Wall
	} else {
		k.from, k.to = k.since, now.Wall.Add(-step)
		k.since = k.since.Add(step)
	}
	move = !k.confirmed
	k.confirmed, k.stable = false, now.Up
	return move
}

func (k *Keeper) trust(now Reading) Trust {
	settle := k.Settle
	if settle == 0 {
		settle = DefaultSettle
	}
	switch {
	case !plausible(now.Wall):
		return Untrusted
	case k.confirmed:
		return ByNTP
	case now.Up-k.stable >= settle:
		return ByDate
	}
	return Untrusted
}

// Wrong returns which times, of the clock as it was before, have to move after
// Look said so: from the start of the Keeper, or from the moment at which a
// confirmed clock was set to something that was not, to right before the step. A
// slot that from lies in belongs to them. It is not defined at other times.
func (k *Keeper) Wrong() (from, to time.Time) { return k.from, k.to }
