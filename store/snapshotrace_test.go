package store

import (
	"sync"
	"testing"
	"time"

	"weir/internal/clock"
	"weir/internal/rollup"
)

// TestSnapshotMeanwhile takes snapshots while slots are counted, appended and
// committed: what is written meanwhile is in the next one, and nothing counts
// twice.
func TestSnapshotMeanwhile(t *testing.T) {
	l := newLife(t, t.TempDir(), 2<<20)
	var engine sync.Mutex // the rollup's, as the engine has one
	begin := l.now
	now := begin
	l.store.opt.Now = func() time.Time { engine.Lock(); defer engine.Unlock(); return time.Unix(now, 0) }
	open := func() []rollup.Slot { engine.Lock(); defer engine.Unlock(); return l.roll.Open() }
	phone := l.names.Handle("phone")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 3000 {
			engine.Lock()
			l.roll.Add(rollup.Device, phone, rollup.Values{TxBytes: 3, TxPackets: 1, Flows: 1})
			now += 300
			closed := l.roll.Tick(now)
			engine.Unlock()
			l.store.Append(closed)
			if i%20 == 0 {
				if err := l.store.Commit(); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	n := 0
	for running := true; running; n++ {
		select {
		case <-done:
			running = false
		default:
		}
		if _, err := l.store.Snapshot(t.Context(), l.arch, open); err != nil {
			t.Fatal(err)
		}
	}
	l.now = now
	counted := uint64(now-begin) / 300 * 3
	l.restart()
	if _, err := l.store.RebuildFrom(l.arch); err != nil {
		t.Fatal(err)
	}
	for _, step := range []int64{clock.Day, clock.Month} {
		if got := l.sum(rollup.Device, "phone", step); got != counted {
			t.Errorf("%d s: %d of %d after %d snapshots", step, got, counted, n)
		}
	}
	if n < 3 {
		t.Errorf("only %d snapshots", n)
	}
}
