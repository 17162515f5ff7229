package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/intern"
	"weir/internal/rollup"
)

func commit(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
}

// sumOf returns TxBytes of one device over a period, by one tier.
func sumOf(t testing.TB, s *Store, id uint32, from, to int64, points int) (uint64, int64) {
	t.Helper()
	got, err := s.Series(t.Context(), rollup.Query{Class: rollup.Device, ID: id, Metric: rollup.TxBytes, From: from, To: to, Points: points}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var sum uint64
	for _, v := range got.Values {
		sum += v
	}
	return sum, got.Step
}

// TestSlotsOfOneTimeAddUp stores a slot in halves, as a stop and a start within
// its time do, in one commit, in two, and over a reopening.
func TestSlotsOfOneTimeAddUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path, Options{})
	half := func() { s.Append([]rollup.Slot{{Step: 3600, Start: 3600, Block: block(map[uint32]uint64{4: 10})}}) }
	half()
	half()
	commit(t, s)
	half()
	commit(t, s)
	half() // queued
	if got, _ := sumOf(t, s, 4, 3600, 7200, 1); got != 40 {
		t.Errorf("sum %d, want 40", got)
	}
	closeAndCheck(t, s)
	s = open(t, path, Options{})
	half()
	commit(t, s)
	if got, _ := sumOf(t, s, 4, 3600, 7200, 1); got != 50 {
		t.Errorf("sum %d after reopening, want 50", got)
	}
}

// TestLargeBlocks stores blocks of many parts, and a smaller and a larger one in
// their place.
func TestLargeBlocks(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	big := map[uint32]uint64{}
	for id := range uint32(5000) {
		big[id] = uint64(id)
	}
	for start := range int64(4) {
		s.Append([]rollup.Slot{{Step: 300, Start: 300 * start, Block: block(big)}})
	}
	commit(t, s)
	s.Append([]rollup.Slot{{Step: 300, Start: 300, Block: block(map[uint32]uint64{4999: 1, 60000: 1})}})
	commit(t, s)
	for id, want := range map[uint32]uint64{0: 0, 7: 28, 4999: 4*4999 + 1, 60000: 1} {
		if got, _ := sumOf(t, s, id, 0, 1200, 4); got != want {
			t.Errorf("series %d: %d, want %d", id, got, want)
		}
	}
}

func TestSlotsOfNoTierAreRefused(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	s.Append([]rollup.Slot{{Step: 60, Start: 0, Block: block(nil)}, {Step: 300, Start: -300, Block: block(nil)}})
	s.PutDevices([]Device{{Key: ""}, {Key: string(make([]byte, 256))}})
	if st := s.Status(); st.Refused != 4 || st.QueuedSlots != 0 || st.QueuedDevices != 0 {
		t.Errorf("status %+v", st)
	}
}

func TestQueueDropsTheOldest(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{QueueBytes: 1000})
	b := block(map[uint32]uint64{1: 1})
	fits := 1000 / (len(b) + slotOverhead)
	for i := range int64(50) {
		s.Append([]rollup.Slot{{Step: 300, Start: 300 * i, Block: b}})
	}
	st := s.Status()
	if st.QueuedSlots != fits || st.Dropped != uint64(50-fits) || st.QueuedBytes > 1000 {
		t.Errorf("status %+v, %d fit", st, fits)
	}
	if got, _ := sumOf(t, s, 1, 0, 300*50, 50); got != uint64(fits) {
		t.Errorf("%d slots are left, want %d", got, fits)
	}
	if got, _ := sumOf(t, s, 1, 300*49, 300*50, 1); got != 1 {
		t.Error("the newest one is gone")
	}
}

func TestSlotsInFlightAreNotDropped(t *testing.T) {
	var q queue
	q.init(Options{QueueBytes: 200, MaxDevices: 2, Tiers: twoTiers()}, 7)
	put := func(n int) {
		for range n {
			q.append([]rollup.Slot{{Step: 300, Block: make([]byte, 36)}}) // 100 each
		}
	}
	put(2)
	b := q.begin()
	put(3)
	if q.dropped != 2 || len(q.slots) != 3 {
		t.Errorf("%d dropped, %d left", q.dropped, len(q.slots))
	}
	q.done(b, true)
	if n, bytes, _ := q.size(); n != 1 || bytes != 100 || q.slots[0].seq != 12 {
		t.Errorf("%d slots, %d bytes, %+v", n, bytes, q.slots)
	}
	put(1)
	b = q.begin()
	put(2)
	q.done(b, false) // failed: now they count again
	if n, bytes, _ := q.size(); n != 2 || bytes != 200 || q.dropped != 4 {
		t.Errorf("%d slots, %d bytes, %d dropped", n, bytes, q.dropped)
	}
}

