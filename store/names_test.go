package store

import (
	"fmt"
	"path/filepath"
	"testing"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// TestNamesAreForgotten fills the table of names, lets pruning delete most of what
// referred to them, and opens the database again: what is still stored keeps its
// names, the rest makes room, and the handles that are given out again mean the new
// names after another opening.
func TestNamesAreForgotten(t *testing.T) {
	const room = 40
	path := filepath.Join(t.TempDir(), FileName)
	names := intern.New(room)
	s := open(t, path, Options{Names: names})
	handle := map[string]uint32{}
	for i := range room - 4 {
		name := fmt.Sprint("name ", i)
		handle[name] = names.Handle(name)
	}
	matrix := rollup.AppendBlock(nil, []rollup.Row{{Key: rollup.Key{Class: rollup.DeviceApplication, ID: handle["name 3"], Sub: handle["name 9"]}, Values: rollup.Values{TxBytes: 1}}})
	s.Append([]rollup.Slot{{Step: 300, Start: 300, Block: block(map[uint32]uint64{handle["name 7"]: 1})}, {Step: 3600, Start: 0, Block: matrix}})
	s.PutDevices([]Device{{Key: "name 20"}})
	s.PutRows([]Row{{RowNote, "name 30", []byte("x")}})
	closeAndCheck(t, s)

	kept := []string{"name 3", "name 9", "name 7", "name 20", "name 30"}
	for round := range 3 {
		names = intern.New(room)
		s = open(t, path, Options{Names: names})
		for _, name := range kept {
			if h, ok := names.Lookup(name); !ok || h != handle[name] {
				t.Errorf("round %d: %s has handle %d %t, want %d", round, name, h, ok, handle[name])
			}
		}
		if round == 0 && (s.Opened().Freed != room-4-len(kept) || names.Len() != len(kept) || s.Opened().Names != len(kept)) {
			t.Errorf("opened %+v, %d names", s.Opened(), names.Len())
		}
		name := fmt.Sprint("new ", round)
		h := names.Handle(name)
		if h == 0 || h > room-4 {
			t.Errorf("round %d: a free handle was not used: %d", round, h)
		}
		handle[name], kept = h, append(kept, name)
		s.Append([]rollup.Slot{{Step: 300, Start: 600, Block: block(map[uint32]uint64{h: 1})}})
		closeAndCheck(t, s)
	}
}

// TestNamesStayWhileThereIsRoom opens a database of few names, none of them used.
func TestNamesStayWhileThereIsRoom(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	names := intern.New(40)
	s := open(t, path, Options{Names: names})
	for i := range 30 {
		names.Handle(fmt.Sprint(i))
	}
	s.PutDevices([]Device{{Key: "x"}})
	closeAndCheck(t, s)
	names = intern.New(40)
	s = open(t, path, Options{Names: names})
	if names.Len() != 30 || s.Opened().Freed != 0 {
		t.Errorf("%d names, opened %+v", names.Len(), s.Opened())
	}
}
