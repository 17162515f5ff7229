package engine_test

import (
	"testing"

	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/names"
	"weir/internal/packet"
)

// asked returns an engine in which the phone has asked a server for a page.
func asked(tb testing.TB, level names.Privacy) *engine.Engine {
	tb.Helper()
	const request = "GET /index.html HTTP/1.1\r\nHost: www.example.co.uk\r\nUser-Agent: curl/8.5.0\r\n\r\n"
	e := engine.New(engine.Config{Flows: flow.Config{Max: 256}, MaxHosts: 64, MaxDevices: 16, Privacy: level})
	if _, err := e.Interface("lan"); err != nil {
		tb.Fatal(err)
	}
	const phone, server = "192.168.1.20:50000", "203.0.113.5:80"
	data := frame{at: 2000, from: phoneMAC, to: routerMAC, src: phone, dst: server, tcp: packet.ACK | packet.PSH, seq: 1, pay: len(request)}.raw()
	copy(data.Data[len(data.Data)-len(request):], request)
	e.Packets([]packet.Raw{
		frame{from: phoneMAC, to: routerMAC, src: phone, dst: server, tcp: packet.SYN}.raw(),
		frame{at: 1000, from: routerMAC, to: phoneMAC, src: server, dst: phone, tcp: packet.SYN | packet.ACK}.raw(),
		data,
	})
	e.Tick(start+second, true)
	return e
}

// TestPrivacyOfLiveFlows lowers what may be kept of names while a flow lives.
func TestPrivacyOfLiveFlows(t *testing.T) {
	private := []device.Named{{Private: true, MACs: []packet.MAC{phoneMAC}}}
	tests := []struct {
		name   string
		level  names.Privacy // at the start
		change func(*engine.Engine)
		host   string
		detail bool
	}{
		{"all is kept", names.KeepNames, func(*engine.Engine) {}, "www.example.co.uk", true},
		{"domains from the start", names.KeepDomains, func(*engine.Engine) {}, "example.co.uk", false},
		{"nothing from the start", names.KeepNothing, func(*engine.Engine) {}, "", false},
		{"then domains", names.KeepNames, func(e *engine.Engine) { e.SetPrivacy(names.KeepDomains) }, "example.co.uk", false},
		{"then nothing", names.KeepNames, func(e *engine.Engine) { e.SetPrivacy(names.KeepNothing) }, "", false},
		{"then a private device", names.KeepNames, func(e *engine.Engine) { e.Configure(private) }, "", false},
		{"then another private device", names.KeepNames, func(e *engine.Engine) {
			e.Configure([]device.Named{{Private: true, MACs: []packet.MAC{nasMAC}}})
		}, "www.example.co.uk", true},
		{"then more, which does not come back", names.KeepDomains, func(e *engine.Engine) { e.SetPrivacy(names.KeepNames) }, "example.co.uk", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := asked(t, tt.level)
			tt.change(e)
			rows, _ := e.Flows(engine.Filter{}, engine.Page{Limit: 10})
			if len(rows) != 1 || rows[0].Protocol != "http" {
				t.Fatalf("%+v", rows)
			}
			r := &rows[0]
			if r.Host != tt.host || (r.HostBy != "") != (tt.host != "") {
				t.Errorf("host %q by %q, want %q", r.Host, r.HostBy, tt.host)
			}
			if got := r.Detail != nil && r.Detail.URL != ""; got != tt.detail {
				t.Errorf("details %+v, want them kept: %v", r.Detail, tt.detail)
			}
		})
	}
}
