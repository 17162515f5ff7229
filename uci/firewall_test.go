package uci

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// firewall reads the text of a firewall file beside a network file with lan,
// guest, wan and wan6.
func firewall(t *testing.T, text string) Router {
	t.Helper()
	var r Router
	for _, file := range []struct {
		text string
		read func(*Package, *Router)
	}{
		{"config interface lan\nconfig interface guest\nconfig interface wan\nconfig interface wan6\n", readNetwork},
		{text, readFirewall},
	} {
		p, err := ParsePackage(strings.NewReader(file.text), "test")
		if err != nil {
			t.Fatal(err)
		}
		file.read(p, &r)
	}
	return r
}

// zones are the zones of the tests: lan and guest, wan with both families, and
// one for each family alone.
const zones = `
config zone
	option name 'lan'
	list network 'lan'
config zone
	option name 'guest'
config zone
	option name 'wan'
	option network 'wan wan6'
	option masq '1'
	option masq6 '1'
config zone
	option name 'only4'
	option family 'IPv4'
config zone
	option name 'subnet6'
	option subnet 'fd00::/8'
config zone
	option name 'away'
	option enabled '0'
`

// show writes a redirect as one line.
func (r Redirect) show() string {
	s := fmt.Sprintf("%s: %s to %s, v%d %v %d-%d", r.Name, r.Src, r.Dest, r.Family, r.Proto, r.First, r.Last)
	if r.Outside.IsValid() {
		s += " at " + r.Outside.String()
	}
	s += fmt.Sprintf(" -> %v %d", r.Target, r.TargetPort)
	if !r.Enabled {
		s += " off"
	}
	if !r.Reflection {
		s += " unreflected"
	}
	return s
}

