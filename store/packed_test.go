package store

import (
	"testing"
	"time"

	"weir/internal/rollup"
	"weir/store/archive"
)

// plainMap is the Mapper that archives had before their blocks were packed.
func plainMap(dst []byte, kind archive.Kind, block []byte, id func(h uint32) uint32) ([]byte, error) {
	return rollup.AppendMapped(dst, block, func(_ rollup.Class, h uint32) uint32 { return id(h) })
}

// TestArchiveOfBothForms begins an archive with blocks that are not packed and goes
// on with packed ones: nothing is lost when both are read, before and after the
// first are packed by a compaction.
func TestArchiveOfBothForms(t *testing.T) {
	dir := t.TempDir()
	l := newLife(t, dir, 2<<20)
	var err error
	if l.arch, _, err = archive.Open(dir, archive.Options{Map: plainMap, Limit: 2 << 20}); err != nil {
		t.Fatal(err)
	}
	l.pass(30 * time.Hour)
	l.snapshot()
	if l.arch, _, err = OpenArchive(dir, 2<<20); err != nil {
		t.Fatal(err)
	}
	l.pass(30 * time.Hour)
	for range 20 {
		l.pass(time.Hour)
		l.snapshot()
		counted := uint64((l.now - lifeBegin) / 300)
		for _, step := range []int64{hour, 86400} {
			if got := l.sum(rollup.Device, "phone", step); got != 3*counted {
				t.Fatalf("%d bytes in slots of %d s, %d were counted", got, step, 3*counted)
			}
		}
		l.restart()
		report, err := l.store.RebuildFrom(l.arch)
		if err != nil || report.Skipped > 0 || len(report.Lost) > 0 {
			t.Fatalf("%v, %+v", err, report)
		}
	}
}

// TestDamagedPackedBlock hands the Mapper what is damaged.
func TestDamagedPackedBlock(t *testing.T) {
	block := rollup.AppendBlock(nil, []rollup.Row{{Key: rollup.Key{Class: rollup.Device, ID: 7}, Values: rollup.Values{RxBytes: 1000}}})
	same := func(h uint32) uint32 { return h }
	packed, err := packBlock(nil, archive.KindSlot, block, same)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{block, packed} {
		if got, err := mapBlock(nil, archive.KindSlot, b, same); err != nil || string(got) != string(block) {
			t.Errorf("%x, %v", got, err)
		}
		b = append([]byte(nil), b...)
		b[3] ^= 1
		for _, f := range []archive.Mapper{mapBlock, packBlock} {
			if got, err := f([]byte("x"), archive.KindSlot, b, same); err == nil || string(got) != "x" {
				t.Errorf("damaged: %x, %v", got, err)
			}
		}
	}
}
