package daemon

import (
	"slices"

	"weir/internal/device"
	"weir/internal/packet"
	"weir/uci"
)

// namedDevices returns the devices that weir's configuration names and, after
// them, those that only the router's own files do (config host of dhcp).
func namedDevices(cfg *uci.Config) []device.Named {
	var named []device.Named
	taken := make(map[packet.MAC]bool)
	add := func(n device.Named) {
		if n.Name == "" || slices.ContainsFunc(n.MACs, func(m packet.MAC) bool { return taken[m] }) {
			return
		}
		for _, m := range n.MACs {
			taken[m] = true
		}
		named = append(named, n)
	}
	for i := range cfg.Devices {
		c := &cfg.Devices[i]
		add(device.Named{Name: c.Name, MACs: macs(c.MACs), IPs: c.IPs})
	}
	for i := range cfg.Router.Hosts {
		h := &cfg.Router.Hosts[i]
		if len(h.MACs) > 0 {
			add(device.Named{Name: h.Name, MACs: macs(h.MACs)})
		}
	}
	return named
}

func macs(in []uci.MAC) []packet.MAC {
	out := make([]packet.MAC, len(in))
	for i, m := range in {
		out[i] = packet.MAC(m)
	}
	return out
}
