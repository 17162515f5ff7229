package daemon

import (
	"os"
	"slices"
	"time"

	"weir/internal/engine"
	"weir/internal/openwrt"
	"weir/internal/packet"
	"weir/uci"
)

// stamp is what tells that a file was written again. It is zero for none.
type stamp struct {
	path     string
	modified time.Time
	size     int64
}

// stampOf looks at a file. One that cannot be looked at has no stamp but its
// path; reading it tells why.
func stampOf(path string) stamp {
	s := stamp{path: path}
	if path == "" {
		return s
	}
	if info, err := os.Stat(path); err == nil {
		s.modified, s.size = info.ModTime(), info.Size()
	}
	return s
}

// leases are the ports that programs in the house asked for, as miniupnpd wrote
// them down.
type leases struct {
	stamps [2]stamp // over IPv4 and IPv6
	all    []openwrt.PortLease
}

// look reads the files again when they are others or have changed, and reports
// whether it did.
func (l *leases) look(cfg *uci.Config) (changed bool, err error) {
	var now [2]stamp
	var paths []string
	if m := &cfg.Router.PortMap; m.Enabled {
		now = [2]stamp{stampOf(m.LeaseFile), stampOf(m.LeaseFile6)}
	}
	if now == l.stamps {
		return false, nil
	}
	for _, s := range now {
		if s.path != "" {
			paths = append(paths, s.path)
		}
	}
	found, err := openwrt.ReadPortLeases(paths...)
	l.stamps, l.all = now, found.Leases
	return true, err
}

// remap tells the engine which ports lead into the house. It reads leases again
// when their files have changed; without that it has nothing to tell unless asked
// to anyway.
func (d *Daemon) remap(anyway bool) {
	d.mapping.Lock()
	defer d.mapping.Unlock()
	cfg := d.config.Load()
	changed, err := d.leases.look(cfg)
	if err != nil {
		d.log.Warn("the ports that programs opened are not known", "error", err)
	}
	if changed || anyway {
		d.mu.Lock()
		prefixes := d.prefixes()
		d.mu.Unlock()
		d.engine.SetMappings(mappings(cfg, prefixes, d.leases.all))
	}
}

// mappings returns the ports that lead into the house: the firewall's redirects
// and openings from outside, then leases. prefixes are the networks of the house.
func mappings(cfg *uci.Config, prefixes []placed, asked []openwrt.PortLease) []engine.Mapping {
	var all []engine.Mapping
	add := func(m engine.Mapping, protos []uint8, target packet.Addr) {
		m.Target = target
		if m.First == 0 && m.Last == 1<<16-1 { // all of them
			m.Last = 0
		}
		if len(protos) == 0 {
			protos = []uint8{protoTCP, protoUDP} // of all, those that have ports
		}
		for _, m.Proto = range protos {
			all = append(all, m)
		}
	}
	zones := append(cfg.UplinkZones(), "*")
	for i := range cfg.Router.Redirects {
		if r := &cfg.Router.Redirects[i]; r.Enabled && r.Target.IsValid() && slices.Contains(zones, r.Src) {
			add(engine.Mapping{Name: r.Name, OpenedBy: "redirect", First: r.First, Last: r.Last,
				TargetPort: r.TargetPort}, r.Proto, packet.AddrOf(r.Target))
		}
	}
	for i := range cfg.Router.Openings { // from an uplink, all of them
		o := &cfg.Router.Openings[i]
		if !o.Enabled {
			continue
		}
		for _, target := range targets(&o.Target, prefixes) {
			add(engine.Mapping{Name: o.Name, OpenedBy: "rule", First: o.First, Last: o.Last, Family: o.Family}, o.Proto, target)
		}
	}
	for i := range asked {
		add(leased(&asked[i]), []uint8{asked[i].Proto}, packet.AddrOf(asked[i].Target))
	}
	return all
}

// leased is the mapping of a lease, without protocol and target.
func leased(l *openwrt.PortLease) engine.Mapping {
	m := engine.Mapping{Name: l.Name, OpenedBy: "upnp", First: l.Outside, Last: l.Outside, TargetPort: l.TargetPort}
	if l.PCP {
		m.OpenedBy = "nat-pmp"
	}
	if l.TargetPort == 0 { // a pinhole for all ports
		m.First, m.Last = 0, 0
	}
	if !l.Expires.IsZero() {
		m.Expires = l.Expires.UnixMicro()
	}
	return m
}

// targets returns the hosts that a rule of the firewall opens: a single address,
// the zero one for any, or the end of an address that the firewall completes with
// whatever prefix the house has (::1/-64). A rule for a range names no host.
func targets(a *uci.Addresses, prefixes []placed) []packet.Addr {
	one, single := a.Single()
	switch {
	case !a.IsValid():
		return []packet.Addr{{}}
	case single:
		return []packet.Addr{packet.AddrOf(one)}
	case a.Not || a.Last.IsValid() || a.Family() != 6:
		return nil
	}
	var out []packet.Addr
	end, mask := a.Addr.As16(), a.Mask.As16()
	for _, p := range prefixes {
		first := p.prefix.Addr()
		if first.Is4() || !first.IsGlobalUnicast() || !completes(mask, p.prefix.Bits()) {
			continue
		}
		whole := packet.Addr(first.As16())
		for i := range whole {
			whole[i] |= end[i] & mask[i]
		}
		out = append(out, whole)
	}
	return out
}

// completes reports whether mask says all that the first bits of an address do
// not.
func completes(mask [16]byte, bits int) bool {
	for i, m := range mask {
		open := byte(0xff) // bits of this byte that the prefix leaves
		if n := bits - 8*i; n > 0 {
			open = byte(0xff >> min(n, 8))
		}
		if m != open {
			return false
		}
	}
	return true
}
