package store

import (
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
	if l.store.Opened().Unfinished {
		t.Error("unfinished before the rebuild")
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
