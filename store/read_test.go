package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	bolt "go.etcd.io/bbolt"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// TestReadersSeeEverySlotOnce reads all the time while an engine adds, closes
// slots and appends them, and a writer commits. Whatever moment a reader hits,
// its sum must lie between what was added before it began and after it ended.
func TestReadersSeeEverySlotOnce(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})

	var engine sync.Mutex // as the engine's lock: it guards what follows
	roll, err := rollup.New(rollup.Config{Tiers: twoTiers()})
	if err != nil {
		t.Fatal(err)
	}
	var added uint64
	now := int64(0)
	roll.Tick(now)
	newest := func() []rollup.Slot {
		engine.Lock()
		defer engine.Unlock()
		return roll.Open()
	}
	sofar := func() uint64 {
		engine.Lock()
		defer engine.Unlock()
		return added
	}
	running.Go(func() {
		for ctx.Err() == nil && now < 300*1999 { // within what is asked for
			engine.Lock()
			roll.Add(rollup.Device, 1, rollup.Values{TxBytes: 1})
			added++
			now += 7
			s.Append(roll.Tick(now))
			engine.Unlock()
			if now%5 == 0 {
				time.Sleep(50 * time.Microsecond)
			}
		}
	})

	deadline := time.Now().Add(600 * time.Millisecond)
	reads := 0
	for ; time.Now().Before(deadline); reads++ {
		for _, points := range []int{1, 2000} {
			q := rollup.Query{Class: rollup.Device, ID: 1, Metric: rollup.TxBytes, From: 0, To: 300 * 2000, Points: points}
			before := sofar()
			series, err := s.Series(ctx, q, newest)
			if err != nil {
				t.Fatal(err)
			}
			var sum uint64
			for _, v := range series.Values {
				sum += v
			}
			if after := sofar(); sum < before || sum > after {
				t.Fatalf("tier %d s: %d bytes read, %d to %d added", series.Step, sum, before, after)
			}
			top, n, err := s.Top(ctx, q, 5, newest)
			if err != nil || sum > 0 && (n != 1 || top[0].TxBytes < sum) {
				t.Fatalf("top %+v of %d, %v; %d before", top, n, err, sum)
			}
		}
	}
	cancel()
	running.Wait()
	t.Logf("%d reads, %d commits, %d slots by the clock", reads, s.Status().Commits, now/300)
}

