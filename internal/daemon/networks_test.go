package daemon

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/device"
	"weir/internal/link"
	"weir/internal/packet"
	"weir/uci"
)

// kernel is the state of a router: br-lan with two networks, wan with one.
func kernel() *link.State {
	var s link.State
	for _, e := range []link.Event{
		{Op: link.LinkSet, Link: link.Link{Index: 1, Name: "lo"}},
		{Op: link.LinkSet, Link: link.Link{Index: 2, Name: "br-lan"}},
		{Op: link.LinkSet, Link: link.Link{Index: 3, Name: "wan"}},
		{Op: link.AddressSet, Address: link.Address{Index: 1, Prefix: netip.MustParsePrefix("127.0.0.1/8")}},
		{Op: link.AddressSet, Address: link.Address{Index: 2, Prefix: netip.MustParsePrefix("192.168.1.1/24")}},
		{Op: link.AddressSet, Address: link.Address{Index: 2, Prefix: netip.MustParsePrefix("2001:db8:1::1/64")}},
		{Op: link.AddressSet, Address: link.Address{Index: 2, Prefix: netip.MustParsePrefix("fe80::1/64")}},
		{Op: link.AddressSet, Address: link.Address{Index: 3, Prefix: netip.MustParsePrefix("10.20.0.5/16")}},
	} {
		s.Apply(e)
	}
	return &s
}

func TestNetworks(t *testing.T) {
	linkLocal := new(link.State)
	linkLocal.Apply(link.Event{Op: link.LinkSet, Link: link.Link{Index: 2, Name: "br-lan"}})
	linkLocal.Apply(link.Event{Op: link.AddressSet, Address: link.Address{Index: 2, Prefix: netip.MustParsePrefix("fe80::1/64")}})
	tests := []struct {
		name    string
		links   *link.State
		devices []string
		local   string // option local_network
		want    map[string]device.Scope
	}{
		{"a router", kernel(), []string{"br-lan"}, "", map[string]device.Scope{
			"192.168.1.20": device.Local, "2001:db8:1::20": device.Local, "fe80::20": device.Local,
			"192.168.1.1": device.Router, "2001:db8:1::1": device.Router, "10.20.0.5": device.Router, "127.0.0.1": device.Router,
			"10.20.0.9": device.Remote, "192.168.2.1": device.Remote, "203.0.113.1": device.Remote, "2001:db8:2::1": device.Remote,
		}},
		{"another local network", kernel(), []string{"br-lan"}, "198.51.100.0/24", map[string]device.Scope{
			"192.168.1.20": device.Local, "198.51.100.7": device.Local, "10.20.0.9": device.Remote,
		}},
		{"the device is missing", kernel(), []string{"lan"}, "", map[string]device.Scope{
			"192.168.1.1": device.Router, "192.168.1.20": device.Local, "10.9.9.9": device.Local, "203.0.113.1": device.Remote,
		}},
		{"a mirror port without addresses", linkLocal, []string{"br-lan"}, "", map[string]device.Scope{
			"172.20.1.1": device.Local, "fd00::1": device.Local, "fe80::1": device.Router, "203.0.113.1": device.Remote,
		}},
		{"only captures", nil, nil, "", map[string]device.Scope{"10.1.1.1": device.Local, "203.0.113.1": device.Remote}},
		{"only captures, and a network", nil, nil, "203.0.113.0/24", map[string]device.Scope{
			"10.1.1.1": device.Remote, "203.0.113.1": device.Local,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &Daemon{links: tt.links}
			for i, device := range tt.devices {
				d.watched = append(d.watched, watched{name: device, point: uint8(i), device: device})
			}
			cfg := uci.Default()
			if tt.local != "" {
				cfg.Main.LocalNetworks = []netip.Prefix{netip.MustParsePrefix(tt.local)}
			}
			nets := d.networks(cfg)
			for text, want := range tt.want {
				a := packet.AddrOf(netip.MustParseAddr(text))
				if got := nets.Scope(&a); got != want {
					t.Errorf("%s is %s, want %s", text, got, want)
				}
			}
			if len(cfg.Main.LocalNetworks) > 1 {
				t.Error("the configuration was changed")
			}
		})
	}
}

