package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/internal/api/apitest"
	"weir/internal/engine"
)

// call runs a method and returns its reply as JSON.
func call(b *api.Backend, name string, raw map[string]any) ([]byte, error) {
	m, err := api.Lookup(name)
	if err != nil {
		return nil, err
	}
	reply, err := m.Call(context.Background(), b, raw)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = writeReply(&out, reply)
	return out.Bytes(), err
}

func writeReply(w io.Writer, reply api.Reply) error {
	e := api.NewEncoder(w)
	e.Table("")
	reply(e)
	e.EndTable()
	return e.Flush()
}

// example returns the arguments of a method's example.
func example(t *testing.T, m *api.Method) map[string]any {
	t.Helper()
	var raw map[string]any
	if m.Example != "" {
		if err := json.Unmarshal([]byte(m.Example), &raw); err != nil {
			t.Fatalf("%s: example: %v", m.Name, err)
		}
	}
	return raw
}

func TestMethodsAreWellFormed(t *testing.T) {
	snake := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	seen := map[string]bool{}
	for _, m := range api.Methods {
		if !snake.MatchString(m.Name) || seen[m.Name] {
			t.Errorf("method %q: bad name, or twice", m.Name)
		}
		seen[m.Name] = true
		if !strings.HasSuffix(m.Doc, ".") {
			t.Errorf("method %s: its doc is not a sentence", m.Name)
		}
		args := map[string]bool{}
		for _, a := range m.Args {
			if !snake.MatchString(a.Name) || args[a.Name] || a.Doc == "" || a.Name == "ubus_rpc_session" {
				t.Errorf("method %s: argument %q: bad name, twice or without doc", m.Name, a.Name)
			}
			args[a.Name] = true
			if a.Type == api.Int && a.Max <= a.Min {
				t.Errorf("method %s: argument %s has no range", m.Name, a.Name)
			}
		}
		fields := map[string]bool{}
		for _, f := range api.ReplyOf(m) {
			if fields[f.Path] {
				t.Errorf("method %s: field %s is declared twice", m.Name, f.Path)
			}
			fields[f.Path] = true
		}
	}
}

func TestRepliesAreAsDeclared(t *testing.T) {
	b := apitest.New().Backend()
	for _, m := range api.Methods {
		if m.Sends() || m.Takes() {
			continue
		}
		raws := []map[string]any{example(t, m)}
		if !needsArgs(m) {
			raws = append(raws, nil)
		}
		for _, raw := range raws {
			data, err := call(b, m.Name, raw)
			if err != nil {
				t.Errorf("%s %v: %v", m.Name, raw, err)
				continue
			}
			t.Run(m.Name, func(t *testing.T) { apitest.CheckReply(t, api.ReplyOf(m), data) })
		}
	}
}

func needsArgs(m *api.Method) bool {
	for _, a := range m.Args {
		if a.Required {
			return true
		}
	}
	return m.Name == "series" || m.Name == "activity" // need a key unless the class is total, and a device or an address
}