func TestFailedCommitKeepsDevices(t *testing.T) {
	var q queue
	q.init(Options{QueueBytes: 200, MaxDevices: 3}, 0)
	q.putDevices([]Device{{Key: "a", Last: 1}, {Key: "b", Last: 1}})
	b := q.begin()
	q.putDevices([]Device{{Key: "a", Last: 2}})
	if rows := q.waitingDevices(); len(rows) != 2 || rows["a"].Last != 2 {
		t.Errorf("rows during the commit %+v", rows)
	}
	q.done(b, false)
	if q.devices["a"].Last != 2 || q.devices["b"].Last != 1 {
		t.Errorf("devices %+v", q.devices)
	}
	q.putDevices([]Device{{Key: "c"}, {Key: "d"}})
	if len(q.devices) != 3 || q.refused != 1 {
		t.Errorf("%d devices, %d refused", len(q.devices), q.refused)
	}
}

func TestDevices(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path, Options{MaxDevices: 3})
	full := sampleDevice()
	full.Key, full.Last = "b", 9
	s.PutDevices([]Device{{Key: "c", Last: 5}, full, {Key: "a", Last: 1}})
	commit(t, s)
	s.PutDevices([]Device{{Key: "c", Last: 6}, {Key: "d", Last: 7}})
	check := func(want ...Device) {
		t.Helper()
		got, err := s.Devices()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, compareAddr); diff != "" {
			t.Errorf("devices (-want +got):\n%s", diff)
		}
	}
	check(Device{Key: "a", Last: 1}, full, Device{Key: "c", Last: 6}, Device{Key: "d", Last: 7})
	commit(t, s) // "a" was seen longest ago
	check(full, Device{Key: "c", Last: 6}, Device{Key: "d", Last: 7})
	closeAndCheck(t, s)
	s = open(t, path, Options{MaxDevices: 3})
	check(full, Device{Key: "c", Last: 6}, Device{Key: "d", Last: 7})
	if n := s.Status().Devices; n != 3 {
		t.Errorf("%d devices", n)
	}
}

func TestPruneByAge(t *testing.T) {
	for _, trusted := range []bool{false, true} {
		t.Run(fmt.Sprint("trusted ", trusted), func(t *testing.T) {
			now := int64(0)
			s := open(t, filepath.Join(t.TempDir(), FileName), Options{
				Tiers:       []rollup.Tier{{Step: 300, Keep: 86400}, {Step: 3600, Keep: 3 * 86400}},
				TimeTrusted: func() bool { return trusted },
				Now:         func() time.Time { return unixTime(now) },
			})
			h := newHousehold(t)
			for ; now < 5*86400; now += 300 {
				s.Append(h.fiveMinutes(now, 5))
				if now%3600 == 0 {
					commit(t, s)
				}
			}
			fine, coarse := oldestAge(t, s, 300), oldestAge(t, s, 3600)
			if !trusted {
				if fine < 5*86400-3600 || s.Status().Pruned != 0 {
					t.Errorf("%d s of 5 min are left, %d slots pruned", fine, s.Status().Pruned)
				}
				return
			}
			for step, age := range map[int64]int64{86400: fine, 3 * 86400: coarse} {
				if age < step || age > step+pruneSlack+3600 {
					t.Errorf("%d s are left of a tier that keeps %d s", age, step)
				}
			}
		})
	}
}

