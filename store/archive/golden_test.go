package archive

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/intern"
	"weir/internal/rollup"
)

var update = flag.Bool("update", false, "write the golden file")

// told is a record with the names of its series, to compare.
type told struct {
	Kind        Kind
	Step, Start int64
	Key, Data   string
	Gone        bool
	Rows        map[string]rollup.Values
}

// goldenRecords are what the golden file holds.
func goldenRecords(names *intern.Table) []Record {
	row := func(c rollup.Class, name, sub string, n uint64) rollup.Row {
		return rollup.Row{Key: rollup.Key{Class: c, ID: names.Handle(name), Sub: names.Handle(sub)},
			Values: rollup.Values{TxBytes: n, RxBytes: n << 33, TxPackets: 1, RxPackets: 2, Flows: 3}}
	}
	rows := []rollup.Row{
		row(rollup.Device, "phone", "", 1), row(rollup.Device, "größte", "", 2), row(rollup.Total, "", "", 3),
		row(rollup.DeviceApplication, "phone", "video", 4),
	}
	sortRows(rows)
	block := rollup.AppendBlock(nil, rows)
	return []Record{
		{Kind: KindDevice, Key: "02:00:00:00:00:01", Data: []byte("a row")},
		{Kind: KindNote, Key: "\x02phone", Gone: true},
		{Kind: KindSlot, Step: 3600, Start: 1_700_000_000 / 3600 * 3600, Data: block},
		{Kind: KindOpen, Step: 86400, Start: -5, Data: block},
		{Kind: KindFlow, Start: 1 << 33, Key: "block", Data: bytes.Repeat([]byte{1, 2, 3}, 1000)},
	}
}

// tell reads all of a stream.
func tell(t *testing.T, r *Reader, handle func(string) uint32, name func(uint32) string) []told {
	t.Helper()
	var list []told
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		l := told{Kind: rec.Kind, Step: rec.Step, Start: rec.Start, Key: rec.Key, Gone: rec.Gone}
		if !rec.block() {
			l.Data = string(rec.Data)
		} else {
			block, err := mapBlock(nil, rec.Kind, rec.Data, r.Names(rec, handle))
			if err != nil {
				t.Fatal(err)
			}
			l.Rows = map[string]rollup.Values{}
			for it := rollup.NewIter(block); it.Next(); {
				row := it.Row()
				l.Rows[strings.Join([]string{row.Class.String(), name(row.ID), name(row.Sub)}, " ")] = row.Values
			}
		}
		list = append(list, l)
	}
}

// TestGolden reads a file that was written once and for all: every version of
// weir on every machine, of either byte order and any width, reads it, and writes
// what reads the same.
func TestGolden(t *testing.T) {
	path := filepath.Join("testdata", "backup-2.seg")
	names := intern.New(100)
	names.Handle("some other name") // handles are not those of the file
	records := goldenRecords(names)
	var buf bytes.Buffer
	w := NewWriter(&buf, codec)
	for i, r := range records {
		if err := w.Add(r, names.Name); err != nil {
			t.Fatal(err)
		}
		if i%2 == 1 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := intern.New(100)
	got := tell(t, NewReader(bytes.NewReader(golden), codec), other.Handle, other.Name)
	want := tell(t, NewReader(&buf, codec), names.Handle, names.Name)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(got) != len(records) || got[2].Rows["device_application phone video"].RxBytes != 4<<33 || got[2].Rows["device größte "].TxBytes != 2 {
		t.Errorf("%+v", got)
	}
}
