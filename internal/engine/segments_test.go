package engine_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
)

// zoned is a router with two networks in zones, whose phone asks the world and whose
// guest asks the NAS.
func zoned(t *testing.T) *engine.Engine {
	t.Helper()
	e := routerWith(t, 64, func(c *engine.Config) {
		c.Place, c.Reverse = world, func(packet.Addr, bool) (taken, full bool) { return true, false }
	})
	e.SetUplinks([]engine.Uplink{{Name: "wan", Point: wan, Addrs: addrs("203.0.113.77"), Zone: "outside"}})
	e.SetSegments(map[string]engine.Segment{"br-lan": {Network: "lan", Zone: "home"}, "br-guest": {Network: "guest", Zone: "guests"}})
	e.Tick(start, true)
	var all []flow.Connection
	for _, c := range [][4]string{
		{"192.168.1.20:5000", "198.51.100.5:443", "198.51.100.5:443", "203.0.113.77:5000"},
		{"192.168.2.40:5001", "192.168.1.30:631", "192.168.1.30:631", "192.168.2.40:5001"},
		{"192.168.2.40:5002", "192.168.2.1:53", "192.168.2.1:53", "192.168.2.40:5002"},
	} {
		one := connection(6, c[0], c[1], c[2], c[3])
		one.Last, one.Packets, one.Bytes = start, [2]uint64{1, 1}, [2]uint64{100, 100}
		all = append(all, one)
	}
	e.Connections(all)
	e.Neighbours([]device.Neighbour{{Addr: addrs("192.168.1.20")[0], MAC: phoneMAC, Point: lan}}, start)
	e.Swept(start + second)
	return e
}

func TestFlowsBySegment(t *testing.T) {
	e := zoned(t)
	web, print, dns := uint16(443), uint16(631), uint16(53)
	tests := []struct {
		name   string
		filter engine.Filter
		want   []uint16
	}{
		{"any", engine.Filter{}, []uint16{dns, web, print}},
		{"a zone at either end", engine.Filter{Zone: "home"}, []uint16{web, print}},
		{"a network", engine.Filter{Network: "guest"}, []uint16{dns, print}},
		{"the zone of an uplink", engine.Filter{Zone: "outside"}, []uint16{web}},
		{"an uplink", engine.Filter{Network: "wan"}, []uint16{web}},
		{"this machine", engine.Filter{Zone: engine.RouterZone}, []uint16{dns}},
		{"a network that is in another zone", engine.Filter{Zone: "home", Network: "guest"}, nil},
		{"a scope", engine.Filter{Scope: "remote"}, []uint16{web}},
		{"a scope and a zone", engine.Filter{Scope: "local", Zone: "guests"}, []uint16{dns, print}},
		{"nowhere", engine.Filter{Zone: "dmz"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, n := e.Flows(tt.filter, engine.Page{Sort: "port", Limit: 20})
			var ports []uint16
			for _, r := range rows {
				ports = append(ports, r.Server.Port)
			}
			if diff := cmp.Diff(tt.want, ports); diff != "" || n != len(tt.want) {
				t.Errorf("%d rows: -want +got:\n%s", n, diff)
			}
		})
	}
	rows, _ := e.Flows(engine.Filter{Port: web}, engine.Page{Limit: 1})
	if r := rows[0]; r.Client.Network != "lan" || r.Client.Zone != "home" || r.Server.Network != "wan" || r.Server.Zone != "outside" {
		t.Errorf("%+v", rows[0])
	}
}

func TestFlowsSortedBySegment(t *testing.T) {
	e := zoned(t)
	e.Configure([]device.Named{{Name: "Phone", MACs: []packet.MAC{phoneMAC}}})
	tests := []struct {
		sort string
		of   func(*engine.FlowRow) string
		want []string
	}{
		{"zone", func(f *engine.FlowRow) string { return f.Client.Zone }, []string{"guests", "guests", "home"}},
		{"network", func(f *engine.FlowRow) string { return f.Client.Network }, []string{"guest", "guest", "lan"}},
		{"name", func(f *engine.FlowRow) string { return f.Client.Name }, []string{"Phone", "", ""}},
	}
	for _, tt := range tests {
		rows, _ := e.Flows(engine.Filter{}, engine.Page{Sort: tt.sort, Limit: 20})
		var got []string
		for i := range rows {
			got = append(got, tt.of(&rows[i]))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("by %s: -want +got:\n%s", tt.sort, diff)
		}
	}
}

