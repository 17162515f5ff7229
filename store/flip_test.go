package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"weir/internal/intern"
	"weir/internal/packet"
	"weir/internal/rollup"
)

// flipSample makes a database whose content can be told from its place: the slot of
// i minutes has i bytes of the device with the handle i%50+1, which is named so.
func flipSample(t *testing.T) []byte {
	t.Helper()
	names := intern.New(4096)
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{Names: names, Tiers: rollup.DefaultTiers()})
	for i := range 50 {
		name := fmt.Sprintf("name %d", i+1)
		names.Handle(name)
		s.PutDevices([]Device{{Key: name, Name: name, MACs: []packet.MAC{{5: byte(i + 1)}}}})
		s.PutRows([]Row{{RowNote, name, []byte(name)}})
	}
	for i := range int64(1000) {
		s.Append([]rollup.Slot{{Step: 60, Start: 60 * i, Block: block(map[uint32]uint64{uint32(i%50 + 1): uint64(i)})}})
	}
	closeAndCheck(t, s)
	b, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFlippedBits flips one bit at each of 200 random places. The database opens,
// and what it says is right: a part may be gone, and then that is counted or the
// whole is moved aside.
func TestFlippedBits(t *testing.T) {
	sample := flipSample(t)
	rng := rand.New(rand.NewPCG(11, 11))
	dir := t.TempDir()
	moved, counted, harmless := 0, 0, 0
	for round := range 200 {
		at, bit := rng.IntN(len(sample)), byte(1)<<rng.IntN(8)
		sample[at] ^= bit
		path := filepath.Join(dir, fmt.Sprint(round))
		if err := os.WriteFile(path, sample, 0o600); err != nil {
			t.Fatal(err)
		}
		sample[at] ^= bit
		names := intern.New(4096)
		s, err := Open(path, Options{Names: names, Tiers: rollup.DefaultTiers()})
		if err != nil {
			t.Fatalf("byte %d, bit %08b: %v", at, bit, err)
		}
		if s.Opened().MovedTo != "" {
			moved++
		} else if lost := checkFlipped(t, s, names); lost > 0 && s.Status().BadBlocks == 0 {
			t.Errorf("%d things are gone and nothing is counted", lost)
		} else if s.Status().BadBlocks > 0 {
			counted++
		} else {
			harmless++
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Fatalf("it was byte %d, page %d, bit %08b", at, at/pageSize, bit)
		}
	}
	t.Logf("%d files moved aside, %d with damage counted, %d unharmed", moved, counted, harmless)
}

// checkFlipped reads all that flipSample wrote. What is there must be right; it
// returns how much is not.
func checkFlipped(t *testing.T, s *Store, names *intern.Table) (lost int) {
	t.Helper()
	seen := 0
	err := s.scan(t.Context(), nil, func(r *reader) error {
		return r.slots(60, 0, 1<<40, func(slot rollup.Slot) error {
			it := rollup.NewIter(slot.Block)
			n := 0
			for ; it.Next(); n++ {
				i := slot.Start / 60
				row := it.Row()
				if row.Class != rollup.Device || int64(row.ID) != i%50+1 || row.TxBytes != uint64(i) || slot.Start%60 != 0 {
					t.Errorf("slot %d has row %+v", slot.Start, row)
				}
			}
			if it.Err() == nil && n == 1 {
				seen++
			}
			return it.Err()
		})
	})
	if err != nil {
		t.Errorf("slots: %v", err)
	}
	lost = 1000 - seen
	for i := range uint32(50) {
		want := fmt.Sprintf("name %d", i+1)
		if got := names.Name(i + 1); got == fmt.Sprintf("damaged name %d", i+1) {
			lost++
		} else if got != want {
			t.Errorf("handle %d is %q", i+1, got)
		}
	}
	devices, err := s.Devices()
	for _, d := range devices {
		if d.Key != d.Name || fmt.Sprintf("name %d", d.MACs[0][5]) != d.Key {
			t.Errorf("device %+v", d)
		}
	}
	notes := rows(t, s, RowNote)
	for _, row := range notes {
		if row.Key != string(row.Value) {
			t.Errorf("row %+v", row)
		}
	}
	if err != nil {
		t.Errorf("devices: %v", err)
	}
	return lost + 100 - len(devices) - len(notes)
}
