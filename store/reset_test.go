package store

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/rollup"
)

// TestReset deletes each part: that one is gone, stored and waiting, and noted for
// the next snapshot; the others are as they were.
func TestReset(t *testing.T) {
	tests := []struct {
		name string
		what Part
		left [4]int // slots, flow blocks, devices, rows
	}{
		{"nothing", 0, [4]int{3, 1, 2, 2}},
		{"slots", Slots, [4]int{0, 1, 2, 2}},
		{"flows", Flows, [4]int{3, 0, 2, 2}},
		{"devices", Devices, [4]int{3, 1, 0, 2}},
		{"rows", Rows, [4]int{3, 1, 2, 0}},
		{"everything", Everything, [4]int{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), FileName)
			s := open(t, path, Options{})
			put := func(n int64) {
				s.Append([]rollup.Slot{{Step: 300, Start: 300 * n, Block: block(map[uint32]uint64{1: 1})}, {Step: 3600, Start: 0, Block: block(map[uint32]uint64{1: 1})}})
				s.PutDevices([]Device{{Key: string(rune('a' + n))}})
				s.PutRows([]Row{{RowNote, string(rune('a' + n)), []byte("x")}})
			}
			put(0)
			s.queue.appendFlows(flowBlock{last: 10, data: []byte("flows")})
			commit(t, s)
			put(1) // waits
			unsavedBefore := s.Status().Unsaved
			if err := s.Reset(tt.what); err != nil {
				t.Fatal(err)
			}
			if st := s.Status(); st.Unsaved != unsavedBefore {
				t.Errorf("%d things are unsaved, %d before", st.Unsaved, unsavedBefore)
			}
			commit(t, s)
			check := func() {
				t.Helper()
				st := s.Status()
				got := [4]int{st.Flows.Slots, st.Flows.Slots, st.Devices, st.Rows}
				got[0] = st.Tiers[0].Slots + st.Tiers[1].Slots
				if diff := cmp.Diff(tt.left, got); diff != "" {
					t.Errorf("left (-want +got):\n%s", diff)
				}
			}
			check()
			closeAndCheck(t, s)
			s = open(t, path, Options{})
			check()
		})
	}
}
