package store

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/rollup"
)

// TestBackupRestore moves everything to another weir, twice.
func TestBackupRestore(t *testing.T) {
	l := newLife(t, t.TempDir(), 16<<20)
	device := Device{Key: "phone", Name: "Phone", First: 5, Last: 9}
	l.store.PutDevices([]Device{device})
	l.store.PutRows([]Row{{RowLedger, "q", []byte("7")}})
	l.pass(50 * time.Hour)
	var file bytes.Buffer
	if err := l.store.Backup(t.Context(), &file); err != nil {
		t.Fatal(err)
	}
	want := l.sum(rollup.Device, "phone", 300)
	l.restart()
	for range 2 {
		report, err := l.store.Restore(t.Context(), bytes.NewReader(file.Bytes()))
		if err != nil || len(report.Lost) > 0 || report.Skipped > 0 {
			t.Fatalf("%+v, %v", report, err)
		}
		if got := l.sum(rollup.Device, "phone", 300); got != want {
			t.Errorf("%d of %d", got, want)
		}
	}
	devices, err := l.store.Devices()
	if diff := cmp.Diff([]Device{device}, devices); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if n := unsavedKeys(t, l.store); n == 0 {
		t.Error("what was restored is not for the next snapshot")
	}
	closeAndCheck(t, l.store)
}

// TestRestoreForeign refuses what is no backup, and says what a damaged one lost.
func TestRestoreForeign(t *testing.T) {
	l := newLife(t, t.TempDir(), 16<<20)
	l.pass(50 * time.Hour)
	var file bytes.Buffer
	if err := l.store.Backup(t.Context(), &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		in      []byte
		foreign bool
		lost    int
	}{
		{name: "text", in: []byte("a letter to grandmother, and not a backup"), foreign: true},
		{name: "half", in: file.Bytes()[:file.Len()/2], lost: 1},
		{name: "whole", in: file.Bytes()},
	} {
		t.Run(c.name, func(t *testing.T) {
			l.restart()
			report, err := l.store.Restore(t.Context(), bytes.NewReader(c.in))
			if c.foreign != (err != nil) || !c.foreign && len(report.Lost) != c.lost {
				t.Errorf("%v, %q", err, report.Words())
			}
		})
	}
}
