package uci

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Router is what the router's own UCI files say, as far as weir needs it.
// All of it is empty on a machine without them.
type Router struct {
	Hostname string // option hostname of config system
	Timezone string // option zonename, or else option timezone
	TZ       string // option timezone: the rules of the zone, like CET-1CEST,M3.5.0,M10.5.0/3
	Networks Networks
	Zones    []Zone
	Hosts    []Host
	Leases   LeaseFiles

	Policies    Policies     // of the firewall; empty without its file
	Forwardings []Forwarding // those that are in force
	Passes      []Pass       // of enabled rules, between any zones

	Shapers []Shaper // of lines and others

	Offload   Offload
	Redirects []Redirect // at most MaxPortRules
	Openings  []Opening  // at most MaxPortRules; those from an uplink, see [Config.UplinkZones]
	PortMap   PortMap
}

// LeaseFiles are where the DHCP servers of /etc/config/dhcp write down whom they gave
// which address.
type LeaseFiles struct {
	Dnsmasq []string // one for each that runs
	ODHCPD  string
}

// Where they write without an option leasefile.
const (
	dnsmasqLeases = "/tmp/dhcp.leases"
	odhcpdLeases  = "/tmp/hosts/odhcpd"
)

// Host is a config host of /etc/config/dhcp.
type Host struct {
	Name string
	MACs []MAC
	IP   string // as written; may be "ignore"
}

// Resolve returns the device of a network and, if that is a bridge, its ports.
// See [Networks.Resolve].
func (r Router) Resolve(name string) (device string, ports []string) {
	return r.Networks.Resolve(name)
}

// loadRouter reads the router's files of a folder. A file that is missing, or
// is none (Debian has a folder /etc/network), is nothing to tell; a broken
// one is a warning: weir must run beside it.
func loadRouter(folder string, open Opener) (Router, []Warning) {
	var r Router
	var warnings []Warning
	for _, file := range []struct {
		name string
		read func(*Package, *Router)
	}{
		{"network", readNetwork}, {"firewall", readFirewall}, {"dhcp", readDHCP}, {"system", readSystem}, {"upnpd", readPortMap}, {"sqm", readShapers},
	} {
		p, err := readSibling(filepath.Join(folder, file.name), open)
		if err != nil {
			warnings = append(warnings, routerWarning(filepath.Join(folder, file.name), err))
		}
		if p != nil {
			file.read(p, &r)
		}
	}
	return r, append(warnings, r.trim(filepath.Join(folder, "firewall"))...)
}

func readSibling(path string, open Opener) (*Package, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	file, err := open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return ParsePackage(file, path)
}

func routerWarning(path string, err error) Warning {
	w := Warning{File: path, Text: "is not read: " + err.Error()}
	var syntax *Error
	if errors.As(err, &syntax) {
		w.Line, w.Text = syntax.Line, "is not read: "+syntax.Reason+"; "+syntax.Hint
	}
	return w
}

func readDHCP(p *Package, r *Router) {
	for i := range p.Sections {
		s := &p.Sections[i]
		switch s.Type {
		case "host":
			r.Hosts = append(r.Hosts, readHost(s))
		case "dnsmasq":
			file := cmp.Or(s.Text("leasefile"), dnsmasqLeases)
			if len(r.Leases.Dnsmasq) < maxLeaseFiles && !slices.Contains(r.Leases.Dnsmasq, file) {
				r.Leases.Dnsmasq = append(r.Leases.Dnsmasq, file)
			}
		case "odhcpd":
			r.Leases.ODHCPD = cmp.Or(s.Text("leasefile"), odhcpdLeases)
		}
	}
}

func readHost(s *Section) Host {
	h := Host{Name: s.Text("name"), IP: s.Text("ip")}
	for _, word := range s.words("mac") {
		if mac, err := parseMAC(word); err == nil { // dnsmasq takes wildcards, which name nobody
			h.MACs = append(h.MACs, mac)
		}
	}
	return h
}

// maxLeaseFiles bounds the instances of dnsmasq that are looked at.
const maxLeaseFiles = 8

func readSystem(p *Package, r *Router) {
	for i := range p.Sections {
		s := &p.Sections[i]
		if s.Type != "system" {
			continue
		}
		r.Hostname, r.Timezone, r.TZ = s.Text("hostname"), s.Text("zonename"), s.Text("timezone")
		if r.Timezone == "" {
			r.Timezone = r.TZ
		}
		return
	}
}

// uplinks returns the networks of masqueraded zones and those named wan*, in
// the order of the network file.
func (r Router) uplinks() []string {
	var names []string
	for _, n := range r.Networks {
		masq := slices.ContainsFunc(r.Zones, func(z Zone) bool { return z.Masq && slices.Contains(z.Networks, n.Name) })
		if masq || strings.HasPrefix(n.Name, "wan") {
			names = append(names, n.Name)
		}
	}
	return names
}

// words returns all values of an option, split at spaces: older files write
// lists as one option.
func (s *Section) words(option string) []string {
	var words []string
	if o := s.Option(option); o != nil {
		for _, v := range o.Values {
			words = append(words, strings.Fields(v.Text)...)
		}
	}
	return words
}

func isOn(text string) bool {
	on, err := parseBoolean(text)
	return err == nil && on
}
