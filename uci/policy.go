package uci

import (
	"cmp"
	"slices"
)

// Policies are what the firewall does with connections that no rule is about:
// "accept", "reject" or "drop".
type Policies struct {
	Input   string // to this router
	Output  string // from this router
	Forward string // of a zone, between its own networks; of the firewall, between any
}

// or returns p, and what it does not say as other does.
func (p Policies) or(other Policies) Policies {
	return Policies{cmp.Or(p.Input, other.Input), cmp.Or(p.Output, other.Output), cmp.Or(p.Forward, other.Forward)}
}

// Forwarding is a config forwarding: connections may pass from one zone to another.
type Forwarding struct {
	Name      string // option name, or the section as the uci command writes it
	Src, Dest string // zones, "*" for any
	Family    uint8  // 4, 6, or 0 for both
}

// Pass is a config rule that lets some connections pass from one zone to another.
type Pass struct {
	Name      string
	Src, Dest string // zones, "*" for any
}

// maxForwardings is how many forwardings, and how many passes, are read.
const maxForwardings = 256

// readPolicies reads what a section says of those that are policies, the others
// being as in other.
func readPolicies(s *Section, other Policies) Policies {
	policy := func(option, other string) string {
		if word, ok := parseTarget(s.Text(option)); ok && slices.Contains([]string{"accept", "reject", "drop"}, word) {
			return word
		}
		return other
	}
	return Policies{policy("input", other.Input), policy("output", other.Output), policy("forward", other.Forward)}
}

// readForwarding reads a config forwarding; false for one that is switched off or
// that the firewall refuses.
func readForwarding(s *Section, id string, zones []Zone) (Forwarding, bool) {
	r := rule{s: s, zones: zones}
	src, dest := r.zone("src"), r.zone("dest")
	family, _ := r.family()
	f := Forwarding{Name: cmp.Or(r.text("name"), id), Src: src.Name, Dest: dest.Name, Family: r.inferFamily(family, src.Family, dest.Family)}
	return f, !r.refused && f.Src != "" && f.Dest != "" && r.on("enabled")
}

// passes returns who lets something pass, each once.
func passes(all []Opening) []Pass {
	var out []Pass
	for i := range all {
		p := Pass{all[i].Name, all[i].Src, all[i].Dest}
		if all[i].Enabled && len(out) < maxForwardings && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}
