//go:build integration

package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// mountTmpfs mounts a small tmpfs for one test.
func mountTmpfs(t *testing.T, options string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NOT RUN: mounting a tmpfs needs root")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("NOT RUN: mount a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestFullDisk(t *testing.T) {
	dir := mountTmpfs(t, "size=512k")
	out, err := child(t, "full", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
	if !strings.Contains(string(out), "tmpfs") {
		t.Error("the file system's name is missing")
	}
	checkSound(t, filepath.Join(dir, FileName))
}

// TestNoRoomToStart opens a database where not even an empty one fits.
func TestNoRoomToStart(t *testing.T) {
	dir := mountTmpfs(t, "size=8k")
	_, err := Open(filepath.Join(dir, FileName), Options{Names: intern.New(10)})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "is full") {
		t.Errorf("%v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestReadOnlyFileSystem(t *testing.T) {
	dir := mountTmpfs(t, "size=1m")
	path := filepath.Join(dir, FileName)
	closeAndCheck(t, open(t, path, Options{}))
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{Names: intern.New(10)}); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "tmpfs is read-only") {
		t.Errorf("%v", err)
	}
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, Options{})
	s.Append([]rollup.Slot{{Step: 300, Start: 0, Block: block(nil)}})
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
}
