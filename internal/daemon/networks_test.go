package daemon

import (
	"net/netip"
	"testing"

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
			d := &Daemon{links: tt.links, devices: tt.devices}
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
