package store

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/clock"
	"weir/internal/intern"
	"weir/internal/rollup"
)

// TestRebase compares moves of random slots with a model: a map that is moved at
// once.
func TestRebase(t *testing.T) {
	calendar := berlin(t)
	tiers := rollup.DefaultTiers()
	const base = 100 * clock.Day
	tests := []struct {
		name         string
		from, to, by int64
	}{
		{"forward by years", 0, 1000000, 54 * 365 * clock.Day},
		{"forward by less than the period", 200000, 700000, 100000},
		{"forward by less than an hour", 0, 1000000, 1234},
		{"back by less than the period", 100000, 900000, -50000},
		{"back before 1970, where nothing can be", 0, 500000, -base - 400000},
		{"a part alone", 300000, 600000, 86400},
		{"nothing", 5000000, 6000000, 60},
		{"by nothing", 0, 1000000, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, filepath.Join(t.TempDir(), FileName), Options{Tiers: tiers, Calendar: calendar})
			rng := rand.New(rand.NewPCG(1, uint64(tt.by)))
			want := map[int64]map[int64]uint64{}
			var finer map[int64]uint64
			for i, tier := range tiers {
				model := map[int64]uint64{}
				for range 300 {
					at := calendar.Floor(base+rng.Int64N(900000), tier.Step)
					v := 1 + rng.Uint64N(1000)
					s.Append([]rollup.Slot{{Step: tier.Step, Start: at, Block: block(map[uint32]uint64{7: v})}})
					model[at] += v
				}
				from := calendar.Floor(base+tt.from, tier.Step)
				for at := range finer {
					if at >= from && at < calendar.Floor(base+tt.from, tiers[max(i-1, 0)].Step) {
						from = base + tt.from // the slot it lies in has something else
						break
					}
				}
				finer = model
				if tt.by != 0 {
					finer = moveModel(model, calendar, tier.Step, from, base+tt.to, tt.by)
				}
				want[tier.Step] = finer
				if tier.Step == 300 {
					commit(t, s) // the rest waits when the move comes
				}
			}
			if err := s.Rebase(base+tt.from, base+tt.to, tt.by); err != nil {
				t.Fatal(err)
			}
			commit(t, s)
			for _, tier := range tiers {
				if diff := cmp.Diff(want[tier.Step], sumsByStart(t, s, tier.Step)); diff != "" {
					t.Errorf("tier %d s (-want +got):\n%s", tier.Step, diff)
				}
			}
			if st := s.Status(); st.Moves != 0 || st.Tiers[0].Slots != len(want[60]) {
				t.Errorf("%d slots of 60 s counted, %d are there", st.Tiers[0].Slots, len(want[60]))
			}
		})
	}
}

// moveModel is what Rebase promises, with a map.
func moveModel(slots map[int64]uint64, calendar clock.Calendar, step, from, to, by int64) map[int64]uint64 {
	moved := map[int64]uint64{}
	for start, v := range slots {
		dest := start
		if start >= from && start < to {
			dest = min(calendar.Floor(start+step/2+by, step), calendar.Floor(to+by, step))
			if dest < 0 || by > 0 == (dest < start) {
				dest = start
			}
		}
		moved[dest] += v
	}
	return moved
}

func sumsByStart(t *testing.T, s *Store, step int64) map[int64]uint64 {
	t.Helper()
	sums := map[int64]uint64{}
	starts, values := stored(t, s, step)
	for i, start := range starts {
		sums[start] = values[i]
	}
	return sums
}

// TestRebaseOfABoot moves what was counted from a boot on, which was in the middle of
// an hour: nothing stays behind, and nothing comes to lie in the future. Where there
// was something before, the slots that have both stay.
func TestRebaseOfABoot(t *testing.T) {
	const (
		boot = 1_993_521_967 // 05:06:07
		by   = -6 * 365 * clock.Day
	)
	for _, before := range []bool{false, true} {
		s := open(t, filepath.Join(t.TempDir(), FileName), Options{Tiers: rollup.DefaultTiers()})
		put := func(at int64, v uint64) {
			for _, tier := range rollup.DefaultTiers() {
				s.Append([]rollup.Slot{{Step: tier.Step, Start: clock.Calendar{}.Floor(at, tier.Step), Block: block(map[uint32]uint64{1: v})}})
			}
		}
		want := uint64(21)
		put(boot, 1)
		put(boot+1800, 20)
		if before {
			put(boot-200, 300)
		}
		if err := s.Rebase(boot, boot+1801, by); err != nil {
			t.Fatal(err)
		}
		for _, tier := range rollup.DefaultTiers() {
			there, moved := uint64(0), uint64(0)
			for start, v := range sumsByStart(t, s, tier.Step) {
				if start > boot+1801+by {
					there += v
				} else {
					moved += v
				}
			}
			switch {
			case !before && (there != 0 || moved != want), before && there+moved != want+300:
				t.Errorf("tier of %d s: %d stay, %d moved", tier.Step, there, moved)
			case before && tier.Step <= 300 && there != 300:
				t.Errorf("tier of %d s: %d are where they were, want 300", tier.Step, there)
			}
		}
	}
}