// TestReadTransactionsAreShort reads with a callback that takes its time: reading
// must resume, in more than one transaction, and meet each slot once.
func TestReadTransactionsAreShort(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	for i := range int64(100) {
		s.Append([]rollup.Slot{{Step: 300, Start: 300 * i, Block: block(map[uint32]uint64{1: 1})}})
		if i == 60 {
			commit(t, s)
		}
	}
	r := &reader{ctx: t.Context(), s: s, mark: math.MaxUint64}
	r.queued, _ = s.queue.waiting()
	before := s.db.Load().Stats().TxN
	var starts []int64
	err := r.slots(300, 0, 300*100, func(slot rollup.Slot) error {
		time.Sleep(readFor / 10)
		starts = append(starts, slot.Start)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, start := range starts {
		if start != 300*int64(i) {
			t.Fatalf("slot %d starts at %d", i, start)
		}
	}
	if n := s.db.Load().Stats().TxN - before; len(starts) != 100 || n < 3 {
		t.Errorf("%d slots in %d transactions", len(starts), n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Series(ctx, rollup.Query{From: 0, To: 1, Points: 1}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestTiersAnswer asks for the same period in different detail.
func TestTiersAnswer(t *testing.T) {
	now := int64(40 * 86400)
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{TimeTrusted: func() bool { return true }, Now: func() time.Time { return unixTime(now) }})
	roll, err := rollup.New(rollup.Config{Tiers: twoTiers()})
	if err != nil {
		t.Fatal(err)
	}
	var open []rollup.Slot
	for at := int64(0); at < now; at += 300 {
		s.Append(roll.Tick(at))
		roll.Add(rollup.Device, 1, rollup.Values{TxBytes: 1})
		if at%86400 == 0 {
			commit(t, s)
		}
	}
	commit(t, s)
	open = roll.Open()
	tests := []struct {
		name     string
		from, to int64
		points   int
		step     int64
		sum      uint64
	}{
		{"last hour", now - 3600, now, 60, 300, 12},
		{"last day", now - 86400, now, 288, 300, 288},
		{"last day in hours", now - 86400, now, 24, 3600, 288},
		{"last day in one", now - 86400, now, 1, 86400, 288},
		{"30 days ago, where only hours are left", now - 30*86400, now - 29*86400, 288, 3600, 288},
		{"all", 0, now, 400, 3 * 3600, 40 * 288},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := rollup.Query{Class: rollup.Device, ID: 1, Metric: rollup.TxBytes, From: tt.from, To: tt.to, Points: tt.points}
			got, err := s.Series(t.Context(), q, func() []rollup.Slot { return open })
			if err != nil {
				t.Fatal(err)
			}
			var sum uint64
			for i, v := range got.Values {
				sum += v
				if !got.Known[i] {
					t.Errorf("point %d is a gap", i)
				}
			}
			if got.Step != tt.step || sum != tt.sum {
				t.Errorf("step %d, sum %d; want %d and %d", got.Step, sum, tt.step, tt.sum)
			}
		})
	}
}

func TestTopAndList(t *testing.T) {
	names := intern.New(100)
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{Names: names})
	a, b, c := names.Handle("a"), names.Handle("b"), names.Handle("c")
	s.Append([]rollup.Slot{
		{Step: 300, Start: 3300, Block: block(map[uint32]uint64{a: 5})},
		{Step: 3600, Start: 0, Block: block(map[uint32]uint64{a: 5, 0: 1})},
		{Step: 300, Start: 3600, Block: block(map[uint32]uint64{b: 7})},
	})
	commit(t, s)
	s.Append([]rollup.Slot{{Step: 300, Start: 3900, Block: block(map[uint32]uint64{a: 1})}})
	newest := func() []rollup.Slot {
		return []rollup.Slot{{Step: 300, Start: 4200, Block: block(map[uint32]uint64{c: 9})}, {Step: 3600, Start: 3600, Block: block(map[uint32]uint64{a: 1, b: 7, c: 9})}}
	}
	members, err := s.List(t.Context(), rollup.Device, newest)
	if err != nil {
		t.Fatal(err)
	}
	want := []Member{{0, "", 0, 3600}, {a, "a", 0, 7200}, {b, "b", 3600, 7200}, {c, "c", 3600, 7200}}
	if diff := cmp.Diff(want, members); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	members, err = s.List(t.Context(), rollup.Device, nil)
	if err != nil {
		t.Fatal(err)
	}
	want = []Member{{0, "", 0, 3600}, {a, "a", 0, 4200}, {b, "b", 3600, 3900}}
	if diff := cmp.Diff(want, members); diff != "" {
		t.Errorf("members without what is open (-want +got):\n%s", diff)
	}
	if members, err = s.List(t.Context(), rollup.Interface, newest); err != nil || len(members) != 0 {
		t.Errorf("members of a class without any: %+v, %v", members, err)
	}
	q := rollup.Query{Class: rollup.Device, Metric: rollup.Bytes, From: 3300, To: 7200, Points: 100}
	top, n, err := s.Top(t.Context(), q, 2, newest)
	if err != nil || n != 3 || top[0].ID != c || top[1].ID != b {
		t.Errorf("top %+v of %d, %v", top, n, err)
	}
	for _, f := range []func(rollup.Query) error{
		func(q rollup.Query) error { _, err := s.Series(t.Context(), q, nil); return err },
		func(q rollup.Query) error { _, _, err := s.Top(t.Context(), q, 1, nil); return err },
	} {
		if err := f(rollup.Query{}); !errors.Is(err, rollup.ErrQuery) {
			t.Errorf("empty query: %v", err)
		}
	}
}

// TestDamagedBlockIsAGap damages a stored block behind the store's back.
func TestDamagedBlockIsAGap(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{})
	for i := range int64(3) {
		s.Append([]rollup.Slot{{Step: 300, Start: 300 * i, Block: block(map[uint32]uint64{1: 1})}})
	}
	s.PutDevices([]Device{{Key: "x"}, {Key: "y"}})
	commit(t, s)
	err := s.db.Load().Update(func(tx *bolt.Tx) error {
		return errors.Join(
			tx.Bucket(bucketSlots(300)).Put(append(slotPrefix(300), 0, 0), []byte("damaged")),
			tx.Bucket(bucketSlots(300)).Put([]byte("junk"), []byte("junk")),
			tx.Bucket(bucketDevices).Put([]byte("x"), []byte("damaged")))
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Series(t.Context(), rollup.Query{Class: rollup.Device, ID: 1, Metric: rollup.TxBytes, From: 0, To: 900, Points: 3}, nil)
	want := rollup.Series{Start: 0, Step: 300, Values: []uint64{1, 0, 1}, Known: []bool{true, false, true}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, series (-want +got):\n%s", err, diff)
	}
	devices, err := s.Devices()
	if err != nil || len(devices) != 1 || devices[0].Key != "y" {
		t.Errorf("devices %+v, %v", devices, err)
	}
	if n := s.Status().BadBlocks; n != 2 {
		t.Errorf("%d bad blocks counted", n)
	}
	// A new half of the damaged slot is stored in its place.
	s.Append([]rollup.Slot{{Step: 300, Start: 300, Block: block(map[uint32]uint64{1: 8})}})
	commit(t, s)
	if got, _ := sumOf(t, s, 1, 0, 900, 3); got != 10 {
		t.Errorf("sum %d, want 10", got)
	}
}

// TestHourIsRebuilt opens databases that a kill left without their last hour's
// slot, with a part of it, and with all of it.
func TestHourIsRebuilt(t *testing.T) {
	fine := func(start int64) rollup.Slot {
		return rollup.Slot{Step: 300, Start: start, Block: block(map[uint32]uint64{1: 1})}
	}
	hour := func(start int64, n uint64) rollup.Slot {
		return rollup.Slot{Step: 3600, Start: start, Block: rollup.AppendBlock(nil, []rollup.Row{
			{Key: rollup.Key{Class: rollup.Device, ID: 1}, Values: rollup.Values{TxBytes: n, Flows: n}}})}
	}
	tests := []struct {
		name  string
		slots []rollup.Slot
		want  []uint64 // the hours
	}{
		{"missing", []rollup.Slot{fine(300), hour(0, 1), fine(3600), fine(3900)}, []uint64{1, 2}},
		{"a part", []rollup.Slot{fine(3600), hour(3600, 1), fine(3900), fine(4200)}, []uint64{0, 3}},
		{"all of it", []rollup.Slot{fine(3600), fine(3900), hour(3600, 2)}, []uint64{0, 2}},
		{"fine slots pruned", []rollup.Slot{fine(3900), hour(3600, 5)}, []uint64{0, 5}},
		{"none", nil, []uint64{0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), FileName)
			s := open(t, path, Options{})
			s.Append(tt.slots)
			commit(t, s)
			for range 2 { // a second opening changes nothing
				closeAndCheck(t, s)
				s = open(t, path, Options{})
			}
			for i, want := range tt.want {
				if got, step := sumOf(t, s, 1, int64(i)*3600, int64(i+1)*3600, 1); got != want || step != 3600 {
					t.Errorf("hour %d: %d by %d s, want %d", i, got, step, want)
				}
			}
		})
	}
}

// BenchmarkSeriesSixtyDays reads sixty days of a home as the pages do.
func BenchmarkSeriesSixtyDays(b *testing.B) {
	const days = 60
	names := intern.New(householdSeries)
	s := open(b, filepath.Join(b.TempDir(), FileName), Options{Names: names, MaxSize: 1 << 30})
	for i := range householdSeries {
		names.Handle(fmt.Sprint(i))
	}
	h := newHousehold(b)
	for now := int64(0); now < days*86400; now += 300 {
		s.Append(h.fiveMinutes(now, householdBusy))
		if now%3600 == 0 {
			commit(b, s)
		}
	}
	for _, points := range []int{60, 300, 1440, 2000} {
		q := rollup.Query{Class: rollup.Device, ID: 1, Metric: rollup.Bytes, From: 0, To: days * 86400, Points: points}
		b.Run(fmt.Sprintf("series-%d", points), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Series(b.Context(), q, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	q := rollup.Query{Class: rollup.Device, Metric: rollup.Bytes, From: 0, To: days * 86400, Points: 60}
	b.Run("top", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := s.Top(b.Context(), q, 20, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("list", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.List(b.Context(), rollup.Device, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
