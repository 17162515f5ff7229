package store

import (
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// TestUnfinishedRebuild: a rebuild that was interrupted is known at the next start,
// and to do it again doubles nothing.
func TestUnfinishedRebuild(t *testing.T) {
	l := newLife(t, t.TempDir(), 16<<20)
	l.pass(50 * time.Hour)
	l.snapshot()
	want := l.sum(rollup.Device, "phone", hour)
	l.restart()
	if _, err := l.store.RebuildFrom(l.arch); err != nil {
		t.Fatal(err)
	}
	if !l.store.Opened().Unfinished {
		t.Error("a fresh database was not unfinished")
	}
	again := func() bool {
		path, now := l.store.path, l.store.opt.Now
		closeAndCheck(t, l.store)
		l.names = intern.New(1000)
		l.store = open(t, path, Options{Names: l.names, Tiers: lifeTiers, Now: now, TimeTrusted: func() bool { return true }})
		return l.store.Opened().Unfinished
	}
	if again() {
		t.Error("unfinished after it was done")
	}
	err := l.store.change("as if killed", func(e *edit) error { return e.tx.Bucket(bucketMeta).Put(keyRebuild, []byte{1}) })
	if err != nil {
		t.Fatal(err)
	}
	if !again() {
		t.Error("what a kill left is not known")
	}
	if _, err := l.store.RebuildFrom(l.arch); err != nil {
		t.Fatal(err)
	}
	if err := l.store.view(func(tx *bolt.Tx) error {
		if tx.Bucket(bucketMeta).Get(keyRebuild) != nil {
			t.Error("still unfinished")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := l.sum(rollup.Device, "phone", hour); got != want || want == 0 {
		t.Errorf("%d bytes, want %d", got, want)
	}
	closeAndCheck(t, l.store)
}

// TestKilledBeforeRebuild: a database that was made and never filled, because the
// power went between the two, is not taken for one that has all of history.
func TestKilledBeforeRebuild(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	db, err := bolt.Open(path, 0o600, &bolt.Options{PageSize: pageSize})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil { // its file is there, nothing is in it
		t.Fatal(err)
	}
	reopened := func() OpenReport {
		s := open(t, path, Options{Names: intern.New(16)})
		defer closeAndCheck(t, s)
		return s.Opened()
	}
	if r := reopened(); !r.Fresh {
		t.Errorf("an empty file is not a fresh database: %+v", r)
	}
	for range 2 {
		if r := reopened(); r.Fresh || !r.Unfinished {
			t.Errorf("nothing was read into it, and that is not known: %+v", r)
		}
	}
}