// TestRebaseLeavesLaterSlots appends a slot of the corrected clock behind the move,
// at a time that the move is about: it must stay.
func TestRebaseLeavesLaterSlots(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	put := func(v uint64) {
		s.Append([]rollup.Slot{{Step: 300, Start: 300, Block: block(map[uint32]uint64{1: v})}})
	}
	put(1)
	if !s.queue.move(move{from: 0, to: 86400, by: 600}) {
		t.Fatal("no room for a move")
	}
	put(2)
	if s.Status().Moves != 1 {
		t.Errorf("%d moves wait", s.Status().Moves)
	}
	commit(t, s)
	if diff := cmp.Diff(map[int64]uint64{300: 2, 900: 1}, sumsByStart(t, s, 300)); diff != "" {
		t.Errorf("slots (-want +got):\n%s", diff)
	}
}

// TestRebaseGoesOn stops a move after each of its transactions, as a kill does, and
// opens the database again: the result is always that of one whole move.
func TestRebaseGoesOn(t *testing.T) {
	const slots, by = 3 * moveSlots, 250 * 300
	for stop := range 5 {
		path := filepath.Join(t.TempDir(), FileName)
		s := open(t, path, Options{})
		for i := range int64(slots) {
			s.Append([]rollup.Slot{{Step: 300, Start: 300 * i, Block: block(map[uint32]uint64{1: uint64(i) + 1})}})
		}
		commit(t, s)
		m := move{seq: s.queue.newest() + 1, to: 300 * slots, by: by}
		err := s.update("move", func(e *edit) error {
			state := moving{move: m, step: 300}
			return errors.Join(setApplied(e.tx, m.seq), state.restart().save(e.tx))
		})
		for range stop {
			if err == nil {
				err = s.update("move", func(e *edit) error { _, err := e.moveSome(); return err })
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		closeAndCheck(t, s)
		s = open(t, path, Options{})
		got := sumsByStart(t, s, 300)
		for i := range int64(slots) {
			if got[300*i+by] != uint64(i)+1 {
				t.Fatalf("stopped after %d transactions: slot %d has %d", stop, i, got[300*i+by])
			}
		}
		if len(got) != slots {
			t.Errorf("stopped after %d transactions: %d slots", stop, len(got))
		}
	}
}

// TestMoveThatOnlySeemedToFail runs a move again whose beginning took effect.
func TestMoveThatOnlySeemedToFail(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	s.Append([]rollup.Slot{{Step: 300, Start: 300, Block: block(map[uint32]uint64{1: 1})}})
	commit(t, s)
	m := move{seq: s.queue.newest() + 1, to: 3000, by: 600}
	for range 2 {
		if err := s.runMove(m); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[int64]uint64{900: 1}, sumsByStart(t, s, 300)); diff != "" {
		t.Errorf("slots (-want +got):\n%s", diff)
	}
}

func TestMovesAreBounded(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{Names: intern.New(1)})
	for s.queue.move(move{from: 0, to: 100, by: 100}) {
	}
	if err := s.Rebase(0, 100, 100); !errors.Is(err, ErrMoves) || s.Status().Moves != maxMoves {
		t.Errorf("%v with %d moves", err, s.Status().Moves)
	}
	commit(t, s)
	if err := s.Rebase(0, 100, 100); err != nil {
		t.Error(err)
	}
}

// TestDamagedMove is given up on, counted, and does not keep the database shut.
func TestDamagedMove(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path, Options{})
	s.Append([]rollup.Slot{{Step: 300, Start: 300, Block: block(map[uint32]uint64{1: 1})}})
	commit(t, s)
	err := s.update("damage", func(e *edit) error { return e.tx.Bucket(bucketMeta).Put(keyMove, make([]byte, movingLen)) })
	if err != nil {
		t.Fatal(err)
	}
	closeAndCheck(t, s)
	s = open(t, path, Options{})
	if s.Status().BadBlocks != 1 || s.Opened().MovedTo != "" {
		t.Errorf("%d bad blocks, opened %+v", s.Status().BadBlocks, s.Opened())
	}
	if got := sumsByStart(t, s, 300); got[300] != 1 {
		t.Errorf("slots %v", got)
	}
}

// TestReadersDuringMoves reads while slots move to and fro over a queue that fills:
// each sum is that of all slots, wherever they are.
func TestReadersDuringMoves(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	const slots = 300
	for i := range int64(slots) {
		s.Append([]rollup.Slot{{Step: 300, Start: 300 * i, Block: block(map[uint32]uint64{1: 1})}})
	}
	done := make(chan error, 1)
	go func() {
		for _, by := range []int64{30000, 60000, -30000, 86400, -60000} {
			if err := s.Rebase(0, 1<<40, by); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for reads := 1; ; reads++ {
		if got, step := sumOf(t, s, 1, 0, 300*2000, 2000); got != slots || step != 300 {
			t.Fatalf("read %d: %d by slots of %d s", reads, got, step)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d reads", reads)
			return
		default:
		}
	}
}
