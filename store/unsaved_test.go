package store

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"weir/internal/rollup"
)

// listUnsaved reads what a snapshot would, in pages of three.
func listUnsaved(t testing.TB, s *Store) (items []unsavedItem) {
	t.Helper()
	err := s.view(func(tx *bolt.Tx) error {
		var after []byte
		for {
			page := unsaved(tx, after, 3)
			if items = append(items, page...); len(page) < 3 {
				return nil
			}
			after = page[2].key
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func unsavedNames(items []unsavedItem) (names []string) {
	for _, item := range items {
		if item.what == unsavedIsSlot {
			names = append(names, fmt.Sprintf("slot %d %d", item.step, item.start))
			continue
		}
		names = append(names, string(item.what)+" "+string(bytes.TrimLeft(item.name, "\x00\x01\x02\x03")))
	}
	return names
}

// TestUnsaved follows what snapshots have to take: all that is written or deleted,
// cleared by what they saw alone.
func TestUnsaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path, Options{MaxDevices: 2})
	put := func(start int64) {
		s.Append([]rollup.Slot{{Step: 300, Start: start, Block: block(map[uint32]uint64{1: 1})}})
	}
	put(300)
	put(600)
	s.PutDevices([]Device{{Key: "phone", Last: 1}})
	s.PutRows([]Row{{RowNote, "note", []byte("x")}})
	s.queue.appendFlows(flowBlock{last: 700, data: []byte("flows")})
	commit(t, s)
	first := listUnsaved(t, s)
	if n := len(first); n != 5 || s.Status().Unsaved != n {
		t.Fatalf("%d unsaved, counted %d: %q", n, s.Status().Unsaved, unsavedNames(first))
	}

	put(600) // again, while the snapshot is written
	commit(t, s)
	if err := s.change("snapshot", func(e *edit) error { return e.saved(first) }); err != nil {
		t.Fatal(err)
	}
	check := func(when string, want ...string) {
		t.Helper()
		got := listUnsaved(t, s)
		if diff := cmp.Diff(want, unsavedNames(got)); diff != "" || s.Status().Unsaved != len(got) {
			t.Errorf("%s, counted %d (-want +got):\n%s", when, s.Status().Unsaved, diff)
		}
	}
	check("after the first snapshot", "slot 300 600")
	closeAndCheck(t, s)
	s = open(t, path, Options{MaxDevices: 2})
	check("opened again", "slot 300 600", "slot 3600 0") // the hour was summed up
	if err := s.change("snapshot", func(e *edit) error { return e.saved(listed(e)) }); err != nil {
		t.Fatal(err)
	}
	check("after the second snapshot")

	s.PutDevices([]Device{{Key: "tv", Last: 5}, {Key: "car", Last: 6}}) // the phone has to go
	s.PutRows([]Row{{RowNote, "note", nil}})
	commit(t, s)
	if err := s.Rebase(600, 601, 600); err != nil {
		t.Fatal(err)
	}
	check("what is gone or moved counts too", "d car", "d phone", "d tv", "r note", "slot 300 600", "slot 300 1200")
}

// listed is what a snapshot reads, in the transaction that clears it.
func listed(e *edit) []unsavedItem { return unsaved(e.tx, nil, 1000) }

func TestMalformedUnsavedEntriesAreLeftOut(t *testing.T) {
	for _, key := range []string{"s", "s123", "x123", "f", "f123", "r\xff1", "r1", "d", ""} {
		if item, ok := parseUnsaved([]byte(key)); ok {
			t.Errorf("%q: %+v", key, item)
		}
	}
	if item, ok := parseUnsaved(unsavedSlot(300, 1<<40)); !ok || item.step != 300 || item.start != 1<<40 {
		t.Errorf("%+v %t", item, ok)
	}
}
