package api_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api/apitest"
)

// The firewall's word stands beside what zones moved, and beside nothing else.
func TestMatrixOfZones(t *testing.T) {
	b := apitest.New().Backend()
	var got struct {
		Rows, Columns []struct {
			Key   string
			Cells []int64
		}
		Policies []struct {
			From, To, Verdict string
			By                []struct{ Kind, Name string }
		}
	}
	raw := map[string]any{"class": "zone_zone", "from": int64(1749999900), "to": int64(1750000200), "metric": "flows"}
	answer(t, b, "matrix", raw, &got)
	if len(got.Rows) != 1 || got.Rows[0].Key != "lan" || !cmp.Equal(got.Rows[0].Cells, []int64{11}) || got.Columns[0].Key != "wan" {
		t.Errorf("%+v", got)
	}
	if p := got.Policies; len(p) != 4 || p[1].From != "lan" || p[1].To != "wan" || p[1].Verdict != "accept" || p[1].By[0].Kind != "forwarding" {
		t.Errorf("%+v", p)
	}
	for name, raw := range map[string]map[string]any{
		"another class": {"from": int64(1749999900), "to": int64(1750000200)},
		"no firewall":   raw,
	} {
		if name == "no firewall" {
			b.World = nil
		}
		var got struct{ Policies json.RawMessage }
		answer(t, b, "matrix", raw, &got)
		if name == "no firewall" && string(got.Policies) != "null" || name == "another class" && b.World != nil && string(got.Policies) != "null" {
			t.Errorf("%s: %s", name, got.Policies)
		}
	}
}
