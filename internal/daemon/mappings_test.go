package daemon

import (
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/engine"
	"weir/internal/openwrt"
	"weir/internal/packet"
)

// routerFirewall opens ports in all ways that a firewall's configuration has.
const routerFirewall = `
config zone
	option name 'lan'
	list network 'lan'
config zone
	option name 'wan'
	list network 'wan'
	list network 'wan6'
	option masq '1'
config redirect
	option name 'Web'
	option src 'wan'
	option dest 'lan'
	option proto 'tcp'
	option src_dport '8080'
	option dest_ip '192.168.1.50'
	option dest_port '80'
config redirect
	option name 'Game'
	option src 'wan'
	option dest 'lan'
	option proto 'tcp udp'
	option src_dport '3000-3010'
	option dest_ip '192.168.1.51'
config redirect
	option name 'Off'
	option enabled '0'
	option src 'wan'
	option proto 'tcp'
	option src_dport '22'
	option dest_ip '192.168.1.50'
config redirect
	option name 'DNS'
	option src 'lan'
	option proto 'udp'
	option src_dport '53'
	option dest_ip '192.168.1.1'
config rule
	option name 'Pinhole'
	option src 'wan'
	option dest 'lan'
	option family 'ipv6'
	option proto 'tcp'
	option dest_port '22'
	option dest_ip '::50/-64'
	option target 'ACCEPT'
config rule
	option name 'Closed'
	option src 'wan'
	option dest 'lan'
	option proto 'tcp'
	option dest_port '23'
	option dest_ip '192.168.1.50'
	option target 'REJECT'
`

func addr(text string) packet.Addr { return packet.AddrOf(netip.MustParseAddr(text)) }

func TestMappings(t *testing.T) {
	cfg := loadFiles(t, map[string]string{"network": routerNetwork, "firewall": routerFirewall}, "")
	prefixes := []placed{
		{prefix: netip.MustParsePrefix("192.168.1.0/24")}, {prefix: netip.MustParsePrefix("2001:db8:1::/64")},
		{prefix: netip.MustParsePrefix("fe80::/64")}, {prefix: netip.MustParsePrefix("2001:db8:2::/60")},
	}
	expires := time.Unix(1_800_000_000, 0)
	got := mappings(cfg, prefixes, []openwrt.PortLease{
		{Proto: 17, Outside: 6881, Target: netip.MustParseAddr("192.168.1.60"), TargetPort: 6882, Expires: expires, Name: "Torrent"},
		{Proto: 6, Target: netip.MustParseAddr("2001:db8:1::60"), PCP: true},
	})
	want := []engine.Mapping{
		{Name: "Web", OpenedBy: "redirect", Proto: 6, First: 8080, Last: 8080, Target: addr("192.168.1.50"), TargetPort: 80},
		{Name: "Game", OpenedBy: "redirect", Proto: 6, First: 3000, Last: 3010, Target: addr("192.168.1.51"), TargetPort: 3000},
		{Name: "Game", OpenedBy: "redirect", Proto: 17, First: 3000, Last: 3010, Target: addr("192.168.1.51"), TargetPort: 3000},
		{Name: "Pinhole", OpenedBy: "rule", Family: 6, Proto: 6, First: 22, Last: 22, Target: addr("2001:db8:1::50")},
		{Name: "Torrent", OpenedBy: "upnp", Proto: 17, First: 6881, Last: 6881, Target: addr("192.168.1.60"), TargetPort: 6882, Expires: expires.UnixMicro()},
		{OpenedBy: "nat-pmp", Proto: 6, Target: addr("2001:db8:1::60")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTargets(t *testing.T) {
	prefixes := []placed{{prefix: netip.MustParsePrefix("2001:db8:1::/64")}, {prefix: netip.MustParsePrefix("2001:db8:2:300::/56")}}
	tests := []struct {
		name, dest string
		want       []packet.Addr
	}{
		{"any", "", []packet.Addr{{}}},
		{"one", "192.168.1.5", []packet.Addr{addr("192.168.1.5")}},
		{"the end of one", "::5/::ffff:ffff:ffff:ffff", []packet.Addr{addr("2001:db8:1::5")}},
		{"the end of one behind a shorter prefix", "::1:0:0:0:5/-56", []packet.Addr{addr("2001:db8:2:301::5")}},
		{"a network", "192.168.1.0/24", nil},
		{"a network of IPv6", "2001:db8:1::/64", nil},
		{"all but one", "!192.168.1.5", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rule := "config rule\n\toption name 'x'\n\toption src 'wan'\n\toption dest 'lan'\n\toption proto 'tcp'\n\toption dest_port '22'\n\toption target 'ACCEPT'\n"
			if tt.dest != "" {
				rule += "\toption dest_ip '" + tt.dest + "'\n"
			}
			zones := "config zone\n\toption name 'lan'\n\tlist network 'lan'\nconfig zone\n\toption name 'wan'\n\tlist network 'wan'\n"
			cfg := loadFiles(t, map[string]string{"network": routerNetwork, "firewall": zones + rule}, "")
			if len(cfg.Router.Openings) != 1 {
				t.Fatalf("openings: %+v", cfg.Router.Openings)
			}
			if diff := cmp.Diff(tt.want, targets(&cfg.Router.Openings[0].Target, prefixes)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The lease file is read when it changed, and only then.
func TestLeases(t *testing.T) {
	path := t.TempDir() + "/leases"
	cfg := loadFiles(t, nil, "")
	var l leases
	look := func(step string, changed bool, count int) {
		t.Helper()
		got, err := l.look(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if got != changed || len(l.all) != count {
			t.Errorf("%s: changed %v, %d leases; want %v, %d", step, got, len(l.all), changed, count)
		}
	}
	look("nothing is configured", false, 0)
	cfg.Router.PortMap.LeaseFile = path
	look("switched off", false, 0)
	cfg.Router.PortMap.Enabled = true
	look("no file yet", true, 0)
	look("still none", false, 0)
	line := "UDP:6881:192.168.1.60:6882:0:Torrent\n"
	if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	look("written", true, 1)
	look("the same", false, 1)
	if err := os.WriteFile(path, []byte(line+"TCP:6881:192.168.1.60:6882:0:Torrent\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	look("one more", true, 2)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	look("removed", true, 0)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if changed, err := l.look(cfg); !changed || err == nil {
		t.Errorf("a directory: changed %v, error %v", changed, err)
	}
	if changed, err := l.look(cfg); changed || err != nil {
		t.Errorf("a directory is complained of again: changed %v, error %v", changed, err)
	}
}
