package store

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// putSlots appends n five-minute slots of one byte each from the given one on.
func putSlots(s *Store, first, n int64) {
	for i := first; i < first+n; i++ {
		s.Append([]rollup.Slot{{Step: 300, Start: 300 * i, Block: block(map[uint32]uint64{1: 1})}})
	}
}

// TestVanishedDirectory deletes the database with its directory while it is open:
// the next commit brings it back with all that was in it.
func TestVanishedDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	names := intern.New(10)
	s := open(t, filepath.Join(dir, FileName), Options{Names: names})
	names.Handle("first")
	putSlots(s, 0, 5)
	s.PutDevices([]Device{{Key: "x"}})
	commit(t, s)
	if err := os.RemoveAll(filepath.Dir(dir)); err != nil {
		t.Fatal(err)
	}
	putSlots(s, 5, 5)
	names.Handle("second")
	if got, _ := sumOf(t, s, 1, 0, 3000, 10); got != 10 {
		t.Errorf("while it is gone the sum is %d", got)
	}
	commit(t, s)
	if st := s.Status(); st.Reopened != 1 || st.Devices != 1 || st.Err != nil {
		t.Errorf("status %+v", st)
	}
	if starts, _ := stored(t, s, 3600); len(starts) != 0 {
		t.Error("the open hour was summed up, and will be again when it closes")
	}
	closeAndCheck(t, s)
	names = intern.New(10)
	s = open(t, s.path, Options{Names: names})
	if got, _ := sumOf(t, s, 1, 0, 3000, 10); got != 10 || names.Name(2) != "second" {
		t.Errorf("after a restart the sum is %d, the second name %q", got, names.Name(2))
	}
	if s.Opened().Fresh {
		t.Errorf("opened %+v", s.Opened())
	}
}

// TestDirectoryThatCannotComeBack has a file in the directory's place, as a mount
// point that is gone: the queue keeps what comes and status says why, until there
// is room for it again.
func TestDirectoryThatCannotComeBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mount")
	s := open(t, filepath.Join(dir, FileName), Options{})
	putSlots(s, 0, 5)
	commit(t, s)
	if err := errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	putSlots(s, 5, 5)
	for range 3 {
		if err := s.Commit(); err == nil || !strings.Contains(err.Error(), "vanished") || !strings.Contains(err.Error(), dir) {
			t.Fatalf("commit: %v", err)
		}
	}
	if st := s.Status(); st.QueuedSlots != 5 || st.Errors != 3 || st.Err == nil || st.Reopened != 0 {
		t.Errorf("status %+v", st)
	}
	if got, _ := sumOf(t, s, 1, 0, 3000, 10); got != 10 {
		t.Errorf("the sum is %d", got)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	commit(t, s)
	if got, _ := sumOf(t, s, 1, 0, 3000, 10); got != 10 || s.Status().QueuedSlots != 0 || s.Status().Reopened != 1 {
		t.Errorf("the sum is %d, status %+v", got, s.Status())
	}
}

// TestOlderCopyComesBack puts an older copy of the same database in its place, as a
// disk does that was pulled and mounted again: what it lacks of the names is saved,
// and what waited is written once.
func TestOlderCopyComesBack(t *testing.T) {
	dir := t.TempDir()
	names := intern.New(10)
	s := open(t, filepath.Join(dir, FileName), Options{Names: names})
	names.Handle("first")
	putSlots(s, 0, 5)
	commit(t, s)
	older := copyOf(t, s.path)
	names.Handle("second")
	putSlots(s, 5, 1)
	commit(t, s)
	replace(t, s.path, older)
	putSlots(s, 6, 4)
	commit(t, s)
	if got, _ := sumOf(t, s, 1, 0, 3000, 10); got != 9 || s.Status().Reopened != 1 {
		t.Errorf("the sum is %d, reopened %d times", got, s.Status().Reopened)
	}
	closeAndCheck(t, s)
	names = intern.New(10)
	open(t, s.path, Options{Names: names})
	if names.Name(2) != "second" {
		t.Errorf("names %q", names.Names(1))
	}
}

// TestOtherDatabaseComes puts a database with other names in its place: it is not
// touched, and the queue waits.
func TestOtherDatabaseComes(t *testing.T) {
	other := intern.New(10)
	o := open(t, filepath.Join(t.TempDir(), FileName), Options{Names: other})
	other.Handle("somebody else's")
	putSlots(o, 0, 1)
	closeAndCheck(t, o)
	names := intern.New(10)
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{Names: names})
	names.Handle("ours")
	putSlots(s, 0, 1)
	commit(t, s)
	replace(t, s.path, copyOf(t, o.path))
	putSlots(s, 1, 1)
	if err := s.Commit(); !errors.Is(err, errOtherNames) || s.Status().QueuedSlots != 1 {
		t.Errorf("commit: %v, %d slots wait", err, s.Status().QueuedSlots)
	}
	if got, _ := sumOf(t, s, 1, 0, 600, 2); got != 2 {
		t.Errorf("the sum is %d", got)
	}
	if err := os.Remove(s.path); err != nil {
		t.Fatal(err)
	}
	commit(t, s)
	if got, _ := sumOf(t, s, 1, 0, 600, 2); got != 2 {
		t.Errorf("after the other one went the sum is %d", got)
	}
}

// TestDamageWhileOpen overwrites the database while it is open: commits go on with
// a fresh one, and the damaged one is kept.
func TestDamageWhileOpen(t *testing.T) {
	names := intern.New(10)
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{Names: names})
	names.Handle("first")
	putSlots(s, 0, 200)
	commit(t, s)
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.WriteAt(make([]byte, info.Size()-2*pageSize), 2*pageSize)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	for i := int64(0); i < 5 && s.Status().Reopened == 0; i++ {
		putSlots(s, 200+i, 1)
		_ = s.Commit()
	}
	commit(t, s)
	st := s.Status()
	if st.Reopened != 1 || st.Errors == 0 || st.QueuedSlots != 0 || s.Opened().MovedTo == "" {
		t.Errorf("status %+v, opened %+v", st, s.Opened())
	}
	if got, _ := sumOf(t, s, 1, 0, 300*300, 300); got == 0 {
		t.Error("what was appended after the damage is gone")
	}
	closeAndCheck(t, s)
	names = intern.New(10)
	open(t, s.path, Options{Names: names})
	if names.Name(1) != "first" {
		t.Errorf("names %q", names.Names(1))
	}
}

func copyOf(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// replace puts another file in the place of one.
func replace(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path+".new", content, 0o600), os.Rename(path+".new", path)); err != nil {
		t.Fatal(err)
	}
}
