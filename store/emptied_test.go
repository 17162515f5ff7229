package store

import (
	"path/filepath"
	"testing"

	"weir/internal/clock"
	"weir/internal/rollup"
)

// TestMoveTheOnlySlot moves a slot of many pages that is the only one of its tier: the
// transaction empties the bucket before it fills it again.
func TestMoveTheOnlySlot(t *testing.T) {
	const day = 1_760_054_400
	values := map[uint32]uint64{}
	for id := range uint32(4000) {
		values[id] = uint64(id) << 20
	}
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{Tiers: []rollup.Tier{{Step: clock.Day}}})
	s.Append([]rollup.Slot{{Step: clock.Day, Start: day, Block: block(values)}})
	commit(t, s)
	before := sumsByStart(t, s, clock.Day)[day]
	if err := s.Rebase(day, day+clock.Day, 400*clock.Day); err != nil {
		t.Fatal(err)
	}
	if got := sumsByStart(t, s, clock.Day); len(got) != 1 || got[day+400*clock.Day] != before {
		t.Errorf("%v, want %d", got, before)
	}
}
