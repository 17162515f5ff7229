package rollup

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWhole sums up what was counted under several IDs that stand for one.
func TestWhole(t *testing.T) {
	slots := []Slot{
		slotAt(300, 0, row(Device, 1, 1), row(Device, 2, 10), row(Device, 3, 100)),
		slotAt(300, 300, row(Device, 3, 200)),
		slotAt(300, 600, row(Device, 1, 2), row(Device, 2, 20)),
		slotAt(300, 900),
	}
	tests := []struct {
		name  string
		id    uint32
		whole map[uint32]uint32
		want  []uint64
		top   map[uint32]uint64
	}{
		{"nothing joined", 1, nil, []uint64{1, 0, 2, 0}, map[uint32]uint64{1: 3, 2: 30, 3: 300}},
		{"two joined", 1, map[uint32]uint32{3: 1}, []uint64{101, 200, 2, 0}, map[uint32]uint64{1: 303, 2: 30}},
		{"another one", 2, map[uint32]uint32{3: 1}, []uint64{10, 0, 20, 0}, map[uint32]uint64{1: 303, 2: 30}},
		{"all of them", 2, map[uint32]uint32{1: 2, 3: 2}, []uint64{111, 200, 22, 0}, map[uint32]uint64{2: 333}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := Query{Class: Device, ID: tt.id, Metric: Bytes, From: 0, To: 1200, Points: 4, Whole: tt.whole}
			sum, totals := NewSum(q, 300), NewTotals(q, 300)
			for _, s := range slots {
				if err := sum.Add(s); err != nil {
					t.Fatal(err)
				}
				if err := totals.Add(s); err != nil {
					t.Fatal(err)
				}
			}
			got := sum.Series()
			if diff := cmp.Diff(tt.want, got.Values); diff != "" || !got.Known[1] {
				t.Errorf("known %v, values (-want +got):\n%s", got.Known, diff)
			}
			top := map[uint32]uint64{}
			amounts, _ := totals.Top(9)
			for _, a := range amounts {
				top[a.ID] = a.TxBytes
			}
			if diff := cmp.Diff(tt.top, top); diff != "" {
				t.Errorf("top (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWholeRows does so for the rows of a matrix.
func TestWholeRows(t *testing.T) {
	q := Query{Class: DeviceApplication, ID: 1, Sub: 7, Metric: Bytes, To: 300, Points: 1, Whole: map[uint32]uint32{2: 1}}
	cell := func(id, sub uint32, tx uint64) Row {
		return Row{Key: Key{DeviceApplication, id, sub}, Values: Values{TxBytes: tx}}
	}
	slot := slotAt(300, 0, cell(1, 7, 1), cell(2, 7, 10), cell(2, 8, 100), cell(3, 7, 1000))
	totals, sum := NewTotals(q, 300), NewSum(q, 300)
	if err := totals.Add(slot); err != nil {
		t.Fatal(err)
	}
	if got, n := totals.Top(9); n != 1 || got[0].TxBytes != 11 || got[0].ID != 1 {
		t.Errorf("%d cells: %v", n, got)
	}
	if err := sum.Add(slot); err != nil || sum.Series().Values[0] != 11 {
		t.Errorf("series %v, %v", sum.Series(), err)
	}
}
