package uci

import (
	"cmp"
)

// rule reads the options of one section as firewall4 does, which leaves a
// section out when it cannot read one of them.
type rule struct {
	s       *Section
	zones   []Zone
	refused bool
}

// maxRuleWords is how many values an option of a rule may have here: what is
// more is refused, as every address is combined with every port.
const maxRuleWords = 256

// words returns the values of an option that may be a list.
func (r *rule) words(option string) []string {
	words := r.s.words(option)
	r.refused = r.refused || len(words) > maxRuleWords
	return words[:min(len(words), maxRuleWords)]
}

// text returns the value of an option that may not be a list.
func (r *rule) text(option string) string {
	if o := r.s.Option(option); o != nil && o.List {
		r.refused = true
	}
	return r.s.Text(option)
}

// on reads a switch that is on where it is not set.
func (r *rule) on(option string) bool {
	text := r.text(option)
	return text == "" || isOn(text)
}

// zone reads the name of a zone, "*" for any.
func (r *rule) zone(option string) Zone {
	name := r.text(option)
	for _, z := range r.zones {
		if z.Name == name {
			return z
		}
	}
	if name != "" && name != "*" {
		r.refused = true
	}
	return Zone{Name: name}
}

func (r *rule) family() (family uint8, given bool) {
	text := r.text("family")
	family, ok := parseFamily(text)
	r.refused = r.refused || !ok
	return family, text != ""
}

// addresses reads a list of addresses; names of networks are left out.
func (r *rule) addresses(words []string) []Addresses {
	var all []Addresses
	for _, word := range words {
		a, ok := parseAddresses(word)
		r.refused = r.refused || !ok
		if a.IsValid() {
			all = append(all, a)
		}
	}
	return all
}

// one returns the word of an option that takes one, as a list.
func (r *rule) one(option string) []string {
	if text := r.text(option); text != "" {
		return []string{text}
	}
	return nil
}

func (r *rule) ports(words []string) []portRange {
	var all []portRange
	for _, word := range words {
		p, ok := parsePortRange(word)
		r.refused = r.refused || !ok
		all = append(all, p)
	}
	return all
}

func (r *rule) protocols() protocols {
	words := r.words("proto")
	if len(words) == 0 {
		words = []string{"tcpudp"}
	}
	p, ok := parseProtocols(words)
	r.refused = r.refused || !ok
	return p
}

// inferFamily returns the family that all parts of a rule have, 0 when they have
// both; parts of different families refuse the rule.
func (r *rule) inferFamily(parts ...uint8) uint8 {
	family := uint8(0)
	for _, part := range parts {
		r.refused = r.refused || part != 0 && family != 0 && part != family
		family = cmp.Or(family, part)
	}
	return family
}

// readRedirects reads a config redirect of target DNAT: one Redirect for each
// range of ports, none when the firewall refuses it.
func readRedirects(s *Section, id string, zones []Zone) []Redirect {
	r := rule{s: s, zones: zones}
	src := r.zone("src")
	action, ok := parseTarget(cmp.Or(s.Text("target"), "dnat"))
	if !ok || action == "snat" || src.Name == "" || src.Name == "*" {
		return nil // what is neither is taken for dnat
	}
	one := r.redirect(cmp.Or(r.text("name"), id), src, r.zone("dest"))
	ports := r.ports(r.one("src_dport"))
	targets := append(r.ports(r.one("dest_port")), ports...) // by default those outside
	protocols := r.protocols()
	if r.refused {
		return nil
	}
	var all []Redirect
	for _, m := range protocols.matches(one.Family, ports, len(targets) > 0) {
		one.Proto, one.First, one.Last, one.TargetPort = m.proto, m.first, m.last, 0
		if m.ported {
			one.TargetPort = targets[0].first
		}
		all = append(all, one)
	}
	return all
}

// redirect reads all of a redirect but protocols and ports.
func (r *rule) redirect(name string, src, dest Zone) Redirect {
	one := Redirect{Name: name, Src: src.Name, Dest: dest.Name, Enabled: r.on("enabled"), Reflection: r.on("reflection")}
	outside, target := r.addresses(r.one("src_dip")), r.addresses(r.one("dest_ip"))
	if len(outside) > 0 {
		one.Outside = outside[0]
	}
	if len(target) > 0 {
		one.Target = target[0].Addr
		r.refused = r.refused || target[0].Not || target[0].Mask.IsValid() && maskBits(target[0].Mask) < 0
	}
	family, given := r.family()
	one.Family = r.inferFamily(family, familyOf(r.one("src_ip")), one.Outside.Family(), familiesOf(target), src.Family, dest.Family)
	if one.Family == 0 && !given {
		one.Family = 4 // for compatibility, as firewall4 says
	}
	return one
}

// readOpenings reads a config rule that accepts forwarded connections: one
// Opening for each address and range of ports, none when it does something else
// or the firewall refuses it. Where addresses are named, exceptions from them are
// not told.
func readOpenings(s *Section, id string, zones []Zone) []Opening {
	r := rule{s: s, zones: zones}
	if action, ok := parseTarget(s.Text("target")); !ok || action != "accept" {
		return nil
	}
	src, dest := r.zone("src"), r.zone("dest")
	targets := r.addresses(r.words("dest_ip"))
	ports := r.ports(r.words("dest_port"))
	family, _ := r.family()
	family = r.inferFamily(family, familyOf(r.words("src_ip")), familiesOf(targets), src.Family, dest.Family)
	protocols := r.protocols()
	if r.refused || src.Name == "" || dest.Name == "" {
		return nil
	}
	one := Opening{Name: cmp.Or(r.text("name"), id), Src: src.Name, Dest: dest.Name, Enabled: r.on("enabled")}
	var all []Opening
	for _, target := range positive(targets) {
		one.Target, one.Family = target, cmp.Or(target.Family(), family)
		if family != 0 && one.Family != family {
			continue
		}
		for _, m := range protocols.matches(one.Family, ports, len(ports) > 0) {
			if len(all) > MaxPortRules {
				return all
			}
			one.Proto, one.First, one.Last = m.proto, m.first, m.last
			all = append(all, one)
		}
	}
	return all
}

// positive returns those of the addresses that are no exceptions, or else all of
// them, or one that is not valid and means any.
func positive(all []Addresses) []Addresses {
	var named []Addresses
	for _, a := range all {
		if !a.Not {
			named = append(named, a)
		}
	}
	switch {
	case len(named) > 0:
		return named
	case len(all) > 0:
		return all
	}
	return []Addresses{{}}
}

// familiesOf returns 4 or 6 when all of the addresses are of it, else 0.
func familiesOf(all []Addresses) uint8 {
	family := uint8(0)
	for i, a := range all {
		if i > 0 && a.Family() != family {
			return 0
		}
		family = a.Family()
	}
	return family
}
