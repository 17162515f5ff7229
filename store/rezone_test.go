package store

import (
	"path/filepath"
	"testing"

	"weir/internal/clock"
	"weir/internal/rollup"
)

// TestSeriesInAnotherZone asks for local days and hours of what was counted by those of
// UTC, before the router was told its zone: each slot is found, in one point.
func TestSeriesInAnotherZone(t *testing.T) {
	const day0 = 1_760_054_400 // a midnight of UTC
	for _, text := range []string{"EST5", "CET-1", "<+0530>-5:30", "NZST-12"} {
		zone, err := clock.ParseTZ(text)
		if err != nil {
			t.Fatal(err)
		}
		cal := clock.Calendar{Zone: zone}
		s := open(t, filepath.Join(t.TempDir(), FileName), Options{Tiers: []rollup.Tier{{Step: hour}, {Step: clock.Day}}})
		for _, step := range []int64{hour, clock.Day} {
			for i := range int64(3) {
				s.Append([]rollup.Slot{{Step: step, Start: day0 + i*step, Block: block(map[uint32]uint64{1: 1 << (8 * i)})}})
			}
		}
		commit(t, s)
		s.SetCalendar(cal)
		for _, step := range []int64{hour, clock.Day} {
			for i := range int64(3) {
				from := cal.Floor(day0+i*step+step/2, step)
				q := rollup.Query{Class: rollup.Device, ID: 1, Metric: rollup.TxBytes, From: from, To: cal.Next(from, step), Points: 1, Finest: step}
				got, err := s.Series(t.Context(), q, nil)
				if err != nil || got.Values[0] != 1<<(8*i) {
					t.Errorf("%s, step %d, slot %d: %v, %v", text, step, i, got.Values, err)
				}
			}
		}
	}
}

// TestRebuildInAnotherZone has a router that counted by the days of UTC, was told its
// zone, and was killed: the days that are summed up again have each hour once.
func TestRebuildInAnotherZone(t *testing.T) {
	const day0 = 1_760_054_400 // a midnight of UTC
	tiers := []rollup.Tier{{Step: hour}, {Step: clock.Day}}
	for _, text := range []string{"CET-1", "EST5", "NZST-12", "<+0530>-5:30", "UTC"} {
		for _, told := range []int64{0, 3, 10, 19} { // hours of the second day until it was told; 0 is never
			zone, err := clock.ParseTZ(text)
			if err != nil {
				t.Fatal(err)
			}
			cal := clock.Calendar{Zone: zone}
			path := filepath.Join(t.TempDir(), FileName)
			s := open(t, path, Options{Tiers: tiers})
			put := func(step, start int64, v uint64) {
				s.Append([]rollup.Slot{{Step: step, Start: start, Block: block(map[uint32]uint64{1: v})}})
			}
			total := uint64(0)
			for h := range int64(44) {
				put(hour, day0+h*hour, 1)
				total++
			}
			put(clock.Day, day0, 24)
			if told > 0 { // and the rest of the day was not stored
				put(clock.Day, day0+clock.Day, uint64(told))
			}
			closeAndCheck(t, s)
			for range 2 {
				s = open(t, path, Options{Tiers: tiers, Calendar: cal})
				sum := uint64(0)
				for _, v := range sumsByStart(t, s, clock.Day) {
					sum += v
				}
				if sum != total {
					t.Errorf("%s, told after %d hours: the days have %d hours, want %d: %v", text, told, sum, total, sumsByStart(t, s, clock.Day))
				}
				closeAndCheck(t, s)
			}
		}
	}
}
