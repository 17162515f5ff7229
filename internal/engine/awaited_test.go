package engine_test

import (
	"testing"

	"weir/internal/apps"
	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/names"
	"weir/internal/packet"
)

// TestFlowsThatNothingCountsYet changes what names may be kept, and which
// applications there are, between a frame that names a connection and the first
// that connection tracking tells of it.
func TestFlowsThatNothingCountsYet(t *testing.T) {
	const request = "GET / HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: x\r\n\r\n"
	own, err := apps.NewTable([]apps.Own{{Name: "mine", Category: "ours", Domains: []string{"example.org"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(*engine.Engine)
		host   string
		app    string
		detail bool
	}{
		{"nothing changes", func(*engine.Engine) {}, "www.example.org", "mine", true},
		{"a device becomes private", func(e *engine.Engine) {
			e.Configure([]device.Named{{Private: true, MACs: []packet.MAC{phoneMAC}}})
		}, "", "mine", false},
		{"less is kept of names", func(e *engine.Engine) { e.SetPrivacy(names.KeepDomains) }, "example.org", "mine", false},
		{"an application is gone", func(e *engine.Engine) { e.SetApps(new(apps.Table)) }, "www.example.org", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := router(t, 64)
			e.SetApps(own)
			c := told(5000, 1000, start+second)
			c.Orig.DstPort, c.Reply.SrcPort = 80, 80
			raw := frame{at: 1000, from: phoneMAC, to: routerMAC, src: "192.168.1.20:5000", dst: "198.51.100.5:80",
				tcp: packet.PSH | packet.ACK, pay: len(request)}.raw()
			copy(raw.Data[len(raw.Data)-len(request):], request)
			raw.Classify = true
			e.Packets([]packet.Raw{raw})
			tt.change(e)
			e.Connections([]flow.Connection{c})
			e.Swept(start + second)
			rows, _ := e.Flows(engine.Filter{}, engine.Page{Limit: 9})
			if len(rows) != 1 {
				t.Fatalf("%+v", rows)
			}
			if r := rows[0]; r.Host != tt.host || r.App != tt.app || (r.Detail != nil && r.Detail.UserAgent != "") != tt.detail {
				t.Errorf("host %q, application %q, details %+v; want %q, %q and details: %v", r.Host, r.App, r.Detail, tt.host, tt.app, tt.detail)
			}
		})
	}
}
