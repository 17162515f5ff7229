package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/internal/api/apitest"
	"weir/internal/flowlog"
	"weir/store"
)

// answer calls a method and reads the reply into v.
func answer(t *testing.T, b *api.Backend, method string, raw map[string]any, v any) {
	t.Helper()
	data, err := call(b, method, raw)
	if err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v in %s", method, err, data)
	}
}

type change struct {
	Key                   string
	Value, Before, Change *int64
	Pct                   *float64 `json:"change_pct"`
}

func number[T any](v T) *T { return &v }

// The recorded house has a slot from 1749999900 and one from 1750000500.
func TestCompare(t *testing.T) {
	b := apitest.New().Backend()
	type reply struct {
		From, To int64
		Before   *struct{ From, To int64 }
		Sum      change
		Compare  []change
		Total    int
	}
	var got reply
	answer(t, b, "compare", map[string]any{"class": "device", "from": int64(1750000500), "to": int64(1750001100), "metric": "flows"}, &got)
	want := reply{
		From: 1750000500, To: 1750000800, Before: &struct{ From, To int64 }{1749999900, 1750000500}, Total: 2,
		Sum: change{"", number[int64](11), number[int64](11), number[int64](0), number(0.0)},
		Compare: []change{
			{"2", number[int64](9), number[int64](9), number[int64](0), number(0.0)},
			{"3", number[int64](2), number[int64](2), number[int64](0), number(0.0)},
		},
	}
	want.To = 1750001100
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// Nothing is known of the time before, and nothing happened in the time after.
	got = reply{}
	answer(t, b, "compare", map[string]any{"class": "device", "from": int64(1749999900), "to": int64(1750000200), "metric": "flows", "limit": int64(1)}, &got)
	if got.Before != nil || got.Total != 2 || len(got.Compare) != 1 || got.Compare[0].Before != nil || *got.Compare[0].Value != 9 {
		t.Errorf("without history: %+v", got)
	}
	got = reply{}
	answer(t, b, "compare", map[string]any{"class": "device", "from": int64(1750000800), "to": int64(1750001100), "sort": "change"}, &got)
	if len(got.Compare) != 2 || *got.Compare[0].Value != 0 || *got.Compare[0].Change != -9140000 || *got.Compare[0].Pct != -100 {
		t.Errorf("after it: %+v", got)
	}
}

func TestMatrix(t *testing.T) {
	b := apitest.New().Backend()
	var got struct {
		Sum, Rest     int64
		Rows, Columns []struct {
			Key   string
			Value int64
			Cells []int64
		}
	}
	raw := map[string]any{"class": "device_application", "from": int64(1749999900), "to": int64(1750000200), "metric": "packets", "columns": int64(1)}
	answer(t, b, "matrix", raw, &got)
	if got.Sum != 7017 || got.Rest != 85 || len(got.Rows) != 2 || len(got.Columns) != 1 {
		t.Fatalf("%+v", got)
	}
	if r := got.Rows[0]; r.Key != "2" || r.Value != 6932 || !cmp.Equal(r.Cells, []int64{6932}) || got.Columns[0].Key != "youtube" {
		t.Errorf("first row %+v of %+v", r, got.Columns)
	}
	if r := got.Rows[1]; r.Key != "3" || r.Value != 85 || !cmp.Equal(r.Cells, []int64{0}) {
		t.Errorf("second row %+v", r)
	}
}

func TestDimensions(t *testing.T) {
	b := apitest.New().Backend()
	for method, want := range map[string][]string{
		"countries": {"US", "DE"}, "asns": {"AS64500", "AS64501"}, "zones": {"lan"}, "networks": {"lan"}, "pools": {"kids"},
	} {
		var got map[string]json.RawMessage
		answer(t, b, method, map[string]any{"from": int64(1750000500), "to": int64(1750000800)}, &got)
		var rows []struct {
			Key    string
			Before *int64
			Share  float64
		}
		if err := json.Unmarshal(got[method], &rows); err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, r := range rows {
			keys = append(keys, r.Key)
			if r.Before != nil { // the slot before is missing
				t.Errorf("%s: %s has %d before", method, r.Key, *r.Before)
			}
		}
		if !cmp.Equal(keys, want) {
			t.Errorf("%s: %v, want %v", method, keys, want)
		}
	}
	data, err := call(b, "countries", map[string]any{"from": int64(1750000500), "to": int64(1750000800), "text": "GERM"})
	if err != nil || !bytes.Contains(data, []byte(`"total":1,`)) || !bytes.Contains(data, []byte(`"label":"Germany"`)) || !bytes.Contains(data, []byte(`"share":0.966`)) {
		t.Errorf("by name: %s, %v", data, err)
	}
}