func TestRedirects(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"a web server", "option name 'web'; option src wan; option src_dport 80; option dest lan; option dest_ip 192.168.1.10; option dest_port 8080; option proto tcp; option target DNAT",
			[]string{"web: wan to lan, v4 [6] 80-80 -> 192.168.1.10 8080"}},
		{"what has defaults", "option src wan; option src_dport 22; option dest_ip 192.168.26.100",
			[]string{"@redirect[0]: wan to , v4 [6 17] 22-22 -> 192.168.26.100 22"}},
		{"to the router itself", "option name ssh; option src wan; option src_dport 22001; option dest lan; option dest_port 22; option proto tcp",
			[]string{"ssh: wan to lan, v4 [6] 22001-22001 -> invalid IP 22"}},
		{"quotes in the name", `option name 'Anna'\''s "PS5"'; option src wan; option src_dport 9; option dest_ip 10.0.0.1; option proto udp`,
			[]string{`Anna's "PS5": wan to , v4 [17] 9-9 -> 10.0.0.1 9`}},
		{"a range", "option src wan; option src_dport 1000-1010; option dest_ip 10.0.0.1; option proto 'tcp udp'",
			[]string{"@redirect[0]: wan to , v4 [6 17] 1000-1010 -> 10.0.0.1 1000"}},
		{"a range with a colon, elsewhere", "option src wan; option src_dport 1000:1010; option dest_ip 10.0.0.1; option dest_port 2000-2010; list proto tcp; list proto udp",
			[]string{"@redirect[0]: wan to , v4 [6 17] 1000-1010 -> 10.0.0.1 2000"}},
		{"all ports but one", "option src wan; option src_dport '!22'; option dest_ip 10.0.0.1; option dest_port 0; option proto tcp",
			[]string{"@redirect[0]: wan to , v4 [6] 0-21 -> 10.0.0.1 0", "@redirect[0]: wan to , v4 [6] 23-65535 -> 10.0.0.1 0"}},
		{"everything", "option src wan; option src_dport 80; option dest_ip 10.0.0.1; option proto all",
			[]string{"@redirect[0]: wan to , v4 [] 0-65535 -> 10.0.0.1 0"}},
		{"a protocol without ports", "option src wan; option src_dport 80; option dest_ip 10.0.0.1; option proto '6 gre'",
			[]string{"@redirect[0]: wan to , v4 [6] 80-80 -> 10.0.0.1 80", "@redirect[0]: wan to , v4 [47] 0-65535 -> 10.0.0.1 0"}},
		{"IPv6", "option family ipv6; option src wan; option src_dport 25; option dest lan; option dest_ip 2001:db8:1000:1::1234; option dest_port 25; option proto tcp",
			[]string{"@redirect[0]: wan to lan, v6 [6] 25-25 -> 2001:db8:1000:1::1234 25"}},
		{"IPv6 by its address", "option src wan; option src_dport 25; option dest_ip 2001:db8::1; option proto tcp",
			[]string{"@redirect[0]: wan to , v6 [6] 25-25 -> 2001:db8::1 25"}},
		{"no family and no address are IPv4", "option src lan; option dest wan; option proto udp; option src_dport 53; option dest_port 53; option target dnat",
			[]string{"@redirect[0]: lan to wan, v4 [17] 53-53 -> invalid IP 53"}},
		{"family any and no address are both", "option family any; option src lan; option dest wan; option proto udp; option src_dport 53; option target dnat",
			[]string{"@redirect[0]: lan to wan, v0 [17] 53-53 -> invalid IP 53"}},
		{"a zone of one family", "option src only4; option src_dport 53; option proto udp; option family any",
			[]string{"@redirect[0]: only4 to , v4 [17] 53-53 -> invalid IP 53"}},
		{"one of the outside addresses", "option src wan; option src_dip 203.0.113.5; option src_dport 80; option dest_ip 10.0.0.1; option proto tcp",
			[]string{"@redirect[0]: wan to , v4 [6] 80-80 at 203.0.113.5 -> 10.0.0.1 80"}},
		{"all outside addresses but one", "option src lan; option src_dip '!192.168.1.1'; option src_dport 53; option dest_ip 192.168.1.1; option proto udp",
			[]string{"@redirect[0]: lan to , v4 [17] 53-53 at !192.168.1.1 -> 192.168.1.1 53"}},
		{"the address of a network", "option src lan; option src_dport 53; option dest_ip lan; option src_dip wan; option proto udp",
			[]string{"@redirect[0]: lan to , v4 [17] 53-53 -> invalid IP 53"}},
		{"off", "option enabled 0; option src wan; option src_dport 80; option dest_ip 10.0.0.1; option proto tcp",
			[]string{"@redirect[0]: wan to , v4 [6] 80-80 -> 10.0.0.1 80 off"}},
		{"without hairpin", "option reflection 0; option src wan; option src_dport 80; option dest_ip 10.0.0.1; option proto tcp",
			[]string{"@redirect[0]: wan to , v4 [6] 80-80 -> 10.0.0.1 80 unreflected"}},
		{"all ports to one, and a protocol without", "option src wan; option dest_ip 10.0.0.1; option dest_port 9; option proto 'tcp gre'",
			[]string{"@redirect[0]: wan to , v4 [6] 0-65535 -> 10.0.0.1 9", "@redirect[0]: wan to , v4 [47] 0-65535 -> 10.0.0.1 0"}},
		{"another target is taken for DNAT", "option src wan; option src_dport 80; option dest_ip 10.0.0.1; option proto tcp; option target ACCEPT",
			[]string{"@redirect[0]: wan to , v4 [6] 80-80 -> 10.0.0.1 80"}},

		{"SNAT", "option target SNAT; option src lan; option dest wan; option src_dip 203.0.113.5", nil},
		{"no source", "option src_dport 80; option dest_ip 10.0.0.1", nil},
		{"any source", "option src '*'; option src_dport 80; option dest_ip 10.0.0.1", nil},
		{"an unknown zone", "option src dmz; option src_dport 80; option dest_ip 10.0.0.1", nil},
		{"a zone that is off", "option src away; option src_dport 80; option dest_ip 10.0.0.1", nil},
		{"a zone of the other family", "option src only4; option src_dport 22; option dest_ip fdca::1; option proto tcp", nil},
		{"a sender of the other family", "option src wan; option src_ip 198.51.100.0/24; option src_dport 22; option dest_ip fdca::1; option proto tcp", nil},
		{"a list of ports", "option src wan; list src_dport 80; list src_dport 81; option dest_ip 10.0.0.1", nil},
		{"two ports in one option", "option src wan; option src_dport '80 81'; option dest_ip 10.0.0.1", nil},
		{"a range that runs back", "option src wan; option src_dport 90-80; option dest_ip 10.0.0.1", nil},
		{"a port too high", "option src wan; option src_dport 65536; option dest_ip 10.0.0.1", nil},
		{"all targets but one", "option src wan; option src_dport 80; option dest_ip '!10.0.0.1'", nil},
		{"a target under a mask", "option src wan; option src_dport 80; option dest_ip '::1/-64'", nil},
		{"an unknown protocol", "option src wan; option src_dport 80; option dest_ip 10.0.0.1; option proto tpc", nil},
		{"an unknown family", "option src wan; option src_dport 80; option dest_ip 10.0.0.1; option family ipx", nil},
		{"an unknown target", "option src wan; option src_dport 80; option dest_ip 10.0.0.1; option target FORWARD", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, r := range firewall(t, zones+"config redirect\n"+tt.text).Redirects {
				got = append(got, r.show())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func (o Opening) show() string {
	s := fmt.Sprintf("%s: %s to %s, v%d %v %d-%d", o.Name, o.Src, o.Dest, o.Family, o.Proto, o.First, o.Last)
	if o.Target.IsValid() {
		s += " -> " + o.Target.String()
	}
	if !o.Enabled {
		s += " off"
	}
	return s
}

func TestOpenings(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"a pinhole", "option name Plex; option src wan; option dest lan; option family ipv6; option proto tcp; option dest_ip 2001:db8::20; option dest_port 32400; option target ACCEPT",
			[]string{"Plex: wan to lan, v6 [6] 32400-32400 -> 2001:db8::20"}},
		{"a host under a changing prefix", "option src wan; option dest lan; option proto tcp; option dest_ip '::20/-64'; option dest_port 443; option target ACCEPT",
			[]string{"@rule[0]: wan to lan, v6 [6] 443-443 -> ::20/::ffff:ffff:ffff:ffff"}},
		{"the same as a mask", "option src wan; option dest lan; option proto udp; option dest_ip '::20/::ffff'; option target ACCEPT",
			[]string{"@rule[0]: wan to lan, v6 [17] 0-65535 -> ::20/::ffff"}},
		{"addresses and ports", "option src wan; option dest lan; option proto 'tcp udp'; list dest_ip 10.0.0.0/24; list dest_ip 2001:db8::/64; option dest_port '80 8000-8010'; option target ACCEPT",
			[]string{
				"@rule[0]: wan to lan, v4 [6 17] 80-80 -> 10.0.0.0/24", "@rule[0]: wan to lan, v4 [6 17] 8000-8010 -> 10.0.0.0/24",
				"@rule[0]: wan to lan, v6 [6 17] 80-80 -> 2001:db8::/64", "@rule[0]: wan to lan, v6 [6 17] 8000-8010 -> 2001:db8::/64",
			}},
		{"addresses of which one has the family", "option src wan; option dest lan; option family ipv4; option proto tcp; option dest_ip '10.0.0.1 2001:db8::1'; option target ACCEPT",
			[]string{"@rule[0]: wan to lan, v4 [6] 0-65535 -> 10.0.0.1"}},
		{"a range of addresses", "option src wan; option dest lan; option proto tcp; option dest_ip 10.0.0.5-10.0.0.9; option target ACCEPT",
			[]string{"@rule[0]: wan to lan, v4 [6] 0-65535 -> 10.0.0.5-10.0.0.9"}},
		{"ports but some", "option src wan; option dest lan; option proto tcp; option dest_port '1-100 !20-30 !50'; option target ACCEPT",
			[]string{"@rule[0]: wan to lan, v0 [6] 1-19", "@rule[0]: wan to lan, v0 [6] 31-49", "@rule[0]: wan to lan, v0 [6] 51-100"}},
		{"all addresses but one", "option src wan; option dest lan; option proto tcp; option dest_ip !10.0.0.1; option target ACCEPT",
			[]string{"@rule[0]: wan to lan, v4 [6] 0-65535 -> !10.0.0.1"}},
		{"Allow-ISAKMP", "option name Allow-ISAKMP; option src wan; option dest lan; option dest_port 500; option proto udp; option target ACCEPT",
			[]string{"Allow-ISAKMP: wan to lan, v0 [17] 500-500"}},
		{"Allow-IPSec-ESP", "option name Allow-IPSec-ESP; option src wan; option dest lan; option proto esp; option target ACCEPT",
			[]string{"Allow-IPSec-ESP: wan to lan, v0 [50] 0-65535"}},
		{"Allow-ICMPv6-Forward", "option name Allow-ICMPv6-Forward; option src wan; option dest *; option proto icmp; option family ipv6; option limit 1000/sec; option target ACCEPT",
			[]string{"Allow-ICMPv6-Forward: wan to *, v6 [58] 0-65535"}},
		{"ping over both", "option src wan; option dest lan; option proto icmp; option target ACCEPT",
			[]string{"@rule[0]: wan to lan, v0 [1 58] 0-65535"}},
		{"from anywhere", "option src *; option dest lan; option proto tcp; option dest_port 22; option target accept",
			[]string{"@rule[0]: * to lan, v0 [6] 22-22"}},
		{"defaults, and a target cut short", "option src wan; option dest lan; option target a",
			[]string{"@rule[0]: wan to lan, v0 [6 17] 0-65535"}},
		{"off", "option src wan; option dest lan; option target ACCEPT; option enabled 0",
			[]string{"@rule[0]: wan to lan, v0 [6 17] 0-65535 off"}},
		{"a zone that is of one family by its subnet", "option src wan; option dest subnet6; option target ACCEPT",
			[]string{"@rule[0]: wan to subnet6, v6 [6 17] 0-65535"}},
		{"the addresses of a network", "option src wan; option dest lan; option dest_ip lan; option target ACCEPT",
			[]string{"@rule[0]: wan to lan, v0 [6 17] 0-65535"}},

		{"to the router itself", "option src wan; option proto tcp; option dest_port 22; option target ACCEPT", nil},
		{"from the router itself", "option dest wan; option target ACCEPT", nil},
		{"to be rejected", "option src wan; option dest lan; option target REJECT", nil},
		{"nothing to do", "option src wan; option dest lan", nil},
		{"an unknown zone", "option src wan; option dest dmz; option target ACCEPT", nil},
		{"families that differ", "option src wan; option dest lan; option family ipv6; option dest_ip 10.0.0.1; option target ACCEPT", nil},
		{"no address", "option src wan; option dest lan; option dest_ip '10.0.0.300'; option target ACCEPT", nil},
		{"no port", "option src wan; option dest lan; option dest_port 'http'; option target ACCEPT", nil},
		{"no port is left", "option src wan; option dest lan; option dest_port '80 !80'; option proto tcp; option target ACCEPT", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, o := range firewall(t, zones+"config rule\n"+tt.text).Openings {
				got = append(got, o.show())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestProtocolsButOne(t *testing.T) {
	p, ok := parseProtocols([]string{"!tcp"})
	m := p.matches(4, nil, false)
	if !ok || len(m) != 1 || len(m[0].proto) != 255 || slices.Contains(m[0].proto, protoTCP) {
		t.Errorf("!tcp is %v", m)
	}
	if p, _ := parseProtocols([]string{"!tcp", "any"}); len(p.matches(0, nil, false)[0].proto) != 0 {
		t.Error("any is not all")
	}
}

func TestAddresses(t *testing.T) {
	tests := []struct {
		text, shown string
		in, out     []string
	}{
		{"192.168.1.10", "192.168.1.10", []string{"192.168.1.10"}, []string{"192.168.1.11", "::ffff:192.168.1.10", "2001:db8::1"}},
		{"192.168.1.10/24", "192.168.1.0/24", []string{"192.168.1.0", "192.168.1.255"}, []string{"192.168.2.0"}},
		{"192.168.1.10/255.255.255.0", "192.168.1.0/24", []string{"192.168.1.7"}, []string{"192.168.0.7"}},
		{"0.0.0.0/0", "0.0.0.0/0", []string{"1.2.3.4"}, []string{"::1"}},
		{"!10.0.0.0/8", "!10.0.0.0/8", []string{"11.0.0.1"}, []string{"10.1.2.3", "::1"}},
		{" ! 10.0.0.1", "!10.0.0.1", []string{"10.0.0.2"}, []string{"10.0.0.1"}},
		{"10.0.0.5-10.0.0.9", "10.0.0.5-10.0.0.9", []string{"10.0.0.5", "10.0.0.9"}, []string{"10.0.0.4", "10.0.0.10"}},
		{"!10.0.0.5-10.0.0.9", "!10.0.0.5-10.0.0.9", []string{"10.0.0.10"}, []string{"10.0.0.7"}},
		{"::1/-64", "::1/::ffff:ffff:ffff:ffff", []string{"2001:db8::1", "fd00:1:2:3::1"}, []string{"2001:db8::2", "2001:db8::1:0:0:1"}},
		{"2001:db8::1/-48", "::1/::ffff:ffff:ffff:ffff:ffff", []string{"fd00:1:2::1"}, []string{"fd00:1:2:3::1"}},
		{"::2/::ffff", "::2/::ffff", []string{"2001:db8::5:2"}, []string{"2001:db8::3"}},
		{"0.0.0.5/-24", "0.0.0.5/0.0.0.255", []string{"10.9.8.5"}, []string{"10.9.8.6"}},
		{"2001:db8::/32", "2001:db8::/32", []string{"2001:db8:f::1"}, []string{"2001:db9::"}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			a, ok := parseAddresses(tt.text)
			if !ok || a.String() != tt.shown {
				t.Fatalf("is %q, %v; want %q", a, ok, tt.shown)
			}
			again, _ := parseAddresses(a.String())
			if again != a {
				t.Errorf("reads back as %q", again)
			}
			for _, text := range tt.in {
				if !a.Contains(netip.MustParseAddr(text)) {
					t.Errorf("%s is not in it", text)
				}
			}
			for _, text := range tt.out {
				if a.Contains(netip.MustParseAddr(text)) {
					t.Errorf("%s is in it", text)
				}
			}
		})
	}
	for _, text := range []string{"10.0.0.1/33", "10.0.0.1/-33", "10.0.0.1/::", "::/255.0.0.0", "10.0.0.9-10.0.0.5", "10.0.0.1-::1", "fe80::1%eth0", "fe80::1%eth0/64", "1.2.3", "lan/24", "a b", ""} {
		if a, ok := parseAddresses(text); ok {
			t.Errorf("%q is taken for %q", text, a)
		}
	}
	for text, want := range map[string]bool{"10.0.0.1": true, "2001:db8::1/128": true, "10.0.0.0/31": false, "!10.0.0.1": false, "10.0.0.1-10.0.0.1": false, "lan": false} {
		a, _ := parseAddresses(text)
		if addr, ok := a.Single(); ok != want || ok && addr != a.Addr {
			t.Errorf("Single of %s is %v, %v", text, addr, ok)
		}
	}
	if (Addresses{}).Contains(netip.Addr{}) {
		t.Error("nothing contains something")
	}
}

func TestOffload(t *testing.T) {
	tests := []struct {
		name, text string
		want       Offload
	}{
		{"neither", "config defaults", Offload{}},
		{"no section", "", Offload{}},
		{"software", "config defaults\n\toption flow_offloading 1", Offload{Software: true}},
		{"both", "config defaults\n\toption flow_offloading 1\n\toption flow_offloading_hw 1", Offload{true, true}},
		{"hardware alone means nothing", "config defaults\n\toption flow_offloading_hw 1", Offload{}},
		{"the first section counts", "config defaults\nconfig defaults\n\toption flow_offloading 1", Offload{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := firewall(t, tt.text).Offload; got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

// routerFiles writes files of /etc/config and loads them.
func routerFiles(t *testing.T, files map[string]string) (*Config, []Warning) {
	t.Helper()
	dir := t.TempDir()
	files["weir"] += "\n"
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, warnings, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c, warnings
}

// TestOpeningsLeadInFromAnUplink leaves out rules between networks of the house,
// and finds the uplink that only weir's file names.
func TestOpeningsLeadInFromAnUplink(t *testing.T) {
	rule := func(src, dest string) string {
		return fmt.Sprintf("config rule\n\toption name '%s'\n\toption src '%[1]s'\n\toption dest '%s'\n\toption target ACCEPT\n", src, dest)
	}
	text := zones + rule("wan", "lan") + rule("guest", "lan") + rule("*", "lan") + rule("lan", "wan")
	network := "config interface lan\n\toption device br-lan\nconfig interface guest\n\toption device br-guest\nconfig interface wan\n"
	tests := []struct {
		name, weir string
		zones      []string
		want       []string
	}{
		{"as the firewall says", "", []string{"wan"}, []string{"wan", "*"}},
		{"as weir's file says", "config weir 'main'\n\tlist wan 'guest'\n", []string{"guest"}, []string{"guest", "*"}},
		{"as a device", "config weir 'main'\n\tlist wan 'br-guest'\n", []string{"guest"}, []string{"guest", "*"}},
		{"of a device that no network has", "config weir 'main'\n\tlist wan 'eth9'\n", nil, []string{"*"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := routerFiles(t, map[string]string{"weir": tt.weir, "network": network, "firewall": text})
			if diff := cmp.Diff(tt.zones, c.UplinkZones()); diff != "" {
				t.Errorf("zones (-want +got):\n%s", diff)
			}
			var got []string
			for _, o := range c.Router.Openings {
				got = append(got, o.Name)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("openings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPortMap(t *testing.T) {
	const standard = "/var/run/miniupnpd.leases"
	tests := []struct {
		name, text string
		want       PortMap
	}{
		{"none", "", PortMap{}},
		{"since 2026", "config upnpd config\n\toption enabled 1\n\toption enabled_protocols all\n", PortMap{true, standard, standard + "-ipv6"}},
		{"off, the file as it was called before", "config upnpd config\n\toption enabled 0\n\toption upnp_lease_file /var/upnp.leases\n", PortMap{false, "/var/upnp.leases", "/var/upnp.leases-ipv6"}},
		{"on by itself", "config perm_rule\nconfig upnpd config\n\toption lease_file /tmp/l\n", PortMap{true, "/tmp/l", "/tmp/l-ipv6"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, warnings := routerFiles(t, map[string]string{"upnpd": tt.text})
			if len(warnings) > 0 || c.Router.PortMap != tt.want {
				t.Errorf("%+v, want %+v; warnings %v", c.Router.PortMap, tt.want, warnings)
			}
		})
	}
}

func TestPortRulesAreBounded(t *testing.T) {
	redirect := "config redirect\n\toption src wan\n\toption src_dport 80\n\toption dest_ip 10.0.0.1\n"
	many := "config rule\n\toption src wan\n\toption dest lan\n\toption target ACCEPT\n" +
		strings.Repeat("\tlist dest_ip 10.0.0.1\n", maxRuleWords) + strings.Repeat("\tlist dest_port 1-9\n", maxRuleWords)
	tests := []struct {
		name, text string
		r, o       int
		warned     bool
	}{
		{"redirects", strings.Repeat(redirect, MaxPortRules+1), MaxPortRules, 0, true},
		{"as many as may be", strings.Repeat(redirect, MaxPortRules), MaxPortRules, 0, false},
		{"pairs of address and port", many, 0, MaxPortRules, true},
		{"all of it", strings.Repeat(redirect, MaxPortRules+1) + many + many, MaxPortRules, MaxPortRules, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, warnings := routerFiles(t, map[string]string{"network": "config interface wan\n", "firewall": zones + tt.text})
			if len(c.Router.Redirects) != tt.r || len(c.Router.Openings) != tt.o || (len(warnings) > 0) != tt.warned {
				t.Errorf("%d redirects, %d openings, warnings %v", len(c.Router.Redirects), len(c.Router.Openings), warnings)
			}
		})
	}
	if r := firewall(t, zones+many+"\tlist dest_port 80\n"); len(r.Openings) != 0 {
		t.Errorf("%d openings of a rule with too many ports", len(r.Openings))
	}
}
