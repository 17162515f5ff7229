package api_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"weir/internal/api"
	"weir/internal/api/apitest"
	"weir/internal/rollup"
)

// hourly is history with a hundred bytes sent in each of the hours.
type hourly struct {
	*apitest.House
	hours []int64
	step  int64
}

func (h *hourly) Series(_ context.Context, q rollup.Query) (rollup.Series, error) {
	sum := rollup.NewSum(q, h.step)
	for _, at := range h.hours {
		rows := []rollup.Row{{Key: rollup.Key{Class: rollup.Device, ID: q.ID}, Values: rollup.Values{TxBytes: 100}}}
		if err := sum.Add(rollup.Slot{Step: h.step, Start: at, Block: rollup.AppendBlock(nil, rows)}); err != nil {
			return rollup.Series{}, err
		}
	}
	return sum.Series(), nil
}

func TestActivityWeek(t *testing.T) {
	berlin := time.FixedZone("CEST", 2*3600)
	at := func(day, hour int) int64 { return time.Date(2025, 6, day, hour, 0, 0, 0, berlin).Unix() }
	tests := []struct {
		name string
		step int64
		raw  map[string]any
		want string // the cell of Sunday, 9 o'clock, and how many are known
		n    int
	}{
		{"two Sundays and a Monday", 3600, map[string]any{"device": int64(2)}, `{"tx":200,"rx":0}`, 2},
		{"the device of an address", 3600, map[string]any{"ip": "192.168.1.20"}, `{"tx":200,"rx":0}`, 2},
		{"only days are kept", 86400, map[string]any{"device": int64(2)}, ``, 0},
		{"nobody's address", 3600, map[string]any{"ip": "203.0.113.7"}, ``, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := apitest.New().Backend()
			b.Now = func() time.Time { return apitest.Now.In(berlin) }
			b.History = &hourly{apitest.New(), []int64{at(8, 9), at(15, 9), at(9, 23), at(2, 23) - 30*86400}, tt.step}
			var got struct {
				Activity struct{ Week [][]json.RawMessage }
			}
			answer(t, b, "activity", tt.raw, &got)
			known, cell := 0, ""
			for _, day := range got.Activity.Week {
				for _, hour := range day {
					if string(hour) != "null" {
						known++
					}
				}
			}
			if w := got.Activity.Week; w != nil {
				if len(w) != 7 || len(w[6]) != 24 {
					t.Fatalf("a week of %d days", len(w))
				}
				cell = string(w[time.Sunday][9])
			}
			if cell != tt.want || known != tt.n {
				t.Errorf("Sunday at 9: %s, want %s; %d hours known, want %d", cell, tt.want, known, tt.n)
			}
		})
	}
}

func TestActivityErrors(t *testing.T) {
	b := apitest.New().Backend()
	for _, tt := range []struct {
		raw  map[string]any
		code api.Code
		says string
	}{
		{nil, api.InvalidArgument, "of a device or an address"},
		{map[string]any{"device": int64(2), "ip": "192.168.1.20"}, api.InvalidArgument, "of a device or an address"},
		{map[string]any{"device": int64(99)}, api.NotFound, "no device 99"},
		{map[string]any{"ip": "192.0.2.9"}, api.NotFound, "192.0.2.9"},
	} {
		_, err := call(b, "activity", tt.raw)
		if err == nil || api.AsError(err).Code != tt.code || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%v: %v", tt.raw, err)
		}
	}
}
