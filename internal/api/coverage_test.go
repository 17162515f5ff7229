package api_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/internal/api/apitest"
	"weir/internal/clock"
	"weir/internal/link"
	"weir/internal/rollup"
	"weir/internal/usage"
)

type pairOf struct{ Tx, Rx uint64 }

type coverageReply struct {
	Total    int
	Coverage []struct {
		Uplink, Device, Step, Method string
		Points                       []struct {
			Start                         int64
			Interface, Attributed, Router pairOf
			Unattributed, Uncertain       uint64
			Pct, Pct_high                 *float64
			Causes                        []string
		}
	}
}

func askCoverage(t *testing.T, b *api.Backend, raw map[string]any) (r coverageReply) {
	t.Helper()
	data, err := call(b, "coverage", raw)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := api.Lookup("coverage")
	apitest.CheckReply(t, api.ReplyOf(m), data)
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCoverageSteps(t *testing.T) {
	b := apitest.New().Backend()
	minutes := askCoverage(t, b, nil).Coverage[0].Points
	if len(minutes) != 60 || minutes[59].Start != apitest.Now.Unix() || *minutes[0].Pct < 99.8 || *minutes[0].Pct > *minutes[0].Pct_high {
		t.Errorf("%d minutes, the last one of %d", len(minutes), minutes[len(minutes)-1].Start)
	}
	dropped := minutes[24] // 14:40, the first being 14:16
	if diff := cmp.Diff([]string{"ring_drops"}, dropped.Causes); diff != "" {
		t.Errorf("causes of %d (-want +got):\n%s", dropped.Start, diff)
	}

	// Two of three slots of five minutes were stored, both of one hour.
	hours := askCoverage(t, b, map[string]any{"step": "hour", "uplink": "wan", "points": "3"}).Coverage[0].Points
	if len(hours) != 1 {
		t.Fatalf("%d hours", len(hours))
	}
	h := hours[0]
	if h.Start != 1749999600 || h.Interface != (pairOf{82600, 18380000}) || h.Attributed != (pairOf{82400, 18376000}) || h.Router != (pairOf{200, 4000}) ||
		h.Unattributed != 4200 || *h.Pct != 99.977 {
		t.Errorf("hour %+v, %v %%", h, *h.Pct)
	}
	// 8 packets sent and 58 received are missing in flows, 72 bytes of headers each
	// at most, and no more than is missing at all.
	if h.Uncertain != 200+4000 {
		t.Errorf("%d bytes are uncertain, want 4200", h.Uncertain)
	}
}

// A day is one of the place: 15:15 UTC is the day after in Sydney.
func TestCoverageOfDays(t *testing.T) {
	b := apitest.New().Backend()
	b.Now = func() time.Time { return apitest.Now.In(time.FixedZone("AEST", 10*3600)) }
	points := askCoverage(t, b, map[string]any{"step": "day"}).Coverage[0].Points
	if want := time.Date(2025, 6, 15, 14, 0, 0, 0, time.UTC).Unix(); len(points) != 1 || points[0].Start != want || points[0].Interface.Rx != 18380000 {
		t.Errorf("points %+v, want one of %d", points, want)
	}
}

func TestCoverageOfNothing(t *testing.T) {
	b := apitest.New().Backend()
	b.Uplinks = nil
	if r := askCoverage(t, b, nil); r.Total != 0 || r.Coverage == nil {
		t.Errorf("without uplinks: %+v", r)
	}
	data, err := call(b, "status", nil)
	if err != nil || !bytes.Contains(data, []byte(`"coverage":[],`)) {
		t.Errorf("status without uplinks: %s, %v", data, err)
	}

	var m usage.Meters
	m.Set([]string{"wan", "wwan"})
	b.Uplinks = &m
	for _, step := range []string{"minute", "hour", "day"} {
		r := askCoverage(t, b, map[string]any{"step": step})
		if len(r.Coverage) != 2 || r.Coverage[1].Uplink != "wwan" || r.Coverage[1].Points == nil || len(r.Coverage[1].Points) != 0 {
			t.Errorf("%s of an uplink that was never up: %+v", step, r)
		}
	}
	data, err = call(b, "status", nil)
	if err != nil {
		t.Fatal(err)
	}
	status, _ := api.Lookup("status")
	apitest.CheckReply(t, api.ReplyOf(status), data)
	for _, want := range []string{`"device":null,"interface":null,"attributed":null,"router":null,"unattributed":null,"uncertain":null,"pct":null,"pct_high":null,"minutes":0,`, `"method":"the uplink is down: nothing is measured"`} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("no %s in %s", want, data)
		}
	}
}

// An idle line carries nothing: null per cent of 0 bytes, not 100 and not 0.
func TestCoverageOfIdleLine(t *testing.T) {
	var m usage.Meters
	m.Set([]string{"wan"})
	s := usage.Sample{Stack: usage.StackOf([]link.Link{{Index: 1, Name: "wwan0", Type: link.TypeRawIP}}, "wwan0", "")}
	for i := range 3 {
		at := apitest.Now.Add(time.Duration(i) * time.Second)
		s.At = clock.Reading{Wall: at, Up: time.Hour + at.Sub(apitest.Now)}
		m.Feed("wan", s)
	}
	b := apitest.New().Backend()
	b.Uplinks = &m
	data, err := call(b, "coverage", nil)
	want := `"interface":{"tx":0,"rx":0},"attributed":{"tx":0,"rx":0},"router":{"tx":0,"rx":0},"unattributed":0,"uncertain":0,"pct":null,"pct_high":null,`
	if err != nil || !bytes.Contains(data, []byte(want)) {
		t.Errorf("no %s in %s, %v", want, data, err)
	}
}

