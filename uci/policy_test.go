package uci

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// firewallOf reads the firewall's file of a router with an uplink.
func firewallOf(t *testing.T, text string) *Config {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"firewall": text, "weir": "", "network": "config interface 'wan'\n\toption device 'eth1'\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, _, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const threeZones = `
config zone
	option name 'lan'
	list network 'lan'
	option input 'ACCEPT'
	option output 'ACCEPT'
	option forward 'ACCEPT'
config zone
	option name 'wan'
	list network 'wan'
	option input 'REJECT'
	option masq '1'
config zone
	option name 'guest'
	option family 'ipv4'
	option forward 'nonsense'
config defaults
	option output 'ACCEPT'
	option forward 'REJECT'
`

func TestPolicies(t *testing.T) {
	c := firewallOf(t, threeZones)
	if want := (Policies{"drop", "accept", "reject"}); c.Router.Policies != want {
		t.Errorf("the firewall's are %+v, want %+v", c.Router.Policies, want)
	}
	want := map[string]Policies{
		"lan": {"accept", "accept", "accept"}, "wan": {"reject", "accept", "reject"}, "guest": {"drop", "accept", "reject"},
	}
	got := make(map[string]Policies)
	for _, z := range c.Router.Zones {
		got[z.Name] = z.Policies
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestForwardings(t *testing.T) {
	tests := []struct {
		name, options string
		want          []Forwarding
	}{
		{"out", "option src lan; option dest wan", []Forwarding{{Name: "@forwarding[0]", Src: "lan", Dest: "wan"}}},
		{"with a name, from anywhere", "option name x; option src *; option dest wan", []Forwarding{{Name: "x", Src: "*", Dest: "wan"}}},
		{"of one family", "option src lan; option dest wan; option family ipv6", []Forwarding{{Name: "@forwarding[0]", Src: "lan", Dest: "wan", Family: 6}}},
		{"of the family of a zone", "option src guest; option dest wan", []Forwarding{{Name: "@forwarding[0]", Src: "guest", Dest: "wan", Family: 4}}},
		{"of a family that the zone has not", "option src guest; option dest wan; option family ipv6", nil},
		{"switched off", "option src lan; option dest wan; option enabled 0", nil},
		{"to a zone that there is not", "option src lan; option dest dmz", nil},
		{"without an end", "option src lan", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := firewallOf(t, threeZones+"config forwarding\n\t"+strings.ReplaceAll(tt.options, "; ", "\n\t")+"\n")
			if diff := cmp.Diff(tt.want, c.Router.Forwardings); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Rules between zones of the house are told, although only those from an uplink
// lead into it.
func TestPasses(t *testing.T) {
	var b strings.Builder
	b.WriteString(threeZones)
	rule := func(name, src, dest, more string) {
		fmt.Fprintf(&b, "config rule\n\toption name '%s'\n\toption src '%s'\n\toption dest '%s'\n\toption target 'ACCEPT'\n\toption proto 'tcp'\n%s", name, src, dest, more)
	}
	rule("printer", "guest", "lan", "\tlist dest_port '631'\n\tlist dest_port '9100'\n")
	rule("off", "guest", "lan", "\toption enabled '0'\n")
	rule("ssh", "wan", "lan", "\toption dest_port '22'\n")
	for i := range 2 * maxForwardings {
		rule(fmt.Sprint(i), "guest", "lan", "")
	}
	c := firewallOf(t, b.String())
	if p := c.Router.Passes; len(p) != maxForwardings || p[0] != (Pass{"printer", "guest", "lan"}) || p[1] != (Pass{"ssh", "wan", "lan"}) {
		t.Errorf("%d: %+v", len(p), p[:2])
	}
	if len(c.Router.Openings) != 1 || c.Router.Openings[0].Name != "ssh" {
		t.Errorf("openings %+v", c.Router.Openings)
	}
}
