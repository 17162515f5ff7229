package store

import (
	"path/filepath"
	"testing"
	"time"

	"weir/internal/clock"
	"weir/internal/rollup"
)

// TestFutureIsNotNow has slots that a clock which was years ahead has left: they are
// not what is open, they do not keep the newest day from being summed up after a
// kill, and they leave when the time is known.
func TestFutureIsNotNow(t *testing.T) {
	const (
		now    = 1_760_090_400 // ten hours into a day
		day    = 1_760_054_400
		future = day + 7*365*clock.Day
	)
	trusted := false
	tiers := []rollup.Tier{{Step: hour, Keep: 90 * clock.Day}, {Step: clock.Day, Keep: 1000 * clock.Day}, {Step: clock.Month}}
	options := func() Options {
		return Options{Tiers: tiers, Now: func() time.Time { return time.Unix(now, 0) }, TimeTrusted: func() bool { return trusted }}
	}
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path, options())
	put := func(step, start int64, v uint64) {
		s.Append([]rollup.Slot{{Step: step, Start: clock.Calendar{}.Floor(start, step), Block: block(map[uint32]uint64{1: v})}})
	}
	for h := range int64(9) {
		put(hour, day+h*hour, 1)
	}
	for _, tier := range tiers {
		put(tier.Step, future, 1000)
	}
	closeAndCheck(t, s)
	s = open(t, path, options())
	if got := sumsByStart(t, s, clock.Day)[day]; got != 9 {
		t.Errorf("the newest day has %d hours, want 9", got)
	}
	err := s.scan(t.Context(), nil, func(r *reader) error {
		slot, ok, err := r.openSlot(clock.Day)
		if slot.Start != day || !ok {
			t.Errorf("open is %d, %t", slot.Start, ok)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	trusted = true
	if n, err := s.Prune(); err != nil || n != len(tiers) {
		t.Errorf("%d slots are pruned, want %d: %v", n, len(tiers), err)
	}
	for _, tier := range tiers {
		for start := range sumsByStart(t, s, tier.Step) {
			if start > now {
				t.Errorf("slot %d of tier %d s is in the future", start, tier.Step)
			}
		}
	}
}
