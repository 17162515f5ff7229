package daemon

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/engine"
	"weir/internal/link"
	"weir/internal/packet"
	"weir/internal/source"
	"weir/uci"
)

// routerNetwork has an uplink for each version of IP on one link, and a second
// way out.
const routerNetwork = `
config interface 'lan'
	option device 'br-lan'
config interface 'wan'
	option device 'eth1.7'
	option proto 'pppoe'
config interface 'wan6'
	option device '@wan'
	option proto 'dhcpv6'
config interface 'wanb'
	option device 'eth2'
	option proto 'dhcp'
config interface 'wanmodem'
	option device '/dev/cdc-wdm0'
	option proto 'qmi'
config interface 'vpn'
	option proto 'wireguard'
	option listen_port '51820'
`

func TestUplinksOf(t *testing.T) {
	tests := []struct {
		name, main string
		want       []uplink
	}{
		{"by their names", "", []uplink{{"wan", "pppoe-wan", "eth1.7"}, {"wanb", "eth2", ""}}},
		{"as configured", "\tlist wan 'wanb'\n", []uplink{{"wanb", "eth2", ""}}},
		{"a device", "\tlist wan 'usb0'\n", []uplink{{"usb0", "usb0", ""}}},
		{"IPv6 first", "\tlist wan 'wan6'\n\tlist wan 'wan'\n", []uplink{{"wan6", "pppoe-wan", "eth1.7"}}},
		{"without a device", "\tlist wan 'wanmodem'\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := uplinksOf(loadFiles(t, map[string]string{"network": routerNetwork}, tt.main))
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(uplink{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Without a configuration the default route tells, but for a device that is
// watched itself.
func TestWays(t *testing.T) {
	const routes = "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
	tests := []struct {
		name, network, main string
		want                []uplink
	}{
		{"Debian with two devices", "", "\tlist interface 'eth1'\n", []uplink{{"eth0", "eth0", ""}}},
		{"Debian that watches its only device", "", "\tlist interface 'eth0'\n", nil},
		{"a capture that is read", "", "\tlist interface 'none'\nconfig source 'home'\n\toption path '/tmp/home.pcap'\n", nil},
		{"as configured", "", "\tlist interface 'eth1'\n\tlist wan 'eth2'\n", []uplink{{"eth2", "eth2", ""}}},
		{"OpenWrt", routerNetwork, "", []uplink{{"wan", "pppoe-wan", "eth1.7"}, {"wanb", "eth2", ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &Daemon{proc: proc(t, map[string]string{"net/route": routes})}
			got := d.ways(loadFiles(t, map[string]string{"network": tt.network}, tt.main))
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(uplink{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An uplink has a row only where something can be counted on it.
func TestEngineUplinks(t *testing.T) {
	ways := []uplink{{name: "wan", device: "wan"}, {name: "lte", device: "wwan0"}}
	own := []packet.Addr{addr("10.20.0.5")}
	tests := []struct {
		name    string
		mode    uci.Mode
		watched []watched
		links   *link.State
		want    []engine.Uplink
	}{
		{"conntrack", uci.ModeConntrack, nil, kernel(), []engine.Uplink{{Name: "wan", Point: 0, Addrs: own}, {Name: "lte", Point: 1}}},
		{"hybrid", uci.ModeHybrid, nil, kernel(), []engine.Uplink{{Name: "wan", Point: 0, Addrs: own}, {Name: "lte", Point: 1}}},
		{"packets", uci.ModePackets, nil, kernel(), []engine.Uplink{{Name: "wan", Point: nowhere, Addrs: own}, {Name: "lte", Point: nowhere}}},
		{"packets of one of them", uci.ModePackets, []watched{{name: "lte"}}, kernel(), []engine.Uplink{{Name: "wan", Point: nowhere, Addrs: own}, {Name: "lte", Point: 0}}},
		{"before the kernel was asked", uci.ModeHybrid, nil, nil, []engine.Uplink{{Name: "wan", Point: 0}, {Name: "lte", Point: 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newHouse(t, "").daemon(t)
			d.steady.mode, d.watched, d.links = tt.mode, tt.watched, tt.links
			if diff := cmp.Diff(tt.want, d.engineUplinks(ways)); diff != "" {
				t.Error(diff)
			}
			if nowhere < source.MaxInterfaces {
				t.Error("nowhere is a place")
			}
		})
	}
}

func TestTunnels(t *testing.T) {
	links := []link.Link{
		{Index: 1, Name: "wg0", Kind: "wireguard", Up: true},
		{Index: 2, Name: "wg1", Kind: "wireguard", Up: true},
		{Index: 3, Name: "wg2", Kind: "wireguard"},
		{Index: 4, Name: "sit0", Kind: "sit"},
		{Index: 5, Name: "6in4-henet", Kind: "sit", Up: true},
		{Index: 6, Name: "gre4-office", Kind: "gre", Up: true},
		{Index: 7, Name: "br-lan", Kind: "bridge", Up: true},
	}
	port := func(device string) uint16 { return map[string]uint16{"wg0": 51820, "wg2": 51822}[device] }
	got := tunnels(links, []watched{{name: "vpn", device: "wg0"}}, port)
	want := []engine.Tunnel{
		{Name: "vpn", Proto: protoUDP, Port: 51820}, // wg1 has no port, wg2 is down
		{Name: "6in4-henet", Proto: 41}, {Name: "gre4-office", Proto: 47},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Where the kernel does not tell, the configuration does.
func TestWireGuardPort(t *testing.T) {
	cfg := loadFiles(t, map[string]string{"network": routerNetwork}, "")
	if got := wireGuardPort(cfg)("vpn"); got != 51820 {
		t.Errorf("%d", got)
	}
	if got := wireGuardPort(cfg)("nosuch0"); got != 0 {
		t.Errorf("of no device: %d", got)
	}
}