func TestMethodInWords(t *testing.T) {
	ethernet := []link.Link{
		{Index: 2, Name: "eth1", Type: link.TypeEthernet},
		{Index: 3, Name: "eth1.7", Kind: "vlan", Type: link.TypeEthernet, Parent: 2},
		{Index: 4, Name: "pppoe-wan", Type: link.TypePPP},
	}
	tests := []struct {
		name, device, lower string
		merged              bool
		want                string
	}{
		{"PPP", "pppoe-wan", "", false, "counters of pppoe-wan of IP packets; flows are counted packet by packet; what is not IP counts as unattributed"},
		{"Ethernet", "eth1", "", true, "counters of eth1 less 14 bytes of link header a packet; its driver may count up to 4 bytes more of them; flows are counted after the kernel merged packets, " +
			"so each packet missing there may be 40 to 72 bytes of headers; what is not IP counts as unattributed"},
		{"a VLAN", "eth1.7", "", false, "counters of eth1.7 less link headers of 14 bytes a packet sent and 0 received; flows are counted packet by packet; what is not IP counts as unattributed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m usage.Meters
			m.Set([]string{"wan"})
			m.Feed("wan", usage.Sample{
				At:     clock.Reading{Wall: apitest.Now, Up: time.Hour},
				Stack:  usage.StackOf(ethernet, tt.device, tt.lower),
				Merged: tt.merged,
			})
			b := apitest.New().Backend()
			b.Uplinks = &m
			if got := askCoverage(t, b, nil).Coverage[0].Method; got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestCoverageArguments(t *testing.T) {
	b := apitest.New().Backend()
	tests := []struct {
		name   string
		method string
		raw    map[string]any
		code   api.Code
	}{
		{"no such uplink", "coverage", map[string]any{"uplink": "lan"}, api.NotFound},
		{"a long one", "coverage", map[string]any{"uplink": strings.Repeat("w", 1<<16)}, api.InvalidArgument},
		{"one with odd bytes", "coverage", map[string]any{"uplink": "wan\x00\xff\""}, api.NotFound},
		{"no such step", "coverage", map[string]any{"step": "second"}, api.InvalidArgument},
		{"too many points", "coverage", map[string]any{"points": int64(91)}, api.InvalidArgument},
		{"no points", "coverage", map[string]any{"points": int64(0)}, api.InvalidArgument},
		{"points of no type", "coverage", map[string]any{"points": []any{1}}, api.InvalidArgument},
		{"opened by nobody", "nat", map[string]any{"opened_by": "me"}, api.InvalidArgument},
		{"beyond the table", "nat", map[string]any{"limit": int64(201)}, api.InvalidArgument},
		{"offload in the switch", "flows", map[string]any{"offload": "switch"}, api.InvalidArgument},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, err := call(b, tt.method, tt.raw)
			if err == nil {
				t.Fatalf("no error but %s", data)
			}
			if got := api.AsError(err).Code; got != tt.code {
				t.Errorf("%s: %v, want %s", got, err, tt.code)
			}
		})
	}
}

func TestNATPages(t *testing.T) {
	b := apitest.New().Backend()
	tests := []struct {
		name string
		raw  map[string]any
		want []string
	}{
		{"all", nil, []string{`"total":3,"truncated":false,`, `"target":{"ip":"192.168.1.20","port":3074,"device":2,"name":"Anna phone"}`, `"expires":1750004100`}},
		{"the second", map[string]any{"limit": int64(1), "offset": int64(1)}, []string{`"total":3,"truncated":true,"nat":[{"port":3074,"last_port":3074,"proto":"udp",`}},
		{"rules", map[string]any{"opened_by": "rule"}, []string{`"total":1,"truncated":false,"nat":[{"port":null,"last_port":null,"proto":"icmpv6","target":{"ip":null,"port":null,"device":null,"name":null}`}},
		{"beyond the end", map[string]any{"offset": int64(1 << 20)}, []string{`"total":3,"truncated":false,"nat":[]`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, err := call(b, "nat", tt.raw)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range tt.want {
				if !bytes.Contains(data, []byte(want)) {
					t.Errorf("no %s in %s", want, data)
				}
			}
		})
	}
}

// TestCoverageClasses checks that the classes that coverage is stored in may be
// asked for as any other.
func TestCoverageClasses(t *testing.T) {
	b := apitest.New().Backend()
	for _, class := range []rollup.Class{rollup.Uplink, rollup.Attributed, rollup.RouterOwn} {
		data, err := call(b, "series", map[string]any{"class": class.String(), "key": "wan", "from": int64(1749999900), "to": int64(1750000800)})
		if err != nil || !bytes.Contains(data, []byte(`,null,`)) {
			t.Errorf("%s: %s, %v", class, data, err)
		}
	}
}
