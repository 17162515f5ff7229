package store

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"weir/internal/clock"
	"weir/internal/intern"
	"weir/internal/rollup"
)

// open opens a store for a test. When the test ends its file must be sound, by
// bbolt's own check as well as by ours.
func open(t testing.TB, path string, o Options) *Store {
	t.Helper()
	if o.Names == nil {
		o.Names = intern.New(4096)
	}
	if o.Tiers == nil {
		o.Tiers = twoTiers()
	}
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAndCheck(t, s) })
	return s
}

// twoTiers are enough for what does not depend on how many there are.
func twoTiers() []rollup.Tier {
	return []rollup.Tier{{Step: 300, Keep: 14 * clock.Day}, {Step: 3600, Keep: 90 * clock.Day}}
}

func closeAndCheck(t testing.TB, s *Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if s.closed.Load() {
		return
	}
	if err := s.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
	checkSound(t, s.path)
}

// checkSound checks a closed database.
func checkSound(t testing.TB, path string) {
	t.Helper()
	f, err := lockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := checkFile(f, info.Size()); err != nil {
		t.Errorf("our check: %v", err)
	}
	_ = f.Close()
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_ = db.View(func(tx *bolt.Tx) error {
		for err := range tx.Check() {
			t.Errorf("bbolt's check: %v", err)
		}
		return nil
	})
}

// block packs rows of the class Device with TxBytes alone, by ID.
func block(values map[uint32]uint64) []byte {
	var rows []rollup.Row
	for id := range uint32(1 << 16) {
		if v, ok := values[id]; ok {
			rows = append(rows, rollup.Row{Key: rollup.Key{Class: rollup.Device, ID: id}, Values: rollup.Values{TxBytes: v, Flows: 1}})
		}
	}
	return rollup.AppendBlock(nil, rows)
}

func TestAppendCommitReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", FileName)
	names := intern.New(100)
	s := open(t, path, Options{Names: names})
	id := names.Handle("AA:BB")
	for i := range int64(10) {
		s.Append([]rollup.Slot{{Step: 300, Start: 300 * i, Block: block(map[uint32]uint64{id: uint64(i)})}})
		if i == 5 {
			if err := s.Commit(); err != nil {
				t.Fatal(err)
			}
		}
	}
	q := rollup.Query{Class: rollup.Device, ID: id, Metric: rollup.TxBytes, From: 0, To: 3600, Points: 12}
	check := func(s *Store) {
		t.Helper()
		got, err := s.Series(t.Context(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got.Values {
			want := uint64(i)
			if i >= 10 {
				want = 0
			}
			if got.Values[i] != want || got.Known[i] != (i < 10) {
				t.Errorf("point %d: %d known %t", i, got.Values[i], got.Known[i])
			}
		}
	}
	check(s)
	closeAndCheck(t, s)
	names = intern.New(100)
	s = open(t, path, Options{Names: names})
	if s.Opened().Fresh || names.Name(id) != "AA:BB" {
		t.Errorf("opened %+v, name %q", s.Opened(), names.Name(id))
	}
	check(s)
}

func unixTime(sec int64) time.Time { return time.Unix(sec, 0) }

// oldestAge returns how many seconds of a tier are stored.
func oldestAge(t testing.TB, s *Store, step int64) int64 {
	t.Helper()
	var age int64
	err := s.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketSlots(step)).Cursor()
		first, _ := c.First()
		last, _ := c.Last()
		a, _ := slotStart(first)
		b, _ := slotStart(last)
		age = b - a + step
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return age
}