func TestHostsBySegment(t *testing.T) {
	e := zoned(t)
	tests := []struct {
		name   string
		filter engine.Filter
		sort   string
		want   []string
	}{
		{"a zone", engine.Filter{Zone: "guests"}, "ip", []string{"192.168.2.40"}},
		{"a network", engine.Filter{Network: "lan"}, "ip", []string{"192.168.1.20", "192.168.1.30"}},
		{"what is outside is in none", engine.Filter{Zone: "outside"}, "ip", nil},
		{"by zone, those in none last", engine.Filter{}, "zone", []string{"192.168.2.40", "192.168.1.20", "192.168.1.30", "192.168.2.1", "198.51.100.5"}},
		{"by network", engine.Filter{Scope: "local"}, "network", []string{"192.168.2.40", "192.168.1.20", "192.168.1.30"}},
		{"by scope", engine.Filter{}, "scope", []string{"192.168.1.20", "192.168.1.30", "192.168.2.40", "198.51.100.5", "192.168.2.1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, _ := e.Hosts(tt.filter, engine.Page{Sort: tt.sort, Limit: 20})
			var got []string
			for _, r := range rows {
				got = append(got, r.IP.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if rows, _ := e.Devices(engine.Filter{Zone: "home"}, engine.Page{Limit: 9}); !slices.ContainsFunc(rows, func(d engine.DeviceRow) bool { return slices.Contains(d.MACs, phoneMAC) }) {
		t.Errorf("devices of a zone: %+v", rows)
	}
	if rows, n := e.Devices(engine.Filter{Network: "guest"}, engine.Page{Limit: 9}); n != 0 {
		t.Errorf("devices of a network where none was seen: %+v", rows)
	}
}

// What a client asked for names a host; it is found and sorted by that name.
func TestHostsByName(t *testing.T) {
	e := zoned(t)
	q, a := dnsQuestion(t, 7, "Shop.example.org.", "example.org.", "198.51.100.9")
	e.Packets([]packet.Raw{
		says(0, phoneMAC, routerMAC, "192.168.1.20:4000", resolver, string(q)),
		says(500, routerMAC, phoneMAC, resolver, "192.168.1.20:4000", string(a)),
		says(1000, phoneMAC, routerMAC, "192.168.1.20:5000", "198.51.100.9:7777", "x"),
	})
	e.Swept(start + 2*second)
	for _, f := range []engine.Filter{{Name: "SHOP.ex"}, {Text: "op.example"}, {Text: "198.51.100.9"}} {
		rows, n := e.Hosts(f, engine.Page{Sort: "name", Limit: 9})
		if n != 1 || rows[0].Host != "shop.example.org" || rows[0].HostBy != "dns" || rows[0].IP.String() != "198.51.100.9" {
			t.Errorf("%+v: %d, %+v", f, n, rows)
		}
	}
	rows, _ := e.Hosts(engine.Filter{Scope: "remote"}, engine.Page{Sort: "name", Limit: 9})
	if len(rows) != 2 || rows[0].Host == "" || rows[1].Host != "" {
		t.Errorf("the unnamed come first: %+v", rows)
	}
}

func TestHostFacts(t *testing.T) {
	e := zoned(t)
	e.Flows(engine.Filter{}, engine.Page{Limit: 9}) // which has it looked up
	q, a := dnsQuestion(t, 7, "shop.example.org.", "example.org.", "198.51.100.5")
	e.Packets([]packet.Raw{
		says(0, phoneMAC, routerMAC, "192.168.1.20:4000", resolver, string(q)),
		says(500, routerMAC, phoneMAC, resolver, "192.168.1.20:4000", string(a)),
		says(1000, phoneMAC, routerMAC, "192.168.1.20:5000", "198.51.100.5:7777", "x"),
		talks(2000, phoneMAC, routerMAC, "192.168.1.20:5009", "198.51.100.5:80", "GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n"),
	})
	e.Called(addrs("198.51.100.5")[0], []byte("edge.example.net"), time.Hour)
	e.Swept(start + 2*second)
	got, ok := e.HostFacts(netip.MustParseAddr("198.51.100.5"))
	want := []engine.CalledRow{{Name: "www.example.org", By: "content"}, {Name: "shop.example.org", By: "dns"}, {Name: "edge.example.net", By: "reverse"}}
	if diff := cmp.Diff(want, got.Called); !ok || diff != "" || got.Prefix.IsValid() {
		t.Errorf("%v, %v: -want +got:\n%s", ok, got.Prefix, diff)
	}
	got, ok = e.HostFacts(netip.MustParseAddr("192.168.1.20"))
	if !ok || got.Prefix != netip.MustParsePrefix("192.168.1.0/24") || len(got.Called) != 0 {
		t.Errorf("in the house: %v, %+v", ok, got)
	}
	if _, ok := e.HostFacts(netip.MustParseAddr("192.0.2.9")); ok {
		t.Error("facts of a host that nobody saw")
	}
}
