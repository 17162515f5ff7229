package rollup

import (
	"cmp"
	"errors"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestFiltered(t *testing.T) {
	rows := sampleRows(300, 9)
	block := AppendBlock(nil, rows)
	for _, tt := range []struct {
		name string
		keep func(Class) bool
	}{
		{"all", func(Class) bool { return true }},
		{"none", func(Class) bool { return false }},
		{"one", func(c Class) bool { return c == Total }},
		{"matrices", func(c Class) bool { _, _, matrix := c.Matrix(); return matrix }},
		{"but one", func(c Class) bool { return c != Device }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := AppendFiltered([]byte("x"), block, tt.keep)
			if err != nil {
				t.Fatal(err)
			}
			want := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !tt.keep(r.Class) })
			if diff := gocmp.Diff(AppendBlock([]byte("x"), want), got); diff != "" {
				t.Errorf("block (-want +got):\n%s", diff)
			}
		})
	}
	room := make([]byte, 0, 2*len(block))
	if n := testing.AllocsPerRun(20, func() {
		if _, err := AppendFiltered(room, block, func(c Class) bool { return c != Device }); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMapped(t *testing.T) {
	block := AppendBlock(nil, []Row{
		row(Device, 0, 1), row(Device, 3, 2), row(Device, 5, 4), row(Application, 3, 8),
		cell(DeviceApplication, 0, 3, 1), cell(DeviceApplication, 3, 3, 2), cell(DeviceApplication, 5, 0, 4), cell(DeviceApplication, 5, 3, 8),
	})
	got, err := AppendMapped(nil, block, func(c Class, id uint32) uint32 {
		switch {
		case id == Other:
			t.Error("Other is mapped")
		case c == Device:
			return 1 // two become one
		case c == Application && id == 3:
			return 70_000
		}
		return id
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		row(Device, 0, 1), row(Device, 1, 6), row(Application, 70_000, 8),
		cell(DeviceApplication, 0, 70_000, 1), cell(DeviceApplication, 1, 0, 4), cell(DeviceApplication, 1, 70_000, 10),
	}
	if diff := gocmp.Diff(want, collect(t, NewIter(got))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestTrim(t *testing.T) {
	var rows []Row
	for i := range uint32(40) {
		rows = append(rows, row(Device, i, uint64(i)))
	}
	for i := range uint32(50) {
		rows = append(rows, cell(DeviceApplication, i/7, i%7, uint64(i*7%50), 1)) // the first is Other's
	}
	rows = append(rows, cell(DeviceCountry, 1, 1, 5))
	block := AppendBlock(nil, rows)
	for _, cells := range []int{-1, 0, 1, 20, 48, 49, 50, 1000} {
		got, err := Trim([]byte("x"), block, cells)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(naiveTrim(rows, cells), collect(t, NewIter(got[1:]))); diff != "" {
			t.Errorf("%d cells (-want +got):\n%s", cells, diff)
		}
		again, err := Trim(nil, got[1:], cells)
		if gocmp.Diff(got[1:], again) != "" || err != nil {
			t.Errorf("%d cells: trimmed twice is another block: %v", cells, err)
		}
	}
}

// naiveTrim keeps the largest cells of each matrix.
func naiveTrim(rows []Row, cells int) []Row {
	var out []Row
	for class := range Class(NumClasses) {
		var part []Row
		var rest Values
		other := false
		for _, r := range rows {
			if _, _, matrix := class.Matrix(); r.Class == class && matrix && r.ID == Other && r.Sub == Other {
				rest, other = r.Values, true
			} else if r.Class == class {
				part = append(part, r)
			}
		}
		if _, _, matrix := class.Matrix(); matrix && len(part) > max(cells, 0) {
			slices.SortFunc(part, func(a, b Row) int {
				return cmp.Or(cmp.Compare(Bytes.Of(b.Values), Bytes.Of(a.Values)), a.Key.Compare(b.Key))
			})
			for _, r := range part[max(cells, 0):] {
				rest.Add(r.Values)
			}
			part, other = part[:max(cells, 0)], true
		}
		if other {
			part = append(part, Row{Key{Class: class}, rest})
		}
		out = append(out, sortRows(part)...)
	}
	return out
}

// TestTooManyRows has blocks with more rows than any slot: they are not taken apart.
func TestTooManyRows(t *testing.T) {
	rows := make([]Row, MaxRows+1)
	for i := range rows {
		rows[i] = cell(DeviceApplication, uint32(i), 1)
	}
	block := AppendBlock(nil, rows)
	same := func(_ Class, id uint32) uint32 { return id }
	for name, f := range map[string]func() ([]byte, error){
		"merge": func() ([]byte, error) { return AppendMerged([]byte("x"), block, AppendBlock(nil, nil)) },
		"map":   func() ([]byte, error) { return AppendMapped([]byte("x"), block, same) },
		"trim":  func() ([]byte, error) { return Trim([]byte("x"), block, 5) },
		"filter": func() ([]byte, error) {
			return AppendFiltered([]byte("x"), block[1:], func(Class) bool { return true })
		},
	} {
		if got, err := f(); !errors.Is(err, ErrCorrupt) || string(got) != "x" {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	block = AppendBlock(nil, rows[:MaxRows])
	if _, err := AppendMapped(nil, block, same); err != nil {
		t.Errorf("as many as can be: %v", err)
	}
}

func FuzzRewrite(f *testing.F) {
	f.Add(AppendBlock(nil, sampleRows(40, 7)), uint8(3))
	f.Add(AppendBlock(nil, []Row{cell(DeviceApplication, 0, 0, 9), cell(DeviceApplication, 0, 3, 1), cell(DeviceCountry, 5, 1, 1)}), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, cells uint8) {
		b := append([]byte(nil), data...)
		if len(b) >= emptyLen {
			b = seal(b[:len(b)-crcLen]...)
		}
		var sum Values
		it := NewIter(b)
		for it.Next() {
			sum.Add(it.Row().Values)
		}
		odd, err := AppendFiltered(nil, b, func(c Class) bool { return c%2 == 1 })
		if err == nil {
			even, err := AppendFiltered(nil, b, func(c Class) bool { return c%2 == 0 })
			merged, mergeErr := AppendMerged(nil, odd, even)
			if (mergeErr == nil) != (it.Err() == nil) || err != nil || mergeErr == nil && total(t, merged) != sum {
				t.Fatalf("filtered and merged: %v %v, iterated: %v", err, mergeErr, it.Err())
			}
		}
		mapped, err := AppendMapped(nil, b, func(_ Class, id uint32) uint32 { return id % 5 })
		if (err == nil) != (it.Err() == nil) || err == nil && total(t, mapped) != sum {
			t.Fatalf("mapped: %v, iterated: %v", err, it.Err())
		}
		trimmed, err := Trim(nil, b, int(cells))
		if it.Err() == nil && (err != nil || total(t, trimmed) != sum) {
			t.Fatalf("trimmed: %v", err)
		}
	})
}

func total(t *testing.T, block []byte) (sum Values) {
	for _, r := range collect(t, NewIter(block)) {
		sum.Add(r.Values)
	}
	return sum
}
