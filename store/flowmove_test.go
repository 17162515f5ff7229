package store

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"weir/internal/flowlog"
)

// logBlocks logs a block of its own for each number.
func logBlocks(t *testing.T, s *Store, from, to int) {
	t.Helper()
	b := flowlog.NewBuilder()
	for n := from; n < to; n++ {
		f := ended(n)
		b.Append(&f)
		if err := s.AppendFlows(b.Close()); err != nil {
			t.Fatal(err)
		}
		if n%50 == 0 {
			commit(t, s)
		}
	}
	commit(t, s)
}

// lasts returns when the flows of the log ended, by their numbers.
func lasts(t *testing.T, s *Store) map[uint64][]int64 {
	t.Helper()
	got := map[uint64][]int64{}
	before := int64(0)
	if _, err := s.EachFlow(context.Background(), flowlog.Filter{}, func(f *flowlog.Flow) error {
		got[f.ID] = append(got[f.ID], f.Last)
		if f.Last < before {
			t.Errorf("flow %d stands behind a later one", f.ID)
		}
		before = f.Last
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestMoveManyFlows moves more blocks than one transaction does, onto each other's
// places, forth and back, and is stopped after the first: each moves once.
func TestMoveManyFlows(t *testing.T) {
	const n = 600
	for _, by := range []time.Duration{90*time.Second + 1500*time.Microsecond, -90 * time.Second, -400 * 24 * time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), FileName)
			s := open(t, path, Options{})
			logBlocks(t, s, 0, n)
			from, to := flowBase+100e6, flowBase+500e6
			m := move{seq: s.queue.newest() + 1, from: from, to: to, by: by.Microseconds(), flows: true}
			if err := s.update("begin", func(e *edit) error { return newFlowMoving(m).save(e.tx) }); err != nil {
				t.Fatal(err)
			}
			if err := s.update("move", func(e *edit) error {
				more, err := e.moveSomeFlows()
				if !more {
					t.Error("one transaction moved all")
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			closeAndCheck(t, s)
			s = open(t, path, Options{}) // which ends the move
			got := lasts(t, s)
			if len(got) != n {
				t.Errorf("%d flows, want %d", len(got), n)
			}
			for id, at := range got {
				f := ended(int(id))
				if f.Last >= from && f.Last < to {
					f.Last += by.Microseconds()
				}
				if !slices.Equal(at, []int64{f.Last}) {
					t.Fatalf("flow %d ended at %v, want %d", id, at, f.Last)
				}
			}
		})
	}
}

// TestMoveFlowsWaits has a move of flows that fails: it is done before flows of the
// corrected clock are written, which stay.
func TestMoveFlowsWaits(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	logFlows(s, 0, 20)
	s.closed.Store(true) // every write fails
	if err := s.MoveFlows(flowBase, flowBase+100e6, -30*time.Second); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	s.closed.Store(false)
	logFlows(s, 40, 50) // in the span that moves
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	for id, at := range lasts(t, s) {
		want := ended(int(id)).Last
		if id < 20 {
			want -= 30e6
		}
		if !slices.Equal(at, []int64{want}) {
			t.Errorf("flow %d ended at %v, want %d", id, at, want)
		}
	}
	for range maxMoves {
		s.queue.move(move{from: 1, to: 2, by: 1, flows: true})
	}
	if err := s.MoveFlows(1, 2, time.Second); !errors.Is(err, ErrMoves) {
		t.Errorf("one move too many: %v", err)
	}
}