// What the kernel calls a neighbour is a device of the house only on a watched
// network that leads nowhere else, and when it is not this machine itself.
func TestHouse(t *testing.T) {
	s := kernel()
	mac := func(last byte) link.MAC { return link.MAC{2, 0, 0, 0, 1, last} }
	s.Apply(link.Event{Op: link.LinkSet, Link: link.Link{Index: 4, Name: "br-lan.20", Kind: "vlan", Parent: 2, MAC: mac(9)}})
	d := &Daemon{links: s, watched: []watched{
		{name: "lan", point: 3, device: "br-lan"}, {name: "wan", point: 4, device: "wan", uplink: true}, {name: "guest", point: 5, device: "br-lan.20"},
	}}
	at := func(index int, ip string, m link.MAC) link.Neighbour {
		return link.Neighbour{Index: index, Addr: netip.MustParseAddr(ip), MAC: m}
	}
	got := d.house([]link.Neighbour{
		at(2, "192.168.1.20", mac(1)), at(4, "192.168.20.20", mac(2)),
		at(3, "10.20.0.1", mac(3)),    // the provider's router
		at(2, "192.168.1.30", mac(9)), // br-lan.20 itself
		at(1, "127.0.0.2", mac(4)),    // not watched
		at(99, "192.168.1.31", mac(5)),
	})
	want := []device.Neighbour{
		{Addr: addr("192.168.1.20"), MAC: packet.MAC(mac(1)), Point: 3},
		{Addr: addr("192.168.20.20"), MAC: packet.MAC(mac(2)), Point: 5},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Each network of the house is observed at a point of its own, the outside at
// none; link-local addresses are on every link.
func TestPlaces(t *testing.T) {
	d := &Daemon{links: kernel(), watched: []watched{
		{name: "lan", point: 3, device: "br-lan"}, {name: "wan", point: 4, device: "wan", uplink: true},
	}}
	nets := d.networks(uci.Default())
	for text, want := range map[string]int{
		"192.168.1.20": 3, "2001:db8:1::20": 3, "192.168.1.1": 3, "10.20.0.5": -1, "203.0.113.1": -1, "fe80::20": -1,
	} {
		a, got := addr(text), -1
		if point, ok := nets.Point(&a); ok {
			got = int(point)
		}
		if got != want {
			t.Errorf("%s is observed at %d, want %d", text, got, want)
		}
	}
}

// What the kernel tells becomes networks and devices once all that is there was
// told, and then as it changes.
func TestFollow(t *testing.T) {
	d := newHouse(t, "").daemon(t)
	d.watched = d.withPoints([]watched{{name: "lan", device: "br-lan"}})
	tell := d.follow(new(link.State))
	neighbour := func(op link.Op, ip string, last byte) link.Event {
		return link.Event{Op: op, Neighbour: link.Neighbour{Index: 2, Addr: netip.MustParseAddr(ip), MAC: link.MAC{2, 0, 0, 0, 1, last}}}
	}
	check := func(step, ip string, scope device.Scope, devices int) {
		t.Helper()
		a := addr(ip)
		if got := d.nets.Load(); got != nil && got.Scope(&a) != scope || got == nil && scope != device.Remote {
			t.Errorf("%s: %s is not %s", step, ip, scope)
		}
		if got := d.engine.Stats().Devices; got != devices {
			t.Errorf("%s: %d devices, want %d", step, got, devices)
		}
	}
	tell(link.Event{Op: link.LinkSet, Link: link.Link{Index: 2, Name: "br-lan", Up: true}})
	tell(link.Event{Op: link.AddressSet, Address: link.Address{Index: 2, Prefix: netip.MustParsePrefix("198.51.100.1/24")}})
	tell(neighbour(link.NeighbourSet, "198.51.100.20", 1))
	check("before all is told", "198.51.100.20", device.Remote, 0)
	tell(link.Event{Op: link.Synced})
	check("all is told", "198.51.100.20", device.Local, 1)
	if !d.moved.Swap(false) {
		t.Error("nothing makes the mode be looked at")
	}
	tell(neighbour(link.NeighbourSet, "198.51.100.21", 2))
	check("another neighbour", "198.51.100.21", device.Local, 2)
	tell(neighbour(link.NeighbourGone, "198.51.100.21", 2))
	check("it left", "198.51.100.21", device.Local, 2)
	if d.moved.Load() {
		t.Error("neighbours make the mode be looked at")
	}
	tell(link.Event{Op: link.AddressGone, Address: link.Address{Index: 2, Prefix: netip.MustParsePrefix("198.51.100.1/24")}})
	check("the address is gone", "198.51.100.20", device.Remote, 2)
}

// Behind a tunnel devices have no hardware address; what is on Ethernet has one, and
// uplinks have no devices.
func TestUnlinked(t *testing.T) {
	links := []link.Link{
		{Index: 1, Name: "lo", Type: link.TypeLoopback}, {Index: 2, Name: "br-lan", Type: link.TypeEthernet},
		{Index: 3, Name: "wg0", Type: link.TypeNone}, {Index: 4, Name: "pppoe-wan", Type: link.TypePPP},
	}
	all := []watched{{name: "lan", device: "br-lan"}, {name: "vpn", device: "wg0"}, {name: "wan", device: "pppoe-wan", uplink: true}, {name: "lo", device: "lo"}, {name: "gone", device: "wg7"}}
	if diff := cmp.Diff([]string{"vpn"}, unlinked(links, all)); diff != "" {
		t.Error(diff)
	}
}
