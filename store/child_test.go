package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// runIntoSizeLimit lets the kernel refuse that the file grows, then allows it.
func runIntoSizeLimit(dir string) error {
	return outOfSpace(dir, func(size int64, full bool) error {
		lim := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
		if full {
			lim.Cur = uint64(size)
		}
		return unix.Setrlimit(unix.RLIMIT_FSIZE, &lim)
	})
}

// outOfSpace appends until the disk is full, checks what the store says about
// it, makes room, and checks that the store recovers by itself and has lost
// nothing but what its queue had no room for.
func outOfSpace(dir string, setFull func(size int64, full bool) error) error {
	path := filepath.Join(dir, FileName)
	s, err := Open(path, Options{Names: intern.New(100), QueueBytes: 256 << 10, Tiers: twoTiers()})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()

	values := map[uint32]uint64{}
	for id := range uint32(1000) {
		values[id] = 1
	}
	b := block(values)
	put := func(i int64) { s.Append([]rollup.Slot{{Step: 300, Start: 300 * i, Block: b}}) }
	put(0)
	if err := waitFor(s, func(st Status) bool { return st.Commits == 1 }); err != nil {
		return err
	}
	if err := setFull(s.Status().FileBytes, true); err != nil {
		return err
	}
	n := int64(1)
	for ; n < 1000 && s.Status().Dropped == 0; n++ {
		put(n)
		if n%10 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	st := s.Status()
	if st.Dropped == 0 || st.Err == nil || st.QueuedBytes > 2*st.MaxQueued {
		return fmt.Errorf("%d slots did not fill disk and queue: %+v", n, st)
	}
	if msg := st.Err.Error(); !strings.Contains(msg, path) || !strings.Contains(msg, st.FS) || !strings.Contains(msg, "is full") {
		return fmt.Errorf("status says %q", msg)
	}
	q := rollup.Query{Class: rollup.Device, ID: 7, Metric: rollup.TxBytes, From: 0, To: 300 * n, Points: 2000}
	before, err := s.Series(ctx, q, nil)
	if err != nil || known(before) != uint64(n)-st.Dropped {
		return fmt.Errorf("%d of %d slots known with %d dropped: %w", known(before), n, st.Dropped, err)
	}
	if err := setFull(0, false); err != nil {
		return err
	}
	if err := waitFor(s, func(st Status) bool { return st.QueuedSlots == 0 && st.Err == nil }); err != nil {
		return err
	}
	after, err := s.Series(ctx, q, nil)
	if err != nil || known(after) != known(before) {
		return fmt.Errorf("%d slots known, %d before: %w", known(after), known(before), err)
	}
	fmt.Printf("%d slots, %d dropped by a full queue, %d saved after %d errors on %s\n", n, st.Dropped, known(after), st.Errors, st.FS)
	stop()
	if err := errors.Join(<-done, setFull(s.Status().FileBytes, true)); err != nil {
		return err
	}
	for i := range int64(40) {
		put(n + i)
	}
	short, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if err := s.Close(short); err == nil || !strings.Contains(err.Error(), "40 slots not saved") || !strings.Contains(err.Error(), "is full") {
		return fmt.Errorf("close with a full disk: %w", err)
	}
	return nil
}

// known counts the points that are not gaps.
func known(s rollup.Series) (n uint64) {
	for _, k := range s.Known {
		if k {
			n++
		}
	}
	return n
}

func waitFor(s *Store, ok func(Status) bool) error {
	for range 2000 {
		if ok(s.Status()) {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return fmt.Errorf("status stays %+v", s.Status())
}

func TestFileSizeLimit(t *testing.T) {
	dir := t.TempDir()
	out, err := child(t, "limit", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
	checkSound(t, filepath.Join(dir, FileName))
}
