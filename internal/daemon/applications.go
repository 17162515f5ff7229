package daemon

import (
	"cmp"
	"strings"

	"weir/internal/api"
	"weir/internal/apps"
	"weir/internal/names"
	"weir/internal/packet"
	"weir/uci"
)

// applications returns the table of the built-in applications and those that the
// configuration adds. One that cannot be taken is left out and is a problem.
func applications(cfg *uci.Config) (*apps.Table, []api.Problem) {
	own := make([]apps.Own, len(cfg.Applications))
	for i := range own {
		own[i] = ownApp(&cfg.Applications[i])
	}
	table, err := apps.NewTable(own)
	if err == nil {
		return table, nil
	}
	// One by one, which is slow and tells which.
	var problems []api.Problem
	table = new(apps.Table)
	good := own[:0:0]
	for i := range own {
		next, err := apps.NewTable(append(good, own[i]))
		if err != nil {
			problems = append(problems, leftOut(&cfg.Applications[i], err))
			continue
		}
		good, table = append(good, own[i]), next
	}
	return table, problems
}

// Check returns what is wrong with a valid configuration that shows only where it
// is put to use. What is named is left out; all else holds.
func Check(cfg *uci.Config) []api.Problem {
	_, problems := applications(cfg)
	return append(problems, placeProblems(cfg)...)
}

func leftOut(a *uci.Application, err error) api.Problem {
	section := a.ID
	if !strings.HasPrefix(section, "@") {
		section = "application '" + section + "'"
	}
	return api.Problem{Section: section, Warning: true,
		Message: err.Error() + "; it is left out until that is put right"}
}

// ownApp is a configured application as package apps takes it.
func ownApp(a *uci.Application) apps.Own {
	o := apps.Own{
		Name: cmp.Or(a.Name, a.ID), Category: a.Category, Domains: a.Domains, Networks: a.Networks,
	}
	for _, p := range a.Ports {
		r := apps.PortRange{First: p.First, Last: p.Last}
		switch p.Proto {
		case "tcp":
			r.Proto = packet.ProtoTCP
		case "udp":
			r.Proto = packet.ProtoUDP
		}
		o.Ports = append(o.Ports, r)
	}
	return o
}

// privacy returns how much of names is kept.
func privacy(cfg *uci.Config) names.Privacy {
	switch cfg.Main.Privacy {
	case uci.PrivacyDomains:
		return names.KeepDomains
	case uci.PrivacyBytes:
		return names.KeepNothing
	}
	return names.KeepNames
}

// readsDNS reports whether DNS on the wire is looked at.
func readsDNS(cfg *uci.Config) bool { return cfg.Main.DNSMode != uci.ScopeOff }
