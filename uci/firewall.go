package uci

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
)

// MaxPortRules is how many redirects and how many openings are read, an opening
// for each pair of address and ports; more are left out with a warning.
const MaxPortRules = 1024

// Zone is a zone of /etc/config/firewall.
type Zone struct {
	Name     string
	Networks []string
	Masq     bool  // IPv4 or IPv6 addresses are translated on the way out
	Family   uint8 // 4, 6, or 0 for both
	Policies
}

// Offload is what /etc/config/firewall asks for: that forwarded connections
// leave the way through the kernel's network stack.
type Offload struct {
	Software bool // option flow_offloading
	Hardware bool // option flow_offloading_hw, which means something only together with the other
}

// Redirect is a config redirect that leads to another address or port (target
// DNAT), for one range of ports. What restricts its senders is not told.
type Redirect struct {
	Name        string     // option name, or the section as the uci command writes it
	Src         string     // zone
	Dest        string     // zone, "*" for any, "" when the firewall finds it by Target
	Family      uint8      // 4, 6, or 0 for both
	Proto       []uint8    // IANA numbers, ascending; empty for all
	First, Last uint16     // ports outside, for TCP and UDP; 0 to 65535 when all are meant
	Outside     Addresses  // where it is sent to before; invalid for any address of the router's
	Target      netip.Addr // where it leads; invalid for the router itself
	TargetPort  uint16     // that First leads to; 0 when ports stay as they are
	Enabled     bool
	Reflection  bool // hosts of Dest reach it by the outside address, too (hairpin)
}

// Opening is a config rule that lets connections pass from an uplink's zone to
// a host elsewhere (target ACCEPT), for one range of addresses and one of ports:
// an IPv6 pinhole, mostly. What restricts its senders is not told.
type Opening struct {
	Name        string    // option name, or the section as the uci command writes it
	Src, Dest   string    // zones, "*" for any
	Family      uint8     // 4, 6, or 0 for both
	Proto       []uint8   // IANA numbers, ascending; empty for all
	First, Last uint16    // ports of Target, for TCP and UDP; 0 to 65535 when all are meant
	Target      Addresses // invalid for any
	Enabled     bool
}

// PortMap is /etc/config/upnpd: miniupnpd, which opens ports as programs of the
// house ask for it by UPnP, NAT-PMP or PCP.
type PortMap struct {
	Enabled    bool
	LeaseFile  string // what it opened over IPv4; "" when it is not configured
	LeaseFile6 string // and over IPv6
}

// UplinkZones returns the firewall zones that hold an uplink, see
// [Config.Uplinks].
func (c *Config) UplinkZones() []string {
	uplinks := c.Uplinks()
	leadsOut := func(network string) bool {
		n := c.Router.Networks.Find(network)
		return slices.Contains(uplinks, network) || n != nil && n.Device != "" && slices.Contains(uplinks, n.Device)
	}
	var zones []string
	for _, z := range c.Router.Zones {
		if slices.ContainsFunc(z.Networks, leadsOut) {
			zones = append(zones, z.Name)
		}
	}
	return zones
}

// uplinkOpenings notes who lets connections pass between zones, and leaves of the
// router's openings those that lead in from an uplink's zone.
func (c *Config) uplinkOpenings() {
	c.Router.Passes = passes(c.Router.Openings)
	zones := append(c.UplinkZones(), "*")
	c.Router.Openings = slices.DeleteFunc(c.Router.Openings, func(o Opening) bool { return !slices.Contains(zones, o.Src) })
}

// readFirewall reads what firewall4 would make of the file; a section that it
// refuses is left out. Of openings it reads those between any zones. It stops
// beyond MaxPortRules, of which trim tells.
func readFirewall(p *Package, r *Router) {
	defaults := false
	r.Policies = Policies{"drop", "drop", "drop"} // the firewall's own defaults
	for i := range p.Sections {
		switch s := &p.Sections[i]; s.Type {
		case "defaults":
			if defaults {
				continue // the first one counts
			}
			defaults = true
			r.Offload.Software = isOn(s.Text("flow_offloading"))
			r.Offload.Hardware = r.Offload.Software && isOn(s.Text("flow_offloading_hw"))
			r.Policies = readPolicies(s, r.Policies)
		case "zone":
			if z := readZone(s); s.Text("enabled") == "" || isOn(s.Text("enabled")) {
				z.Policies = readPolicies(s, Policies{})
				r.Zones = append(r.Zones, z)
			}
		}
	}
	for i := range r.Zones {
		r.Zones[i].Policies = r.Zones[i].or(r.Policies)
	}
	count := map[string]int{}
	for i := range p.Sections {
		s := &p.Sections[i]
		id := s.Name
		if id == "" {
			id = fmt.Sprintf("@%s[%d]", s.Type, count[s.Type])
		}
		count[s.Type]++
		switch {
		case s.Type == "redirect" && len(r.Redirects) <= MaxPortRules:
			r.Redirects = append(r.Redirects, readRedirects(s, id, r.Zones)...)
		case s.Type == "rule" && len(r.Openings) <= MaxPortRules:
			r.Openings = append(r.Openings, readOpenings(s, id, r.Zones)...)
		case s.Type == "forwarding" && len(r.Forwardings) < maxForwardings:
			if f, ok := readForwarding(s, id, r.Zones); ok {
				r.Forwardings = append(r.Forwardings, f)
			}
		}
	}
}

// trim leaves out what is over the bounds, and says so.
func (r *Router) trim(path string) []Warning {
	if len(r.Redirects) <= MaxPortRules && len(r.Openings) <= MaxPortRules {
		return nil
	}
	r.Redirects = r.Redirects[:min(len(r.Redirects), MaxPortRules)]
	r.Openings = r.Openings[:min(len(r.Openings), MaxPortRules)]
	return []Warning{{File: path, Text: fmt.Sprintf("has more than %d redirects or openings; what follows is not shown in the NAT view", MaxPortRules)}}
}

func readZone(s *Section) Zone {
	z := Zone{
		Name:     s.Text("name"),
		Networks: s.words("network"),
		Masq:     isOn(s.Text("masq")) || isOn(s.Text("masq6")),
	}
	if s.Option("network") == nil && s.Option("device") == nil && s.Option("subnet") == nil && z.Name != "" {
		z.Networks = []string{z.Name} // the firewall's own default
	}
	z.Family, _ = parseFamily(s.Text("family"))
	if z.Family == 0 {
		z.Family = familyOf(s.words("subnet"))
	}
	return z
}

// readPortMap reads /etc/config/upnpd. The names are those of the versions before
// and since 2026.
func readPortMap(p *Package, r *Router) {
	for i := range p.Sections {
		s := &p.Sections[i]
		if s.Type != "upnpd" {
			continue
		}
		r.PortMap = PortMap{
			Enabled:   s.Text("enabled") == "" || isOn(s.Text("enabled")),
			LeaseFile: cmp.Or(s.Text("lease_file"), s.Text("upnp_lease_file"), "/var/run/miniupnpd.leases"),
		}
		r.PortMap.LeaseFile6 = r.PortMap.LeaseFile + "-ipv6"
		return
	}
}