// TestPruneBySize writes far more than fits. The file must stay within its
// limit, with both tiers kept for as long as possible.
func TestPruneBySize(t *testing.T) {
	const limit = 1 << 20
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{MaxSize: limit})
	h := newHousehold(t)
	for now := int64(0); now < 20*86400; now += 300 {
		s.Append(h.fiveMinutes(now, 5))
		if now%3600 == 0 {
			commit(t, s)
			if st := s.Status(); st.FileBytes > limit {
				t.Fatalf("after %d s the file has %d bytes", now, st.FileBytes)
			}
		}
	}
	fine, coarse := oldestAge(t, s, 300), oldestAge(t, s, 3600)
	if fine < 14*86400/16 || coarse < 90*86400/16 {
		t.Errorf("%d s of 5 min and %d s of hours are left", fine, coarse)
	}
	if st := s.Status(); st.Bytes < limit/2 || st.Pruned == 0 {
		t.Errorf("status %+v", st)
	}
}

// TestCommitIsSmall holds the budget: at most 100 KB a commit, hourly, of a home
// with 2,000 series.
func TestCommitIsSmall(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{TimeTrusted: func() bool { return true }})
	h := newHousehold(t)
	now := int64(0)
	s.opt.Now = func() time.Time { return unixTime(now) }
	for ; now < 4*86400; now += 300 {
		s.Append(h.fiveMinutes(now, householdBusy))
		if now%3600 == 0 {
			commit(t, s)
		}
	}
	st := s.Status()
	if each := st.Written / st.Commits; each > 100<<10 {
		t.Errorf("%d bytes a commit", each)
	}
}

// TestRun follows the writer over a day in a bubble of fake time.
func TestRun(t *testing.T) {
	tests := []struct {
		name  string
		every time.Duration
		want  uint64 // commits of a day with a slot every 5 min
	}{
		{"at once", 0, 288},
		{"hourly", time.Hour, 24},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s := open(t, filepath.Join(dir, FileName), Options{CommitEvery: tt.every})
				s.durable = true
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- s.Run(ctx) }()
				for i := range int64(288) {
					s.Append([]rollup.Slot{{Step: 300, Start: 300 * i, Block: block(nil)}})
					time.Sleep(5 * time.Minute)
				}
				if st := s.Status(); st.Commits < tt.want || st.Commits > tt.want+1 {
					t.Errorf("%d commits, want %d", st.Commits, tt.want)
				}
				s.Append([]rollup.Slot{{Step: 300, Start: 0, Block: block(nil)}})
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if st := s.Status(); st.QueuedSlots != 0 || st.Err != nil {
					t.Errorf("status %+v", st)
				}
			})
		})
	}
}

func TestFullQueueDoesNotWait(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, filepath.Join(dir, FileName), Options{CommitEvery: time.Hour, QueueBytes: 4000})
		s.durable = true
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		for i := range int64(400) {
			s.Append([]rollup.Slot{{Step: 300, Start: 300 * i, Block: block(nil)}})
			time.Sleep(time.Second)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if st := s.Status(); st.Dropped != 0 || st.Commits < 8 || st.Commits > 20 {
			t.Errorf("status %+v", st)
		}
	})
}

func TestClosed(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{Names: intern.New(1)})
	s.Append([]rollup.Slot{{Step: 300, Start: 0, Block: block(nil)}})
	closeAndCheck(t, s)
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("second Close: %v", err)
	}
	s.Append([]rollup.Slot{{Step: 300, Start: 0, Block: block(nil)}})
	if err := s.Commit(); !errors.Is(err, ErrClosed) {
		t.Errorf("commit: %v", err)
	}
	if _, err := s.Devices(); !errors.Is(err, ErrClosed) {
		t.Errorf("devices: %v", err)
	}
	if _, err := s.List(t.Context(), rollup.Device, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("list: %v", err)
	}
	if st := s.Status(); st.Path != s.path {
		t.Errorf("status %+v", st)
	}
}

// TestCommitThatOnlySeemedToFail has the disk report an error after the meta page
// was written: what is tried again must not add up twice.
func TestCommitThatOnlySeemedToFail(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	s.Append([]rollup.Slot{{Step: 300, Start: 300, Block: block(map[uint32]uint64{4: 10})}})
	b := s.queue.begin()
	if err := s.update("commit", func(e *edit) error { return e.write(b, newNames{}) }); err != nil {
		t.Fatal(err)
	}
	s.queue.done(b, false)
	s.Append([]rollup.Slot{{Step: 300, Start: 300, Block: block(map[uint32]uint64{4: 5})}})
	commit(t, s)
	if got, _ := sumOf(t, s, 4, 300, 600, 1); got != 15 {
		t.Errorf("sum %d, want 15", got)
	}
}
