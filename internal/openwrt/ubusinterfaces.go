package openwrt

import (
	"context"
	"net/netip"
	"time"

	"weir/internal/ubus"
)

// Interface is a logical interface of netifd, such as lan, wan or wan6.
type Interface struct {
	Name     string
	Device   string // that carries its IP, such as br-lan or pppoe-wan; empty while it is down
	Below    string // what it is made on, such as eth1; mostly the same
	Proto    string // static, dhcp, pppoe …
	Zone     string // of the firewall, where netifd was told
	Up       bool
	Dynamic  bool // made by a protocol, not by /etc/config/network
	Uptime   time.Duration
	Addrs    []netip.Prefix // with the bits of their network
	Assigned []netip.Prefix // parts of delegated prefixes that it has, with its own address
	Received []netip.Prefix // prefixes delegated to it
	Gateways []netip.Addr   // of its default routes
	DNS      []netip.Addr
}

// Interfaces returns netifd's interfaces, in its order.
func Interfaces(ctx context.Context, c Caller) ([]Interface, error) {
	reply, err := ask(ctx, c, "network.interface", "dump", nil)
	if err != nil {
		return nil, err
	}
	var all []Interface
	for f := range fields(reply.Msg("interface")) {
		if m := f.Msg(); m.Text("interface") != "" {
			all = append(all, readInterface(m))
		}
	}
	return all, nil
}

func readInterface(m ubus.Msg) Interface {
	i := Interface{
		Name: cleanText(m.Text("interface")), Device: cleanText(m.Text("l3_device")), Below: cleanText(m.Text("device")),
		Proto: cleanText(m.Text("proto")), Zone: cleanText(m.Msg("data").Text("zone")), Up: m.Bool("up"), Dynamic: m.Bool("dynamic"),
	}
	if i.Up {
		i.Uptime = max(0, timeLeft(m, "uptime"))
	}
	i.Addrs = appendPrefixes(appendPrefixes(nil, m.Msg("ipv4-address")), m.Msg("ipv6-address"))
	i.Received = appendPrefixes(nil, m.Msg("ipv6-prefix"))
	for f := range fields(m.Msg("ipv6-prefix-assignment")) {
		p, err := prefixOf(f.Msg().Msg("local-address"))
		if err != nil {
			p, err = prefixOf(f.Msg()) // it has no address of its own there
		}
		if err == nil {
			i.Assigned = append(i.Assigned, p)
		}
	}
	for f := range fields(m.Msg("route")) {
		r := f.Msg()
		target, err := netip.ParseAddr(r.Text("target"))
		bits, ok := r.Int("mask")
		if err != nil || !target.IsUnspecified() || !ok || bits != 0 {
			continue
		}
		// A point-to-point line has 0.0.0.0 there: no gateway.
		if a, err := netip.ParseAddr(r.Text("nexthop")); err == nil && !a.IsUnspecified() {
			i.Gateways = append(i.Gateways, a)
		}
	}
	for f := range fields(m.Msg("dns-server")) {
		if a, err := netip.ParseAddr(f.Text()); err == nil {
			i.DNS = append(i.DNS, a)
		}
	}
	return i
}

func appendPrefixes(dst []netip.Prefix, list ubus.Msg) []netip.Prefix {
	for f := range fields(list) {
		if p, err := prefixOf(f.Msg()); err == nil {
			dst = append(dst, p)
		}
	}
	return dst
}
