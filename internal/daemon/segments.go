package daemon

import (
	"net/netip"
	"slices"

	"weir/internal/engine"
	"weir/internal/packet"
	"weir/uci"
)

// segments tells the engine what is behind its observation points, and which
// group each device is in, as far as the configuration knows.
func (d *Daemon) segments() {
	cfg := d.config.Load()
	d.mu.Lock()
	all := d.watched
	d.mu.Unlock()
	named := make(map[string]engine.Segment, len(all))
	for _, w := range all {
		named[w.name] = engine.Segment{Network: w.name, Zone: zoneOf(cfg, w.name)}
	}
	d.engine.SetSegments(named)
	d.regroup()
}

// zoneOf returns the firewall zone of a network, "" for none.
func zoneOf(cfg *uci.Config, network string) string {
	for i := range cfg.Router.Zones {
		if z := &cfg.Router.Zones[i]; slices.Contains(z.Networks, network) {
			return z.Name
		}
	}
	return ""
}

// regroup tells the engine which group each device is in. It follows devices that
// come and get addresses.
func (d *Daemon) regroup() {
	cfg := d.config.Load()
	if len(cfg.Pools) == 0 && !slices.ContainsFunc(cfg.Devices, func(c uci.Device) bool { return c.Pool != "" }) {
		d.engine.SetPools(nil)
		return
	}
	devices := d.engine.Kept()
	pools := poolsOf(cfg, devices)
	ids := make(map[uint32]string, len(pools))
	for i := range devices {
		if name := pools[devices[i].Key]; name != "" {
			ids[devices[i].ID] = name
		}
	}
	d.engine.SetPools(ids)
}

// poolsOf returns the names of the groups that devices are in, by the devices'
// keys: the one that the device's own section gives, or else the first that has
// one of its addresses.
func poolsOf(cfg *uci.Config, devices []engine.DeviceRow) map[string]string {
	pools := make(map[string]string)
	for i := range devices {
		r := &devices[i]
		if name := ownPool(cfg, r); name != "" {
			pools[r.Key] = name
			continue
		}
		for j := range cfg.Pools {
			p := &cfg.Pools[j]
			if slices.ContainsFunc(r.IPs, func(ip netip.Addr) bool { return inside(p.Networks, ip) }) {
				pools[r.Key] = poolName(p)
				break
			}
		}
	}
	return pools
}

// ownPool returns the group that the configuration puts a device into itself.
func ownPool(cfg *uci.Config, r *engine.DeviceRow) string {
	for i := range cfg.Devices {
		c := &cfg.Devices[i]
		if c.Pool == "" {
			continue
		}
		mac := slices.ContainsFunc(macs(c.MACs), func(m packet.MAC) bool { return hasMAC(r, m) })
		if mac || slices.ContainsFunc(c.IPs, func(ip netip.Addr) bool { return slices.Contains(r.IPs, ip) }) {
			return named(cfg, c.Pool)
		}
	}
	return ""
}

// hasMAC reports whether a device, or what it was found to be, too, has a hardware
// address.
func hasMAC(r *engine.DeviceRow, m packet.MAC) bool {
	return slices.Contains(r.MACs, m) ||
		slices.ContainsFunc(r.Members, func(o engine.MemberRow) bool { return slices.Contains(o.MACs, m) })
}

// named returns what the group in the section id is called.
func named(cfg *uci.Config, id string) string {
	for i := range cfg.Pools {
		if p := &cfg.Pools[i]; p.ID == id {
			return poolName(p)
		}
	}
	return id
}

func poolName(p *uci.Pool) string {
	if p.Name != "" {
		return p.Name
	}
	return p.ID
}

func inside(prefixes []netip.Prefix, ip netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(ip) })
}
