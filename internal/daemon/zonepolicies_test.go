package daemon

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/uci"
)

func TestZonePolicies(t *testing.T) {
	zone := func(name, input, output, forward string) uci.Zone {
		return uci.Zone{Name: name, Policies: uci.Policies{Input: input, Output: output, Forward: forward}}
	}
	r := &uci.Router{
		Policies: uci.Policies{Input: "reject", Output: "accept", Forward: "reject"},
		Zones: []uci.Zone{
			zone("lan", "accept", "accept", "accept"), zone("wan", "reject", "accept", "reject"), zone("guest", "drop", "accept", "drop"),
		},
		Forwardings: []uci.Forwarding{{Name: "@forwarding[0]", Src: "lan", Dest: "wan"}, {Name: "all out", Src: "*", Dest: "wan"}},
		Passes:      []uci.Pass{{Name: "printer", Src: "guest", Dest: "lan"}},
		Redirects: []uci.Redirect{
			{Name: "NAS", Src: "wan", Dest: "lan", Target: netip.MustParseAddr("192.168.1.30"), Enabled: true},
			{Name: "NAS", Src: "wan", Dest: "lan", Target: netip.MustParseAddr("192.168.1.30"), Enabled: true, First: 5},
			{Name: "off", Src: "wan", Dest: "lan", Target: netip.MustParseAddr("192.168.1.30")},
		},
	}
	want := map[string]string{
		"lan lan": "accept policy:forward of zone lan", "lan wan": "accept forwarding:@forwarding[0] forwarding:all out", "lan guest": "reject",
		"lan router": "accept policy:input of zone lan", "router lan": "accept policy:output of zone lan",
		"wan wan": "accept forwarding:all out", "wan lan": "reject redirect:NAS", "wan guest": "reject",
		"wan router": "reject", "router wan": "accept policy:output of zone wan",
		"guest guest": "drop", "guest lan": "reject rule:printer", "guest wan": "accept forwarding:all out",
		"guest router": "drop", "router guest": "accept policy:output of zone guest",
	}
	got := make(map[string]string)
	for _, p := range zonePolicies(r) {
		text := p.Verdict
		for _, by := range p.By {
			text += " " + by.Kind + ":" + by.Name
		}
		got[p.From+" "+p.To] = text
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	r.Policies.Forward = "accept"
	open := between(r, &r.Zones[0], &r.Zones[2])
	if diff := cmp.Diff([]api.PolicyBy{{Kind: "policy", Name: "forward of the firewall"}}, open.By); diff != "" || open.Verdict != "accept" {
		t.Errorf("%+v", open)
	}
}

func TestZonePoliciesAreBounded(t *testing.T) {
	if all := zonePolicies(&uci.Router{}); all != nil {
		t.Errorf("no firewall: %+v", all)
	}
	r := &uci.Router{}
	for i := range 100 {
		r.Zones = append(r.Zones, uci.Zone{Name: fmt.Sprint(i)})
		r.Forwardings = append(r.Forwardings, uci.Forwarding{Name: fmt.Sprint(i), Src: "*", Dest: "*"})
	}
	all := zonePolicies(r)
	if len(all) != maxPolicyZones*(maxPolicyZones+2) || len(all[0].By) != maxPolicyBy {
		t.Errorf("%d pairs, %d that let pass", len(all), len(all[0].By))
	}
}
