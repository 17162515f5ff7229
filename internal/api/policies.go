package api

// ZonePolicy is what the firewall makes of connections from one of its zones to
// another one, or to itself.
type ZonePolicy struct {
	From, To string // zones; engine.RouterZone is this machine
	Verdict  string // of what no rule is about: "accept", "reject" or "drop"
	By       []PolicyBy
}

// PolicyBy is a section of the firewall's configuration that lets something pass.
type PolicyBy struct {
	Kind string // "forwarding", "policy" (of the zone or of the firewall), "rule" or "redirect"
	Name string
}

func policyFields() []Field {
	return []Field{
		{"policies", List, true, "of zone_zone, what the firewall's configuration lets pass between its zones; null for other classes, and where there is no firewall"},
		{"policies[]", Table, false, ""},
		{"policies[].from", Text, false, "zone, or router for this machine"},
		{"policies[].to", Text, false, "zone, or router"},
		{"policies[].verdict", Text, false, "what becomes of connections that no rule is about: accept, reject or drop"},
		{"policies[].by", List, false, "what lets them, or some of them, pass; at most 16"},
		{"policies[].by[]", Table, false, ""},
		{"policies[].by[].kind", Text, false, "forwarding, policy (of the zone or of the firewall), rule (which lets only some pass) or redirect (likewise)"},
		{"policies[].by[].name", Text, false, "of that section"},
	}
}

func encodePolicies(e *Encoder, all []ZonePolicy) {
	if all == nil {
		e.Null("policies")
		return
	}
	e.Array("policies")
	for i := range all {
		p := &all[i]
		e.Table("")
		e.Str("from", p.From)
		e.Str("to", p.To)
		e.Str("verdict", p.Verdict)
		e.Array("by")
		for j := range p.By {
			e.Table("")
			e.Str("kind", p.By[j].Kind)
			e.Str("name", p.By[j].Name)
			e.EndTable()
		}
		e.EndArray()
		e.EndTable()
	}
	e.EndArray()
}
