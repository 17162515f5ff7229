package flowlog_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/flowlog"
)

func sameAddr(a, b netip.Addr) bool { return a == b }

func read(tb testing.TB, block []byte, f flowlog.Filter) []flowlog.Flow {
	tb.Helper()
	var rows []flowlog.Flow
	if err := flowlog.NewSearch(&f).Forward(block, 0, func(_ int, f *flowlog.Flow) bool {
		rows = append(rows, *f)
		return true
	}); err != nil {
		tb.Fatal(err)
	}
	return rows
}

// TestEveryField checks that a row comes back as it went in, whatever is in it.
func TestEveryField(t *testing.T) {
	var rows []flowlog.Flow
	for i := range 14 {
		rows = append(rows, filled(uint64(i)))
	}
	rows = append(rows, flowlog.Flow{}, flowlog.Flow{Detail: &flowlog.Detail{}, NAT: &flowlog.NAT{}}, rows[3])
	b := flowlog.NewBuilder()
	for i := range rows {
		if !b.Append(&rows[i]) {
			t.Fatalf("no room for row %d", i)
		}
	}
	open := b.AppendBlock([]byte("before"))
	block := b.Close()
	if string(open[6:]) != string(block.Bytes) {
		t.Error("the open block is not the closed one")
	}
	if diff := cmp.Diff(rows, read(t, block.Bytes, flowlog.Filter{}), cmp.Comparer(sameAddr)); diff != "" {
		t.Error(diff)
	}
}
