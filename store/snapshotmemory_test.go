package store

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"weir/internal/clock"
	"weir/internal/rollup"
)

// fullHouse counts traffic of 40 devices, 120 applications, 60 countries, 100 ASes
// and the matrices for a while.
func (l *life) fullHouse(d time.Duration) {
	for end := l.now + int64(d/time.Second); l.now < end; {
		n := uint64(l.now) / 300
		for i := range uint64(340) {
			class, label := rollup.Device, "device %d"
			switch {
			case i >= 240:
				class, label = rollup.ASN, "AS%d"
			case i >= 180:
				class, label = rollup.Country, "C%d"
			case i >= 60:
				class, label = rollup.Application, "application %d"
			case i >= 40:
				continue
			}
			v := n * (i + 7) * 2_654_435_761 >> 7 % (1 << 24)
			l.roll.Add(class, l.names.Handle(fmt.Sprintf(label, i)), rollup.Values{TxBytes: v, RxBytes: v * 11, TxPackets: v >> 9, RxPackets: v >> 7, Flows: 1 + v>>20})
		}
		l.now += 300
		l.store.Append(l.roll.Tick(l.now))
	}
}

// meter is a context that looks at the heap each time it is asked whether it has
// ended: between any two records.
type meter struct {
	context.Context
	base, most uint64
	before     uint64
	looks      int
}

func newMeter(t *testing.T) *meter {
	m := &meter{Context: t.Context(), base: heap()}
	m.before = allocated()
	return m
}

func (m *meter) look() {
	m.most = max(m.most, heap())
	m.looks++
}

func (m *meter) Err() error {
	m.look()
	return m.Context.Err()
}

// check logs what was live at most, and what was allocated in all.
func (m *meter) check(t *testing.T, what string, limit uint64) {
	t.Helper()
	live := m.most - min(m.base, m.most)
	t.Logf("%s: %d KB live at most, %d KB allocated in all", what, live>>10, (allocated()-m.before)>>10)
	if live > limit || m.looks == 0 {
		t.Errorf("%s takes %d KB, looked at %d times", what, live>>10, m.looks)
	}
}

// allocated is all that ever was.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestSnapshotMemory: a snapshot of six hours at full rate takes at most 1.5 MB for
// as long as it lasts, and so do a rebuild and a backup.
func TestSnapshotMemory(t *testing.T) {
	l := newLife(t, t.TempDir(), 8<<20)
	l.fullHouse(30 * time.Hour)
	l.snapshot()
	l.fullHouse(6 * time.Hour)
	if err := l.store.Commit(); err != nil {
		t.Fatal(err)
	}
	m := newMeter(t)
	taken, err := l.store.Snapshot(m, l.arch, l.roll.Open)
	if err != nil {
		t.Fatal(err)
	}
	m.check(t, fmt.Sprintf("a snapshot of %d slots, %d bytes", taken.Slots, taken.Bytes), 1536<<10)

	m = newMeter(t)
	if err := l.store.Backup(m, io.Discard); err != nil {
		t.Fatal(err)
	}
	m.check(t, "a backup", 1536<<10)

	want := l.sum(rollup.Device, "device 3", clock.Day)
	l.restart()
	m = newMeter(t)
	l.store.opt.TimeTrusted = func() bool { m.look(); return true }
	report, err := l.store.RebuildFrom(l.arch)
	if err != nil {
		t.Fatal(err)
	}
	l.store.opt.TimeTrusted = func() bool { return true }
	m.check(t, "a rebuild", 1536<<10)
	t.Logf("%q", report.Words())
	if got := l.sum(rollup.Device, "device 3", clock.Day); got != want || got == 0 {
		t.Errorf("%d of %d", got, want)
	}
}