// An empty backend is a daemon that has just started: lists are empty arrays,
// what is not known is null.
func TestRepliesOfNothing(t *testing.T) {
	h := &apitest.House{}
	b := h.Backend()
	for _, name := range []string{"flows", "hosts", "devices", "apps", "categories", "ports", "nat", "coverage"} {
		data, err := call(b, name, nil)
		want := `{"ts":1750000500,"total":0,"truncated":false,"` + name + `":[]}`
		if err != nil || string(data) != want {
			t.Errorf("%s: got %s, %v, want %s", name, data, err, want)
		}
	}
	h.FlowRows = make([]engine.FlowRow, 1)
	h.HostRows = make([]engine.HostRow, 1)
	h.DeviceRows = make([]engine.DeviceRow, 1)
	h.PortRows = make([]engine.PortRow, 1)
	data, err := call(b, "flows", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"rtt":{"client":null,"server":null,"app":null}`, `"iat":{"tx":null,"rx":null}`, `"tcp":null`,
		`"first":null`, `"goodput_pct":null`, `"vlan":null`, `"proto":"hopopt"`, `"duration":0.000`,
		`"low_goodput":null`, `"goodput":null`, `"observed":false`, `"dir":null`, `"offload":null`, `"nat":null`,
	} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("no %s in %s", want, data)
		}
	}
	for _, name := range []string{"hosts", "devices", "ports"} {
		m, _ := api.Lookup(name)
		data, err := call(b, name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if name == "hosts" && !bytes.Contains(data, []byte(`"ip":null`)) {
			t.Errorf("no address in %s", data)
		}
		if name != "hosts" {
			apitest.CheckReply(t, api.ReplyOf(m), data)
		}
	}
}

func TestFilters(t *testing.T) {
	h := apitest.New()
	b := h.Backend()
	_, err := call(b, "flows", map[string]any{
		"iface": "br-lan", "device": "2", "ip": "192.168.1.0/24", "mac": "da:a1:19:00:00:20", "vlan": int64(20),
		"app": "youtube", "category": "streaming", "protocol": "quic", "host": "Video", "proto": "udp", "port": "443", "name": "anna", "state": "SF", "ipver": int64(4),
		"min_bytes": int64(1 << 40), "min_duration": int64(60), "dir": "out", "text": "cdn",
		"uplink": "wan", "offload": "hardware", "network": "guest", "zone": "lan", "scope": "remote",
		"limit": "10", "offset": "20", "sort": "last", "desc": "false",
	})
	if err != nil {
		t.Fatal(err)
	}
	f, p := h.Asked()
	wantFilter := engine.Filter{
		Interface: "br-lan", Device: 2, IP: netip.MustParsePrefix("192.168.1.0/24"), MAC: "DA:A1:19:00:00:20", VLAN: 20,
		App: "youtube", Category: "streaming", Service: "quic", Host: "Video", Proto: 17, HasProto: true, Port: 443, Name: "anna", State: "SF", IPVersion: 4,
		MinBytes: 1 << 40, MinDuration: 60e6, Dir: "out", Text: "cdn",
		Uplink: "wan", Offload: "hardware", Network: "guest", Zone: "lan", Scope: "remote",
	}
	if f != wantFilter {
		t.Errorf("filter %+v, want %+v", f, wantFilter)
	}
	if want := (engine.Page{Sort: "last", Limit: 10, Offset: 20}); p != want {
		t.Errorf("page %+v, want %+v", p, want)
	}
	if _, err := call(b, "hosts", map[string]any{"scope": "remote"}); err != nil {
		t.Fatal(err)
	}
	if f, _ := h.Asked(); f != (engine.Filter{Scope: "remote"}) {
		t.Errorf("filter of hosts %+v", f)
	}
	if _, err := call(b, "apps", map[string]any{"device": "2", "category": "streaming", "text": "tube"}); err != nil {
		t.Fatal(err)
	}
	if f, _ := h.Asked(); f != (engine.Filter{Device: 2, Category: "streaming", Text: "tube"}) {
		t.Errorf("filter of apps %+v", f)
	}
	if _, err := call(b, "devices", map[string]any{"online": true}); err != nil {
		t.Fatal(err)
	}
	if f, _ := h.Asked(); f != (engine.Filter{Online: true, Listed: true}) {
		t.Errorf("filter of devices %+v", f)
	}
	if _, err := call(b, "devices", map[string]any{"hidden": true}); err != nil {
		t.Fatal(err)
	}
	if f, _ := h.Asked(); f != (engine.Filter{}) {
		t.Errorf("filter of all devices %+v", f)
	}
}

func TestPages(t *testing.T) {
	h := apitest.New()
	b := h.Backend()
	tests := []struct {
		name, method string
		raw          map[string]any
		want         engine.Page
	}{
		{"default", "flows", nil, engine.Page{Sort: "bytes", Desc: true, Limit: 50}},
		{"a text ascends", "flows", map[string]any{"sort": "app"}, engine.Page{Sort: "app", Limit: 50}},
		{"unless asked", "flows", map[string]any{"sort": "app", "desc": true}, engine.Page{Sort: "app", Desc: true, Limit: 50}},
		{"so does a category", "flows", map[string]any{"sort": "category"}, engine.Page{Sort: "category", Limit: 50}},
		{"applications by bytes", "apps", nil, engine.Page{Sort: "bytes", Desc: true, Limit: 50}},
		{"a key ascends", "categories", map[string]any{"sort": "key"}, engine.Page{Sort: "key", Limit: 50}},
		{"a time descends", "devices", map[string]any{"sort": "last"}, engine.Page{Sort: "last", Desc: true, Limit: 50}},
		{"so does a zone", "hosts", map[string]any{"sort": "zone"}, engine.Page{Sort: "zone", Limit: 50}},
		{"a port ascends", "ports", map[string]any{"sort": "port", "limit": int64(200)}, engine.Page{Sort: "port", Limit: 200}},
		{"an address ascends", "hosts", map[string]any{"sort": "ip", "offset": int64(7)}, engine.Page{Sort: "ip", Limit: 50, Offset: 7}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := call(b, tt.method, tt.raw); err != nil {
				t.Fatal(err)
			}
			if _, p := h.Asked(); p != tt.want {
				t.Errorf("got %+v, want %+v", p, tt.want)
			}
		})
	}
	for _, tt := range []struct {
		limit, offset int64
		want          string
	}{
		{1, 0, `"total":5,"truncated":true,`}, {1, 4, `"total":5,"truncated":false,`}, {200, 0, `"total":5,"truncated":false,`}, {1, 100, `"total":5,"truncated":false,`},
	} {
		data, err := call(b, "flows", map[string]any{"limit": tt.limit, "offset": tt.offset})
		if err != nil || !bytes.Contains(data, []byte(tt.want)) {
			t.Errorf("limit %d offset %d: no %s in %s, %v", tt.limit, tt.offset, tt.want, data, err)
		}
	}
}

func TestSpans(t *testing.T) {
	b := apitest.New().Backend()
	now := apitest.Now.Unix()
	tests := []struct {
		name     string
		raw      map[string]any
		from, to int64
		err      string
	}{
		{"a day by default", nil, now - 86400, now, ""},
		{"five minutes", map[string]any{"period": "5m"}, now - 300, now, ""},
		{"a month, in whole hours", map[string]any{"period": "month"}, now - 30*86400 - 900, now, ""},
		{"a cycle", map[string]any{"period": "cycle"}, 1749945600, now, ""},
		{"from until now, in whole slots", map[string]any{"from": int64(1750000000)}, 1749999900, now, ""},
		{"custom, in whole slots", map[string]any{"period": "custom", "from": int64(5), "to": int64(9)}, 0, 300, ""},
		{"custom without from", map[string]any{"period": "custom"}, 0, 0, "period custom needs the argument from; give from, and to unless it is now"},
		{"both", map[string]any{"period": "day", "from": int64(5)}, 0, 0, "period day and from or to contradict each other; give either"},
		{"to alone", map[string]any{"to": int64(5)}, 0, 0, "argument to needs the argument from; give both"},
		{"turned", map[string]any{"from": int64(9), "to": int64(9)}, 0, 0, "from 9 is not before to 9; times are epoch seconds"},
		{"in the future", map[string]any{"from": now + 1}, 0, 0, "from 1750000501 is not before to 1750000500; times are epoch seconds"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw := map[string]any{"class": "device"}
			for k, v := range tt.raw {
				raw[k] = v
			}
			data, err := call(b, "top", raw)
			if err != nil || tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("got %v, want %s", err, tt.err)
				}
				return
			}
			var got struct{ From, To int64 }
			if err := json.Unmarshal(data, &got); err != nil {
				t.Fatal(err)
			}
			if got.From != tt.from || got.To != tt.to {
				t.Errorf("got %d to %d, want %d to %d", got.From, got.To, tt.from, tt.to)
			}
		})
	}
}

// A clock that starts in 1970 must not make times negative.
func TestSpanBeforeTheFirstDay(t *testing.T) {
	b := apitest.New().Backend()
	b.Now = func() time.Time { return time.Unix(0, 0) }
	data, err := call(b, "series", map[string]any{"class": "total"})
	if err != nil || !bytes.Contains(data, []byte(`"start":0,`)) {
		t.Errorf("got %s, %v", data, err)
	}
}

func TestSeries(t *testing.T) {
	b := apitest.New().Backend()
	data, err := call(b, "series", map[string]any{"class": "device", "key": "2", "metric": "flows", "from": int64(1749999900), "to": int64(1750000800)})
	want := `{"ts":1750000500,"class":"device","key":"2","label":"Anna phone","sub":null,"metric":"flows","start":1749999900,"step":300,"starts":null,"values":[9,null,9]}`
	if err != nil || string(data) != want {
		t.Errorf("got %s, %v, want %s", data, err, want)
	}
	data, err = call(b, "series_list", map[string]any{"class": "device", "text": "ANNA"})
	want = `{"ts":1750000500,"total":1,"truncated":false,"series":[{"class":"device","key":"2","label":"Anna phone"}]}`
	if err != nil || string(data) != want {
		t.Errorf("got %s, %v, want %s", data, err, want)
	}
	data, err = call(b, "top", map[string]any{"class": "device", "limit": "1", "period": "hour"})
	want = `{"ts":1750000500,"total":2,"truncated":true,"class":"device","metric":"bytes","from":1749996900,"to":1750000500,` +
		`"top":[{"key":"2","label":"Anna phone","sub":null,"bytes":{"tx":40000,"rx":9100000},"pkts":{"tx":512,"rx":6420},"flows":9,"retrans":31,"rtt":23.200,"share":99.033}]}`
	if err != nil || string(data) != want {
		t.Errorf("got %s, %v, want %s", data, err, want)
	}
}

const classNames = "interface, device, application, total, uplink, attributed, router, category, network, zone, pool, country, asn, dns, device_application, device_country, zone_zone"

func TestErrors(t *testing.T) {
	h := apitest.New()
	h.ReloadErr = apitest.ErrReload
	b := h.Backend()
	tests := []struct {
		method string
		raw    map[string]any
		want   api.Error
	}{
		{"flwos", nil, api.Error{Code: api.MethodNotFound, Message: `there is no method "flwos"`, Hint: "did you mean flows?"}},
		{"flow", map[string]any{"id": int64(99)}, api.Error{Code: api.NotFound, Message: "there is no flow 99", Hint: "it may have ended; list flows for those that live"}},
		{"host", map[string]any{"ip": "192.0.2.1"}, api.Error{Code: api.NotFound, Message: "host 192.0.2.1 is not known", Hint: "remote hosts leave memory when they are idle"}},
		{"device", map[string]any{"id": int64(99)}, api.Error{Code: api.NotFound, Message: "there is no device 99", Hint: "list devices for those that are known"}},
		{"top", nil, api.Error{Code: api.InvalidArgument, Message: "top: argument class is missing", Hint: "it is: what is summed up; application: by the application or, of flows that have none, by the protocol, and category likewise; of an uplink: what its interface counted, what of that is attributed to flows, what this router itself sent and received; of dns: answers to questions, which flows counts, one of " + classNames}},
		{"series", map[string]any{"class": "device"}, api.Error{Code: api.InvalidArgument, Message: "class device needs the argument key", Hint: "series_list lists them"}},
		{"series", map[string]any{"class": "device", "key": "99"}, api.Error{Code: api.NotFound, Message: `there is no series of device "99"`, Hint: "series_list lists those there are"}},
		{"series", map[string]any{"class": "weather"}, api.Error{Code: api.InvalidArgument, Message: `series: argument class cannot be "weather"`, Hint: "there is: " + classNames}},
		{"series", map[string]any{"class": "device", "key": "2", "sub": "tls"}, api.Error{Code: api.InvalidArgument, Message: "argument sub goes with a matrix, not with class device", Hint: "leave it out"}},
		{"series", map[string]any{"class": "device_country", "key": "2"}, api.Error{Code: api.InvalidArgument, Message: "class device_country needs the arguments key and sub", Hint: "matrix lists its cells"}},
		{"series", map[string]any{"class": "device_country", "key": "2", "sub": "FR"}, api.Error{Code: api.NotFound, Message: `there is no series of country "FR"`, Hint: "series_list lists those there are"}},
		{"series_list", map[string]any{"class": "device_country"}, api.Error{Code: api.InvalidArgument, Message: "class device_country has cells, not members", Hint: "list device for key and country for sub; matrix shows its cells"}},
		{"matrix", map[string]any{"metric": "rtt"}, api.Error{Code: api.InvalidArgument, Message: "matrix: metric rtt is a mean, and cannot be added up", Hint: "top shows rtt by cell"}},
		{"flow_history", map[string]any{"cursor": "yesterday"}, api.Error{Code: api.InvalidArgument, Message: `flow_history: "yesterday" is not a cursor of this log`, Hint: "leave it out to begin with the newest flows"}},
		{"flow_history", map[string]any{"country": "Germany"}, api.Error{Code: api.InvalidArgument, Message: `flow_history: argument country: "Germany" is not a country`, Hint: "give two letters, as DE"}},
		{"alert_ack", map[string]any{"id": int64(99)}, api.Error{Code: api.NotFound, Message: "there is no alert 99", Hint: "alerts lists those there are"}},
		{"quota_reset", map[string]any{"name": "plam"}, api.Error{Code: api.NotFound, Message: `there is no quota "plam"`, Hint: "quotas lists those there are"}},
		{"reset", map[string]any{"what": "flow"}, api.Error{Code: api.InvalidArgument, Message: `reset: argument what cannot be "flow"`, Hint: "did you mean flows?"}},
		{"export", map[string]any{"kind": "flows"}, api.Error{Code: api.NotSupported, Message: "export moves a whole file, which a call cannot carry", Hint: "GET /api/v1/export, or run: weir export"}},
		{"restore", nil, api.Error{Code: api.NotSupported, Message: "restore moves a whole file, which a call cannot carry", Hint: "POST /api/v1/restore, or run: weir restore"}},
		{"status", map[string]any{"limit": int64(1)}, api.Error{Code: api.InvalidArgument, Message: `status: unknown argument "limit"`, Hint: "it takes no arguments"}},
		{"flows", map[string]any{"cursor": "x"}, api.Error{Code: api.NotSupported, Message: "flows: argument cursor is not supported by this version: lists are paged by offset", Hint: "leave it out"}},
		{"flows", map[string]any{"proto": "tls"}, api.Error{Code: api.InvalidArgument, Message: `flows: argument proto: "tls" is a protocol above IP, which the argument protocol takes`, Hint: "give a name, as tcp or udp, or a number from 0 to 255"}},
		{"flows", map[string]any{"protocol": "tsl"}, api.Error{Code: api.InvalidArgument, Message: `flows: argument protocol: "tsl" is not a protocol that weir can tell`, Hint: "give a name, as tls, quic or dns, or unknown"}},
		{"reload", nil, api.Error{Code: api.Failed, Message: "reload: /etc/config/weir: section main: unknown option snaplenn", Hint: "the old configuration stays in force; config_check lists what is wrong"}},
	}
	for _, tt := range tests {
		t.Run(tt.want.Message, func(t *testing.T) {
			data, err := call(b, tt.method, tt.raw)
			if err == nil {
				t.Fatalf("no error but %s", data)
			}
			if diff := cmp.Diff(&tt.want, api.AsError(err)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if h.Reloads() != 0 {
		t.Error("a failed reload was counted")
	}
}

func TestCallEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), -1)
	defer cancel()
	m, _ := api.Lookup("flows")
	_, err := m.Call(ctx, apitest.New().Backend(), nil)
	if e := api.AsError(err); e.Code != api.Timeout || e.Ubus() != 7 || e.HTTP() != 504 {
		t.Errorf("got %+v", e)
	}
}

func TestErrorCodes(t *testing.T) {
	tests := []struct {
		code       api.Code
		ubus, http int
	}{
		{api.InvalidArgument, 2, 400}, {api.MethodNotFound, 3, 404}, {api.NotFound, 4, 404}, {api.PermissionDenied, 6, 403},
		{api.Timeout, 7, 504}, {api.NotSupported, 8, 501}, {api.Busy, 9, 503}, {api.Failed, 9, 500}, {"new", 9, 500},
	}
	for _, tt := range tests {
		e := &api.Error{Code: tt.code}
		if e.Ubus() != tt.ubus || e.HTTP() != tt.http {
			t.Errorf("%s: ubus %d, HTTP %d, want %d, %d", tt.code, e.Ubus(), e.HTTP(), tt.ubus, tt.http)
		}
	}
	if e := api.AsError(errors.New("disk full")); e.Code != api.Failed || e.Message != "disk full" {
		t.Errorf("got %+v", e)
	}
}

// manyFlows is a backend with n flows of all kinds.
func manyFlows(n int) *api.Backend {
	h := apitest.New()
	all := h.FlowRows
	h.FlowRows = nil
	for i := range n {
		h.FlowRows = append(h.FlowRows, all[i%len(all)])
	}
	return h.Backend()
}

func BenchmarkFlows100(b *testing.B) {
	m, _ := api.Lookup("flows")
	backend := manyFlows(100)
	raw := map[string]any{"limit": int64(100)}
	var size counter
	e := api.NewEncoder(&size)
	b.ReportAllocs()
	for b.Loop() {
		reply, err := m.Call(context.Background(), backend, raw)
		if err != nil {
			b.Fatal(err)
		}
		e.Reset(&size)
		e.Table("")
		reply(e)
		e.EndTable()
		e.Flush()
	}
	b.ReportMetric(float64(size)/float64(b.N), "bytes/op")
}

type counter int

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }

func BenchmarkEncodeFlows100(b *testing.B) {
	m, _ := api.Lookup("flows")
	reply, err := m.Call(context.Background(), manyFlows(100), map[string]any{"limit": int64(100)})
	if err != nil {
		b.Fatal(err)
	}
	e := api.NewEncoder(io.Discard)
	b.ReportAllocs()
	for b.Loop() {
		e.Reset(io.Discard)
		reply(e)
		e.Flush()
	}
}

// Encoding must not allocate: replies of a busy router would otherwise be its
// largest source of garbage.
func TestEncodingAllocs(t *testing.T) {
	b := manyFlows(100)
	for _, m := range api.Methods {
		if m.Sends() || m.Takes() {
			continue
		}
		reply, err := m.Call(context.Background(), b, example(t, m))
		if err != nil {
			t.Fatal(err)
		}
		e := api.NewEncoder(io.Discard)
		if n := testing.AllocsPerRun(20, func() {
			e.Reset(io.Discard)
			reply(e)
			e.Flush()
		}); n != 0 {
			t.Errorf("%s: %v allocations to encode its reply", m.Name, n)
		}
	}
}