func TestTopOfCells(t *testing.T) {
	data, err := call(apitest.New().Backend(), "top", map[string]any{"class": "device_country", "period": "hour", "text": "anna"})
	want := `"top":[{"key":"2","label":"Anna phone","sub":{"key":"US","label":"United States"},`
	if err != nil || !bytes.Contains(data, []byte(want)) || !bytes.Contains(data, []byte(`"total":1,`)) {
		t.Errorf("%s, %v", data, err)
	}
}

func TestFlowHistory(t *testing.T) {
	h := apitest.New()
	b := h.Backend()
	var seen []int64
	cursor := ""
	for range 10 {
		var got struct {
			Flows []struct{ ID int64 }
			Next  *string
		}
		answer(t, b, "flow_history", map[string]any{"limit": int64(2), "cursor": cursor}, &got)
		for _, f := range got.Flows {
			seen = append(seen, f.ID)
		}
		if got.Next == nil {
			break
		}
		cursor = *got.Next
	}
	if want := []int64{107, 113, 111, 115, 109}; !cmp.Equal(seen, want) {
		t.Errorf("flows %v, want %v", seen, want)
	}
	_, err := call(b, "flow_history", map[string]any{
		"iface": "br-lan", "device": "2", "ip": "10.0.0.0/8", "app": "youtube", "category": "streaming", "protocol": "tls", "host": "tube",
		"proto": "tcp", "port": "443", "country": "us", "asn": "64500", "min_bytes": "1000", "min_duration": "2", "dir": "out", "uplink": "wan",
		"text": "x", "from": int64(5), "to": int64(9),
	})
	want := flowlog.Filter{
		From: 5e6, To: 9e6, Interface: "br-lan", Device: 2, IP: netip.MustParsePrefix("10.0.0.0/8"), App: "youtube", Category: "streaming",
		Protocol: "tls", Name: "tube", Proto: 6, HasProto: true, Port: 443, Country: "US", ASN: 64500, MinBytes: 1000, MinDuration: 2e6,
		Dir: "out", Uplink: "wan", Text: "x",
	}
	if diff := cmp.Diff(want, h.AskedPast(), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}

func TestDomains(t *testing.T) {
	h := apitest.New()
	b := h.Backend()
	type sums struct {
		Domain         string
		Bytes          struct{ Tx, Rx int64 }
		Flows, Devices int64
	}
	var got struct {
		Total            int
		Domains          []sums
		Unnamed, Others_ sums
	}
	answer(t, b, "domains", nil, &got)
	// Each recorded flow is alive and has ended an hour ago.
	if len(got.Domains) != 2 || got.Domains[0].Domain != "youtube.com" || got.Domains[0].Flows != 2 || got.Domains[0].Bytes.Rx != 2*1873344 || got.Domains[0].Devices != 1 {
		t.Errorf("domains %+v", got.Domains)
	}
	if got.Unnamed.Flows != 6 { // the question, the ICMPv6 flow and the one from outside
		t.Errorf("unnamed %+v", got.Unnamed)
	}
	answer(t, b, "domains", map[string]any{"sort": "domain", "text": "LAN", "period": "5m"}, &got)
	if len(got.Domains) != 1 || got.Domains[0].Domain != "nas.lan" || got.Domains[0].Flows != 1 {
		t.Errorf("of the last minutes %+v", got.Domains)
	}
	b.FlowLog = nil
	answer(t, b, "domains", nil, &got)
	if got.Domains[0].Flows != 1 {
		t.Errorf("without a log %+v", got.Domains)
	}
}

func TestUsage(t *testing.T) {
	b := apitest.New().Backend()
	type row struct {
		Key        string
		From, To   int64
		Forecast   *int64
		Attributed *struct{ Rx int64 }
	}
	var got struct{ Usage []row }
	answer(t, b, "usage", nil, &got)
	// The cycle began on the 15th at midnight.
	if len(got.Usage) != 1 || got.Usage[0].Key != "wan" || got.Usage[0].From != 1749945600 || got.Usage[0].To != 1752537600 || got.Usage[0].Attributed.Rx != 2*9188000 || got.Usage[0].Forecast != nil {
		t.Errorf("%+v", got.Usage)
	}
	answer(t, b, "usage", map[string]any{"class": "device", "text": "Anna"}, &got)
	if len(got.Usage) != 1 || got.Usage[0].Key != "2" || got.Usage[0].Attributed != nil {
		t.Errorf("%+v", got.Usage)
	}
	answer(t, b, "usage", map[string]any{"back": int64(1)}, &got)
	if len(got.Usage) != 0 {
		t.Errorf("the cycle before: %+v", got.Usage)
	}
	b.Now = func() time.Time { return apitest.Now.AddDate(0, 0, 15) }
	answer(t, b, "usage", nil, &got)
	if len(got.Usage) != 1 || got.Usage[0].Forecast == nil || *got.Usage[0].Forecast != 18462600*30*86400/(15*86400+54900) {
		t.Errorf("half of the cycle: %+v", got.Usage)
	}
}

func TestQuotas(t *testing.T) {
	b := apitest.New().Backend()
	type quota struct {
		Used, Prior, Pct int64
		Start            string
		Hours, Weekdays  []string
	}
	var got struct {
		Quotas []quota
		Quota  quota
	}
	answer(t, b, "quotas", nil, &got)
	if len(got.Quotas) != 1 || got.Quotas[0].Start != "15" || !cmp.Equal(got.Quotas[0].Hours, []string{"00:00-06:00"}) || len(got.Quotas[0].Weekdays) != 5 {
		t.Errorf("%+v", got.Quotas)
	}
	answer(t, b, "quota_set", map[string]any{"name": "plan", "used": int64(450e9)}, &got)
	if got.Quota.Used != 450e9 || got.Quota.Pct != 90 {
		t.Errorf("set: %+v", got.Quota)
	}
	answer(t, b, "quota_reset", map[string]any{"name": "plan"}, &got)
	if got.Quota.Used != 0 || got.Quota.Pct != 0 {
		t.Errorf("reset: %+v", got.Quota)
	}
}

func TestAlerts(t *testing.T) {
	b := apitest.New().Backend()
	var got struct {
		Total, Unseen int
		Alerts        []struct {
			ID    int64
			Acked bool
		}
	}
	answer(t, b, "alerts", map[string]any{"severity": "notice", "limit": int64(2)}, &got)
	if got.Total != 3 || len(got.Alerts) != 2 || got.Alerts[0].ID != 4 || got.Alerts[0].Acked {
		t.Errorf("%+v", got)
	}
	answer(t, b, "alerts", map[string]any{"type": "storage", "unseen": true, "from": apitest.Now.Unix() - 3600}, &got)
	if got.Total != 1 {
		t.Errorf("unseen: %+v", got)
	}
	answer(t, b, "alert_ack", map[string]any{"id": int64(4)}, &got)
	if got.Unseen != 1 {
		t.Errorf("after one: %d unseen", got.Unseen)
	}
	answer(t, b, "alert_ack", map[string]any{"id": int64(4), "older": true}, &got)
	if got.Unseen != 0 {
		t.Errorf("after all: %d unseen", got.Unseen)
	}
}

func TestReset(t *testing.T) {
	h := apitest.New()
	for what, want := range map[string]store.Part{
		"series": store.Slots, "flows": store.Flows, "devices": store.Devices, "rows": store.Rows, "all": store.Everything,
	} {
		if _, err := call(h.Backend(), "reset", map[string]any{"what": what}); err != nil || h.WasReset() != want {
			t.Errorf("%s: %d, %v", what, h.WasReset(), err)
		}
	}
}

// Without a part behind it a method says what it needs.
func TestNothingBehind(t *testing.T) {
	b := (&apitest.House{}).Backend()
	for _, m := range []string{"db", "snapshot", "prune", "reset", "usage", "quotas", "quota_reset", "alerts", "alert_ack", "flow_history"} {
		raw := map[string]any{}
		method, _ := api.Lookup(m)
		for _, a := range method.Args {
			switch {
			case a.Required && a.Values != nil:
				raw[a.Name] = a.Values[0]
			case a.Required:
				raw[a.Name] = int64(1)
			}
		}
		_, err := call(b, m, raw)
		var e *api.Error
		if !errors.As(err, &e) || e.Code != api.NotSupported || !strings.HasPrefix(e.Message, m+": ") {
			t.Errorf("%s: %v", m, err)
		}
	}
	if _, err := call(b, "top", map[string]any{"class": "device", "period": "cycle"}); err == nil || err.Error() != "period cycle: nothing is accounted here; give from and to" {
		t.Errorf("cycle: %v", err)
	}
}

func TestEvents(t *testing.T) {
	b := apitest.New().Backend()
	tests := []struct {
		name string
		raw  map[string]any
		want []string
	}{
		{"of an hour", map[string]any{"period": "hour"}, []string{"wan is up, at 198.51.100.4", "wan is down"}},
		{"of one kind", map[string]any{"period": "day", "kind": "start"}, []string{"weir 0.1.0 began"}},
		{"a page", map[string]any{"limit": int64(1), "offset": int64(2)}, []string{"the clock is right now, as ntp says"}},
		{"none", map[string]any{"from": int64(1), "to": int64(2)}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got struct{ Events []struct{ Text string } }
			answer(t, b, "events", tt.raw, &got)
			var texts []string
			for _, e := range got.Events {
				texts = append(texts, e.Text)
			}
			if diff := cmp.Diff(tt.want, texts); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	b.World = nil
	if _, err := call(b, "events", nil); api.AsError(err).Code != api.NotSupported {
		t.Errorf("where none are kept: %v", err)
	}
}
