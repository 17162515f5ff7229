package daemon

import (
	"slices"

	"weir/internal/engine"
	"weir/internal/link"
	"weir/internal/packet"
	"weir/uci"
)

// uplink is a way out of the house.
type uplink struct {
	name   string // of the network, or the device itself
	device string // that carries its IP packets
	lower  string // that carries the frames of its PPPoE session, "" for none
}

// uplinksOf returns the ways out, each device once: a network for IPv6 (wan6) is
// often the same link as the one for IPv4, and takes that one's name.
func uplinksOf(cfg *uci.Config) []uplink {
	var all []uplink
	for _, name := range cfg.Uplinks() {
		device, _ := cfg.Router.Resolve(name)
		taken := slices.ContainsFunc(all, func(u uplink) bool { return u.device == device })
		if device != "" && !taken {
			all = append(all, uplink{name, device, lowerOf(cfg, device)})
		}
	}
	return all
}

// ways returns the ways out: those of the configuration or, where it has none,
// the devices with a default route that are not themselves watched. A machine
// that watches its own only device has none, and one that only reads captures
// says nothing of its own.
func (d *Daemon) ways(cfg *uci.Config) []uplink {
	all := uplinksOf(cfg)
	if len(all) > 0 {
		return all
	}
	captured, _ := watchedOf(cfg)
	if len(captured) == 0 && len(filesOf(cfg)) > 0 {
		return nil
	}
	for _, device := range d.proc.defaultRoutes() {
		if !slices.ContainsFunc(captured, func(w watched) bool { return w.device == device }) {
			all = append(all, uplink{name: device, device: device})
		}
	}
	return all
}

// lowerOf returns what carries the frames of a PPPoE session.
func lowerOf(cfg *uci.Config, device string) string {
	for i := range cfg.Router.Networks {
		if n := &cfg.Router.Networks[i]; n.Device == device && n.Lower != "" {
			return n.Lower
		}
	}
	return ""
}

// namesOf returns the names of uplinks.
func namesOf(all []uplink) []string {
	out := make([]string, len(all))
	for i := range all {
		out[i] = all[i].name
	}
	return out
}

// nowhere is no observation point's number (source.MaxInterfaces).
const nowhere = 1<<8 - 1

// engineUplinks gives uplinks the addresses that this machine has on them and,
// where something can be counted there, their observation points: a row without
// anything in it would say that nothing passed. Called with mu held.
func (d *Daemon) engineUplinks(all []uplink) []engine.Uplink {
	var out []engine.Uplink
	for _, u := range all {
		e := engine.Uplink{Name: u.name, Point: nowhere, Zone: zoneOf(d.config.Load(), u.name)}
		captured := slices.ContainsFunc(d.watched, func(w watched) bool { return w.name == u.name })
		if captured || d.steady.mode != uci.ModePackets {
			point, err := d.engine.Interface(u.name)
			if err != nil {
				d.log.Error("an uplink has no row of its own", "error", err)
			} else {
				e.Point = point
			}
		}
		if l, ok := byName(d.links, u.device); ok {
			for _, a := range d.links.Addresses(l.Index) {
				e.Addrs = append(e.Addrs, packet.AddrOf(a.Prefix.Addr()))
			}
		}
		out = append(out, e)
	}
	return out
}

// linksOf is State.Links for a state that may be nil.
func linksOf(s *link.State) []link.Link {
	if s == nil {
		return nil
	}
	return s.Links()
}

// byName is State.ByName for a state that may be nil.
func byName(s *link.State, name string) (link.Link, bool) {
	if s == nil {
		return link.Link{}, false
	}
	return s.ByName(name)
}

// The protocols of tunnels by the kind of their device: of the packets that carry
// others. WireGuard's are UDP, on a port of its own.
var tunnelProtos = map[string][]uint8{
	"sit": {41}, "ip6tnl": {41, 4}, "ipip": {4}, "vti": {4}, "vti6": {41},
	"gre": {47}, "gretap": {47}, "ip6gre": {47}, "ip6gretap": {47}, "erspan": {47}, "ip6erspan": {47},
}

// IANA protocol numbers.
const (
	protoTCP = 6
	protoUDP = 17
)

// tunnels returns which outer flows carry the packets of the tunnels that are
// up. Each has the name under which it is watched, else that of its device.
// portOf tells the port of a WireGuard device.
func tunnels(links []link.Link, all []watched, portOf func(device string) uint16) []engine.Tunnel {
	var out []engine.Tunnel
	for _, l := range links {
		if !l.Up {
			continue // the kernel makes sit0, gre0 and others with their modules
		}
		name := l.Name
		if i := slices.IndexFunc(all, func(w watched) bool { return w.device == l.Name }); i >= 0 {
			name = all[i].name
		}
		for _, proto := range tunnelProtos[l.Kind] {
			out = append(out, engine.Tunnel{Name: name, Proto: proto})
		}
		if l.Kind == "wireguard" {
			if port := portOf(l.Name); port != 0 {
				out = append(out, engine.Tunnel{Name: name, Proto: protoUDP, Port: port})
			}
		}
	}
	return out
}

// wireGuardPort asks the kernel for the port of a WireGuard device, or else the
// configuration: asking takes a right that weir may lack. It is 0 where nobody
// knows.
func wireGuardPort(cfg *uci.Config) func(device string) uint16 {
	return func(device string) uint16 {
		if port, err := link.WireGuardPort(device); err == nil && port != 0 {
			return port
		}
		for i := range cfg.Router.Networks {
			if n := &cfg.Router.Networks[i]; n.Device == device && n.ListenPort != 0 {
				return n.ListenPort
			}
		}
		return 0
	}
}
