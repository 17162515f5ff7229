package daemon

import (
	"slices"

	"weir/internal/device"
	"weir/internal/packet"
	"weir/uci"
)

// namedDevices returns the devices that weir's configuration names, or makes
// private, and, after them, those that only the router's own files name (config
// host of dhcp).
func namedDevices(cfg *uci.Config) []device.Named {
	var named []device.Named
	taken := make(map[packet.MAC]bool)
	add := func(n device.Named) {
		if n.Name == "" && !n.Private && !n.Hidden && n.Type == device.NoType && len(n.MACs) < 2 || slices.ContainsFunc(n.MACs, func(m packet.MAC) bool { return taken[m] }) {
			return
		}
		for _, m := range n.MACs {
			taken[m] = true
		}
		named = append(named, n)
	}
	for i := range cfg.Devices {
		c := &cfg.Devices[i]
		n := device.Named{Name: c.Name, Private: c.Private, Hidden: c.Hidden, MACs: macs(c.MACs), IPs: c.IPs}
		n.Type = typeOf(c.Type)
		if n.Name == "" {
			n.Name = hostName(&cfg.Router, c.MACs)
			n.Static = n.Name != ""
		}
		add(n)
	}
	for i := range cfg.Router.Hosts {
		h := &cfg.Router.Hosts[i]
		if len(h.MACs) > 0 {
			add(device.Named{Name: h.Name, Static: true, MACs: macs(h.MACs)})
		}
	}
	return named
}

// typeOf returns the type that a word of the configuration means, NoType for a word
// that only an icon goes by.
func typeOf(word string) device.Type {
	if word == "laptop" || word == "desktop" {
		return device.Computer
	}
	t, _ := device.ParseType(word)
	return t
}

// hostName returns the name that the router's own files give one of the hardware
// addresses, "" for none.
func hostName(r *uci.Router, of []uci.MAC) string {
	for i := range r.Hosts {
		h := &r.Hosts[i]
		if slices.ContainsFunc(h.MACs, func(m uci.MAC) bool { return slices.Contains(of, m) }) {
			return h.Name
		}
	}
	return ""
}

func macs(in []uci.MAC) []packet.MAC {
	out := make([]packet.MAC, len(in))
	for i, m := range in {
		out[i] = packet.MAC(m)
	}
	return out
}
