package api_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/internal/api/apitest"
	"weir/internal/engine"
	"weir/internal/rollup"
	"weir/internal/usage"
)

// busyHouse is a house whose overview is given.
type busyHouse struct {
	*apitest.House
	overview engine.Overview
	line     api.Line
	mode     string
}

func (h *busyHouse) Overview(int, int, []uint32) engine.Overview { return h.overview }

func (h *busyHouse) State() api.State {
	s := h.House.State()
	s.Line, s.Mode = h.line, h.mode
	return s
}

func TestHeadline(t *testing.T) {
	tv := engine.DeviceRow{ID: 4, Name: "TV", BpsNow: engine.Pair[uint64]{Rx: 37e6, Tx: 1e6}}
	tests := []struct {
		name string
		rate uint64 // of the house, received
		lead engine.Lead
		line api.Line
		want string
	}{
		{"nothing moves", 0, engine.Lead{}, api.Line{}, `null`},
		{"little", 900e3, engine.Lead{Device: 4, Rate: 900e3}, api.Line{}, `null`},
		{"one of many", 100e6, engine.Lead{Device: 4, Rate: 38e6}, api.Line{}, `null`},
		{
			"one stands out", 50e6, engine.Lead{Device: 4, Rate: 38e6, App: "netflix", Since: 1749992700e6}, api.Line{},
			`{"device":4,"name":"TV","share_pct":76,"line_pct":null,"app":"netflix","since":1749992700}`,
		},
		{
			"of a line that is known", 50e6, engine.Lead{Device: 4, Rate: 38e6}, api.Line{Down: 50e6, Up: 10e6},
			`{"device":4,"name":"TV","share_pct":76,"line_pct":74,"app":null,"since":null}`,
		},
		{"more than all, as between its own addresses", 19e6, engine.Lead{Device: 4, Rate: 38e6}, api.Line{Up: 5}, `{"device":4,"name":"TV","share_pct":100,"line_pct":null,"app":null,"since":null}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := &busyHouse{House: apitest.New(), line: tt.line}
			h.overview = engine.Overview{Rate: engine.Pair[uint64]{Rx: tt.rate}, Lead: tt.lead, Busy: []engine.DeviceRow{tv}}
			b := h.House.Backend()
			b.Traffic, b.Daemon = h, h
			var got struct{ Headline json.RawMessage }
			answer(t, b, "summary", nil, &got)
			if string(got.Headline) != tt.want {
				t.Errorf("got %s, want %s", got.Headline, tt.want)
			}
		})
	}
}

// days is history with the same bytes each hour of the days before, and others today.
type days struct {
	*apitest.House
	hours []int64 // beginnings of hours that were counted
	today rollup.Values
	class rollup.Class
}

func (d *days) Members(class rollup.Class, _ string, _ int) ([]uint32, int) {
	if class == rollup.Uplink && d.class == rollup.Uplink {
		return []uint32{1}, 1
	}
	return nil, 0
}

func (d *days) Top(_ context.Context, q rollup.Query, _ int) ([]rollup.Amount, int, error) {
	if q.Class != d.class && !(d.class == rollup.Uplink && q.Class == rollup.Attributed) {
		return nil, 0, nil
	}
	return []rollup.Amount{{ID: 1, Values: d.today}}, 1, nil
}

func (d *days) Series(_ context.Context, q rollup.Query) (rollup.Series, error) {
	sum := rollup.NewSum(q, 3600)
	for _, at := range d.hours {
		k := rollup.Key{Class: d.class, ID: q.ID}
		v := rollup.Values{TxBytes: 100, RxBytes: 1000}
		if err := sum.Add(rollup.Slot{Step: 3600, Start: at, Block: rollup.AppendBlock(nil, []rollup.Row{{Key: k, Values: v}})}); err != nil {
			return rollup.Series{}, err
		}
	}
	return sum.Series(), nil
}

func TestToday(t *testing.T) {
	midnight := apitest.Now.Truncate(24 * time.Hour).Unix() // 15:15 before Now
	day := func(n int64) (all []int64) {
		for h := int64(0); h < 24; h++ {
			all = append(all, midnight-n*86400+h*3600)
		}
		return all
	}
	tests := []struct {
		name    string
		class   rollup.Class
		hours   []int64
		of      string
		average *int64
		trend   *float64
	}{
		{"the first day", rollup.Uplink, nil, "line", nil, nil},
		{"of the line, a quarter into the sixteenth hour", rollup.Uplink, append(day(1), day(3)...), "line", number[int64](15250), number(100.0)},
		{"of the house", rollup.Total, day(2), "house", number[int64](15250), number(100.0)},
		{"a day that was half seen", rollup.Total, append(day(2), midnight-86400), "house", number[int64](8125), number(275.405)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := apitest.New().Backend()
			b.History = &days{apitest.New(), tt.hours, rollup.Values{TxBytes: 3050, RxBytes: 30500}, tt.class}
			var got struct {
				Today struct {
					Of      string
					From    int64
					Rx      int64
					Average *int64   `json:"average_rx"`
					Trend   *float64 `json:"trend_pct"`
				}
			}
			answer(t, b, "summary", nil, &got)
			if g := got.Today; g.Of != tt.of || g.From != midnight || g.Rx != 30500 {
				t.Errorf("%+v", g)
			}
			if diff := cmp.Diff(tt.average, got.Today.Average); diff != "" {
				t.Errorf("average: -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(tt.trend, got.Today.Trend); diff != "" {
				t.Errorf("trend: -want +got:\n%s", diff)
			}
		})
	}
}

// watching is an uplink that carried less than flows account for.
type watching struct{ api.Uplinks }

func (watching) Reports() []usage.Report {
	return []usage.Report{{Uplink: "eth0", Day: usage.Span{
		Measured: time.Hour, Interface: usage.Counts{RxBytes: 8000}, Flows: usage.Counts{RxBytes: 900000},
	}}}
}

// A machine that watches others has an uplink that is not theirs.
func TestSummaryOfAnothersLine(t *testing.T) {
	b := apitest.New().Backend()
	b.Account = &plans{b.Account, nil}
	var got struct {
		Today struct{ Of string }
		Cycle json.RawMessage
	}
	answer(t, b, "summary", nil, &got)
	if got.Today.Of != "line" || string(got.Cycle) == "null" {
		t.Errorf("of a router: %+v", got)
	}
	b.Uplinks = watching{b.Uplinks}
	answer(t, b, "summary", nil, &got)
	if got.Today.Of != "house" || string(got.Cycle) != "null" {
		t.Errorf("of a machine that watches: %s, %s", got.Today.Of, got.Cycle)
	}
}

// plans are an account with other quotas.
type plans struct {
	api.Account
	uses []usage.Use
}

func (p *plans) Uses() []usage.Use { return p.uses }

func TestSummaryCycle(t *testing.T) {
	from := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	ofLine := usage.Use{
		Quota: usage.Quota{Name: "plan", Scope: "wan:wan", Bytes: 500}, From: from, To: from.AddDate(0, 1, 0), Used: 312, Forecast: 640, Known: true,
	}
	tests := []struct {
		name string
		uses []usage.Use
		want string
	}{
		{
			"the plan of the line", []usage.Use{{Quota: usage.Quota{Name: "kids", Scope: "pool:kids"}}, ofLine},
			`{"name":"plan","start":1748736000,"end":1751328000,"day":15,"days":30,"used":312,"cap":500,"forecast":640}`,
		},
		{
			"no plan", nil,
			`{"name":"wan","start":1749945600,"end":1752537600,"day":1,"days":30,"used":18462600,"cap":null,"forecast":null}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := apitest.New().Backend()
			b.Account = &plans{b.Account, tt.uses}
			var got struct{ Cycle json.RawMessage }
			answer(t, b, "summary", nil, &got)
			if string(got.Cycle) != tt.want {
				t.Errorf("got %s, want %s", got.Cycle, tt.want)
			}
		})
	}
}

func TestSummaryDNS(t *testing.T) {
	h := &busyHouse{House: apitest.New(), mode: "hybrid"}
	b := h.House.Backend()
	b.Daemon = h
	var got struct {
		DNS *struct{ Queries, Errors, Nxdomain, Bypass int64 }
	}
	answer(t, b, "summary", nil, &got)
	if d := got.DNS; d == nil || d.Queries != 43 || d.Errors != 0 || d.Nxdomain != 3 || d.Bypass != 1 {
		t.Errorf("%+v", d)
	}
	h.mode, b.History = "conntrack", &days{House: h.House, class: rollup.Total}
	answer(t, b, "summary", nil, &got)
	if got.DNS != nil {
		t.Errorf("connection tracking saw %+v", got.DNS)
	}
}
