package engine_test

import (
	"fmt"
	"net/netip"
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

// TestPrivateByWhateverTells makes a device private in each of the ways in which
// the configuration can tell which one it is: not one name of it is kept.
func TestPrivateByWhateverTells(t *testing.T) {
	q, a := dnsQuestion(t, 7, "www.example.org.", "e.example.net.", "198.51.100.5")
	const request = "GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n"
	for _, tt := range []struct {
		name  string
		known device.Named
	}{
		{"by its hardware address", device.Named{Private: true, MACs: []packet.MAC{phoneMAC}}},
		{"by another one of two that were seen", device.Named{Private: true, MACs: []packet.MAC{nasMAC, phoneMAC}}},
		{"by its address", device.Named{Private: true, IPs: ips("192.168.1.20")}},
		{"by the address of a device that is far", device.Named{Private: true, IPs: ips("192.168.1.20")}},
	} {
		for _, late := range []bool{false, true} {
			e := router(t, 64)
			from := phoneMAC
			if tt.name == "by the address of a device that is far" {
				from = routerMAC
			}
			e.Packets([]packet.Raw{
				says(0, phoneMAC, routerMAC, "192.168.1.21:9", "192.168.1.1:9", "x"),
				says(0, nasMAC, routerMAC, "192.168.1.30:9", "192.168.1.1:9", "x"),
			})
			if !late {
				e.Configure([]device.Named{tt.known})
			}
			get := frame{at: 40_000, from: from, to: routerMAC, src: "192.168.1.20:5000", dst: "198.51.100.5:80",
				tcp: packet.PSH | packet.ACK, pay: len(request), point: lan, ttl: 63}.raw()
			copy(get.Data[len(get.Data)-len(request):], request)
			e.Packets([]packet.Raw{
				says(20_000, from, routerMAC, "192.168.1.20:4000", resolver, string(q)),
				says(30_000, routerMAC, from, resolver, "192.168.1.20:4000", string(a)),
				get,
			})
			if late {
				e.Configure([]device.Named{tt.known})
			}
			e.Tick(start+second, true)
			rows, _ := e.Flows(engine.Filter{}, engine.Page{Limit: 20})
			for _, r := range rows {
				if r.Host != "" || r.Detail != nil && r.Detail.Method != "" {
					t.Errorf("%s (late: %v): kept of %s to %s: %q %+v", tt.name, late, r.Client.IP, r.Server.IP, r.Host, r.Detail)
				}
			}
			log, _ := e.DNSLog(0, "", engine.Page{Limit: 5})
			if len(log) != 1 || log[0].Name != "" || len(e.DNSTop(0)) != 0 {
				t.Errorf("%s (late: %v): kept of questions: %+v, %+v", tt.name, late, log, e.DNSTop(0))
			}
		}
	}
}

// TestPrivateThoughForgotten has more addresses in the house than there is room for
// while a private device's flows go on.
func TestPrivateThoughForgotten(t *testing.T) {
	q, a := dnsQuestion(t, 7, "www.example.org.", "e.example.net.", "198.51.100.5")
	const request = "GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n"
	const resolver = "203.0.113.53:53"
	e := engine.New(engine.Config{Flows: flow.Config{Max: 256}, MaxHosts: 4, MaxDevices: 64})
	if _, err := e.Interface("lan"); err != nil {
		t.Fatal(err)
	}
	e.Configure([]device.Named{{Private: true, MACs: []packet.MAC{phoneMAC}}})
	get := frame{from: phoneMAC, to: routerMAC, src: "192.168.1.20:5000", dst: "198.51.100.5:80", tcp: packet.SYN}
	batch := []packet.Raw{get.raw(), says(0, phoneMAC, routerMAC, "192.168.1.20:4000", resolver, string(q))}
	for i := range 20 {
		from := fmt.Sprintf("192.168.1.%d:9", 100+i)
		batch = append(batch, says(int64(10+i), packet.MAC{2, 9, 0, 0, 0, byte(i)}, routerMAC, from, "192.168.1.1:9", "x"))
	}
	get.at, get.tcp, get.seq, get.pay = 50_000, packet.PSH|packet.ACK, 1, len(request)
	raw := get.raw()
	copy(raw.Data[len(raw.Data)-len(request):], request)
	e.Packets(append(batch, says(20_000, routerMAC, phoneMAC, resolver, "192.168.1.20:4000", string(a)), raw))
	e.Tick(start+second, true)
	rows, n := e.Flows(engine.Filter{IP: netip.MustParsePrefix("192.168.1.20/32")}, engine.Page{Limit: 20})
	for _, r := range rows {
		if r.Host != "" || r.Detail != nil && r.Detail.Method != "" {
			t.Errorf("kept of %s to %s: %q %+v", r.Client.IP, r.Server.IP, r.Host, r.Detail)
		}
	}
	if top := e.DNSTop(0); n != 2 || len(top) != 0 {
		t.Errorf("%d flows, names asked for: %+v", n, top)
	}
}
