package daemon

import (
	"cmp"
	"slices"

	"weir/internal/api"
	"weir/internal/engine"
	"weir/uci"
)

// Bounds of what is told of the firewall.
const (
	maxPolicyZones = 24 // and this machine
	maxPolicyBy    = 16 // of a pair
)

// zonePolicies returns what the firewall's configuration lets pass between any two
// of its zones, and between them and this machine; nil without zones. As firewall4
// has it, a zone's own policy is about its own networks, and what leads elsewhere
// passes by a forwarding or a rule, or because the firewall lets all of it pass.
func zonePolicies(r *uci.Router) []api.ZonePolicy {
	zones := r.Zones[:min(len(r.Zones), maxPolicyZones)]
	var all []api.ZonePolicy
	for i := range zones {
		for j := range zones {
			all = append(all, between(r, &zones[i], &zones[j]))
		}
		z := &zones[i]
		all = append(all,
			byPolicy(z.Name, engine.RouterZone, z.Input, "input of zone "+z.Name),
			byPolicy(engine.RouterZone, z.Name, z.Output, "output of zone "+z.Name))
	}
	return all
}

func byPolicy(from, to, verdict, name string) api.ZonePolicy {
	p := api.ZonePolicy{From: from, To: to, Verdict: verdict}
	if verdict == accept {
		p.By = []api.PolicyBy{{Kind: "policy", Name: name}}
	}
	return p
}

// accept is the word of the firewall's configuration.
const accept = "accept"

// between returns what may pass from one zone to another one, or within one.
func between(r *uci.Router, from, to *uci.Zone) api.ZonePolicy {
	p := byPolicy(from.Name, to.Name, r.Policies.Forward, "forward of the firewall")
	if from.Name == to.Name {
		p = byPolicy(from.Name, to.Name, from.Forward, "forward of zone "+from.Name)
	}
	add := func(kind, name string) {
		by := api.PolicyBy{Kind: kind, Name: name}
		if len(p.By) < maxPolicyBy && !slices.Contains(p.By, by) {
			p.By = append(p.By, by)
		}
	}
	meant := func(src, dest string) bool {
		return (src == "*" || src == from.Name) && (dest == "*" || dest == to.Name)
	}
	for i := range r.Forwardings {
		if f := &r.Forwardings[i]; meant(f.Src, f.Dest) {
			p.Verdict = accept
			add("forwarding", f.Name)
		}
	}
	for i := range r.Passes {
		if rule := &r.Passes[i]; meant(rule.Src, rule.Dest) {
			add("rule", rule.Name)
		}
	}
	for i := range r.Redirects {
		if d := &r.Redirects[i]; d.Enabled && d.Target.IsValid() && d.Dest != "" && meant(cmp.Or(d.Src, "*"), d.Dest) {
			add("redirect", d.Name)
		}
	}
	return p
}

// ZonePolicies implements api.World.
func (d *Daemon) ZonePolicies() []api.ZonePolicy { return zonePolicies(&d.config.Load().Router) }
