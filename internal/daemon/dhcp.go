package daemon

import (
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"time"

	"weir/internal/device"
	"weir/internal/openwrt"
	"weir/internal/packet"
	"weir/uci"
)

// etherFile has what dnsmasq reads beside its own configuration.
const etherFile = "/etc/ethers"

// elsewhere is where dnsmasq writes leases on machines that are no router of OpenWrt.
const elsewhere = "/var/lib/misc/dnsmasq.leases"

// tellLeases tells the engine whose addresses are. It reads what is written down when
// that has changed, and asks servers too, or reads anyway, if anyway is set.
func (d *Daemon) tellLeases(ctx context.Context, anyway bool) error {
	cfg := d.config.Load()
	files := leaseFiles(&cfg.Router)
	stamps := make([]stamp, 0, len(files)+2)
	for _, path := range append(files, cfg.Router.Leases.ODHCPD, d.whois.ethers) {
		stamps = append(stamps, stampOf(path))
	}
	if !anyway && cfg == d.whois.config && slices.Equal(stamps, d.whois.stamps) {
		return nil
	}
	d.whois.config, d.whois.stamps = cfg, stamps
	now := d.now()
	var all []device.Lease
	var errs []error
	add := func(leases []openwrt.DHCPLease, err error) {
		for i := range leases {
			all = append(all, leaseOf(&leases[i], now))
		}
		errs = append(errs, err)
	}
	for _, path := range files {
		found, err := openwrt.ReadDHCPLeases(path, now)
		add(found.Leases, err)
	}
	add(d.odhcpd(ctx, cfg.Router.Leases.ODHCPD, now))
	ethers, _, err := openwrt.ReadEthers(d.whois.ethers)
	all = append(append(all, etherLeases(ethers)...), hostLeases(cfg.Router.Hosts)...)
	d.engine.SetLeases(all, now.UnixMicro())
	return errors.Join(append(errs, err)...)
}

// leaseFiles returns where leases of dnsmasq may be.
func leaseFiles(r *uci.Router) []string {
	if len(r.Leases.Dnsmasq) == 0 {
		return []string{elsewhere}
	}
	return slices.Clone(r.Leases.Dnsmasq)
}

// odhcpd returns odhcpd's leases: those that it tells over ubus, or where it cannot be
// asked, those of its file.
func (d *Daemon) odhcpd(ctx context.Context, path string, now time.Time) ([]openwrt.DHCPLease, error) {
	if d.bus.reachable(ctx) {
		v4, err4 := openwrt.DHCPv4Leases(ctx, &d.bus)
		v6, err6 := openwrt.DHCPv6Leases(ctx, &d.bus)
		if all := append(v4, v6...); err4 == nil && err6 == nil && (len(all) > 0 || path == "") {
			return all, nil
		}
	}
	if path == "" {
		return nil, nil
	}
	found, err := openwrt.ReadODHCPDLeases(path, now)
	return found.Leases, err
}

// leaseOf turns a lease that a server gave out into the engine's.
func leaseOf(l *openwrt.DHCPLease, now time.Time) device.Lease {
	out := device.Lease{Kind: device.FromLease, MAC: l.MAC, Name: l.Name}
	if l.Left != openwrt.Forever {
		out.Expires = now.Add(l.Left).UnixMicro()
	}
	out.DUID, _ = hex.DecodeString(l.DUID)
	if id, _ := hex.DecodeString(l.ClientID); len(id) > 0 {
		client, duid := device.SplitClientID(id, l.MAC)
		out.ClientID = client
		if len(duid) > 0 {
			out.DUID = duid
		}
	}
	for _, a := range l.Addrs {
		out.Addrs = append(out.Addrs, packet.AddrOf(a))
	}
	return out
}

// etherLeases returns what /etc/ethers says.
func etherLeases(all []openwrt.Ether) []device.Lease {
	leases := make([]device.Lease, len(all))
	for i, e := range all {
		leases[i] = device.Lease{Kind: device.FromEthers, MAC: e.MAC, Name: e.Name}
		if e.Addr.IsValid() {
			leases[i].Addrs = []packet.Addr{packet.AddrOf(e.Addr)}
		}
	}
	return leases
}

// hostLeases returns which addresses are set up for whom. What they are called,
// namedDevices tells.
func hostLeases(hosts []uci.Host) []device.Lease {
	var leases []device.Lease
	for i := range hosts {
		h := &hosts[i]
		ip, err := netip.ParseAddr(h.IP)
		for _, m := range h.MACs {
			l := device.Lease{Kind: device.FromHost, MAC: packet.MAC(m)}
			if err == nil {
				l.Addrs = []packet.Addr{packet.AddrOf(ip)}
			}
			leases = append(leases, l)
		}
	}
	return leases
}
