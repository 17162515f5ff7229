package store

import (
	"path/filepath"
	"testing"
	"time"

	"weir/internal/clock"
	"weir/internal/rollup"
)

// TestDurable opens databases in memory and on a disk: only what outlives a reboot
// waits between commits.
func TestDurable(t *testing.T) {
	s := open(t, filepath.Join(memoryDir(t), FileName), Options{CommitEvery: time.Hour})
	if fs := fsName(filepath.Dir(s.path)); fs != "tmpfs" {
		t.Skipf("NOT RUN: /dev/shm is on %s", fs)
	}
	if st := s.Status(); st.Durable || st.FS != "tmpfs" || s.pause() != 0 {
		t.Errorf("in memory: %s, durable %t, pause %v", st.FS, st.Durable, s.pause())
	}
	s.durable = true
	if s.pause() != time.Hour {
		t.Errorf("on a disk: pause %v", s.pause())
	}
}

// TestWrittenBytes counts over a restart and over midnight in the router's zone.
func TestWrittenBytes(t *testing.T) {
	now := int64(migrationStart + 3600)
	o := Options{Calendar: berlin(t), Now: func() time.Time { return unixTime(now) }}
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path, o)
	putSlots(s, 0, 10)
	commit(t, s)
	first := s.Status()
	if first.Written == 0 || first.Written != first.WrittenToday || first.Written != first.WrittenEver {
		t.Errorf("written %d, today %d, ever %d", first.Written, first.WrittenToday, first.WrittenEver)
	}
	closeAndCheck(t, s)
	s = open(t, path, o)
	again := s.Status()
	// The last transaction before is not counted, those of opening are.
	if again.WrittenEver < first.WrittenEver/2 || again.WrittenToday != again.WrittenEver || again.Written >= again.WrittenEver {
		t.Errorf("after a restart written %d, today %d, ever %d; before %d", again.Written, again.WrittenToday, again.WrittenEver, first.WrittenEver)
	}
	now += clock.Day
	if n := s.Status().WrittenToday; n != 0 {
		t.Errorf("on the next day %d bytes are today's", n)
	}
	putSlots(s, 10, 1)
	commit(t, s)
	if st := s.Status(); st.WrittenToday == 0 || st.WrittenToday >= st.WrittenEver || st.WrittenEver <= again.WrittenEver {
		t.Errorf("on the next day today %d, ever %d", st.WrittenToday, st.WrittenEver)
	}
}

// TestTierStatus tells what is stored of each tier, and that the figures which are
// kept along with each transaction are those that counting finds.
func TestTierStatus(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path, Options{Tiers: rollup.DefaultTiers()})
	putSlots(s, 3, 20)
	s.Append([]rollup.Slot{{Step: clock.Month, Start: 0, Block: block(map[uint32]uint64{1: 1000, 2: 2000})}})
	s.Append([]rollup.Slot{{Step: clock.Month, Start: 0, Block: block(map[uint32]uint64{3: 1})}})
	s.queue.appendFlows(flowBlock{last: 77, data: make([]byte, 3000)})
	commit(t, s)
	before := s.Status()
	five, month := before.Tiers[1], before.Tiers[4]
	if five.Slots != 20 || five.Oldest != 900 || five.Newest != 22*300 || five.Bytes < 20*20 || month.Slots != 1 {
		t.Errorf("tiers %+v", before.Tiers)
	}
	if f := before.Flows; f.Slots != 1 || f.Oldest != 77 || f.Bytes < 3000 || f.Bytes > 3200 {
		t.Errorf("flow log %+v", f)
	}
	var counted figures
	err := s.change("count", func(e *edit) error {
		if err := e.measure(); err != nil {
			return err
		}
		counted = e.figures.clone()
		e.figures = s.figures.clone()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, tier := range before.Tiers {
		if counted.tiers[i] != (tally{tier.Slots, tier.Bytes}) {
			t.Errorf("tier %d s is kept as %+v and counted as %+v", tier.Step, tier, counted.tiers[i])
		}
	}
	if counted.flows != (tally{before.Flows.Slots, before.Flows.Bytes}) || counted.unsaved != before.Unsaved {
		t.Errorf("flow log %+v counted as %+v; unsaved %d and %d", before.Flows, counted.flows, before.Unsaved, counted.unsaved)
	}
}
