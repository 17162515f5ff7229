package afpacket

import (
	"fmt"
	"slices"

	"weir/internal/link"
	"weir/internal/packet"
)

// tap is one device to be captured for an observation point.
type tap struct {
	id        tapID
	device    string
	link      packet.LinkType
	direction direction
	own       []link.MAC // the router's addresses, for bridgePort and in hybrid mode
	vlan      vlanRule
	up        bool // frames can be expected
}

// tapID is what makes a tap another one: a device that was deleted and made
// again has another index, and a ring is bound to its first.
type tapID struct {
	point int // index into Config.Interfaces
	index int // of the device
}

// planner says what has to be captured in the state the kernel is in.
type planner struct {
	cfg   Config
	state *link.State
}

// plan says so for the interface at point. A note tells the user what is missing.
func (p planner) plan(point int) (taps []tap, note string) {
	want := p.cfg.Interfaces[point]
	dev, ok := p.state.ByName(want.Device)
	if !ok {
		return nil, fmt.Sprintf("%s does not exist; waiting for it", want.Device)
	}
	if want.Ports {
		if bridge, vlan, ok := p.bridge(dev, want.VLAN); ok {
			return p.planPorts(point, dev, bridge, vlan)
		}
	}
	t, ok := newTap(point, dev)
	switch {
	case !ok:
		return nil, fmt.Sprintf("%s has hardware type %d, which cannot be captured", dev.Name, dev.Type)
	case !dev.Up:
		note = fmt.Sprintf("%s is down", dev.Name)
	}
	t.vlan = vlanOf(want.VLAN, p.childVLANs(dev, want.VLAN), p.vlansOf(dev, dev))
	if p.cfg.Hybrid && t.link == packet.LinkEthernet {
		// Frames for the router come to a port with the address of its bridge.
		router := dev
		if over, ok := p.state.ByIndex(dev.Master); ok {
			router = over
		}
		t.own, note = p.own(router, note)
	}
	return []tap{t}, note
}

// bridge returns the bridge that dev is or is a VLAN of, and the VLAN.
func (p planner) bridge(dev link.Link, vlan uint16) (link.Link, uint16, bool) {
	if dev.Kind == "vlan" {
		if parent, ok := p.state.ByIndex(dev.Parent); ok && parent.Kind == "bridge" {
			return parent, dev.VLAN, true
		}
	}
	return dev, vlan, dev.Kind == "bridge"
}

// planPorts plans the ports of a bridge, or one VLAN of them, and for what only the
// bridge tells once the bridge itself. dev is what was asked for.
func (p planner) planPorts(point int, dev, bridge link.Link, vlan uint16) (taps []tap, note string) {
	own, note := p.own(bridge, "")
	except := p.childVLANs(bridge, vlan)
	for _, port := range p.state.Ports(bridge.Index) {
		if t, ok := newTap(point, port); ok && t.link == packet.LinkEthernet {
			t.direction, t.own = bridgePort, own
			t.vlan = vlanOf(vlan, except, p.vlansOf(port, bridge))
			taps = append(taps, t)
		}
	}
	if len(taps) == 0 {
		return nil, fmt.Sprintf("bridge %s has no ports; waiting for one", bridge.Name)
	}
	if t, ok := newTap(point, bridge); ok {
		t.direction = bridgeItself
		t.vlan = vlanOf(vlan, except, p.vlansOf(bridge, bridge))
		if p.cfg.Hybrid {
			t.own = own
		}
		taps = append(taps, t)
	}
	if !dev.Up {
		note = join(note, fmt.Sprintf("%s is down", dev.Name))
	}
	return taps, note
}

// own returns the router's hardware addresses at dev, as many as a filter holds.
// The device's own comes first, because most frames have that.
func (p planner) own(dev link.Link, note string) ([]link.MAC, string) {
	own, most, lost := p.state.MACs(dev.Index), maxOwnMACs, "what the router sends from all but %d of them is not counted"
	if p.cfg.Hybrid {
		most, lost = maxOwnMACsHybrid, "frames of all but %d of them count as not the router's, and a second time"
	}
	if i := slices.Index(own, dev.MAC); i > 0 {
		own = slices.Concat(own[i:i+1], own[:i], own[i+1:])
	}
	if len(own) > most {
		note = join(note, fmt.Sprintf("%s has %d hardware addresses; "+lost, dev.Name, len(own), most))
		own = own[:most]
	}
	return own, note
}

// childVLANs returns the VLANs of dev that other points capture, in ascending
// order: their frames pass dev, too. Of a device stacked higher only what is
// right above dev is known.
func (p planner) childVLANs(dev link.Link, own uint16) (vids []uint16) {
	if own != 0 {
		return nil
	}
	for _, c := range p.cfg.Interfaces {
		l, ok := p.state.ByName(c.Device)
		switch {
		case ok && l.Kind == "vlan" && l.Parent == dev.Index:
			vids = append(vids, l.VLAN)
		case ok && l.Index == dev.Index && c.VLAN != 0:
			vids = append(vids, c.VLAN)
		}
	}
	slices.Sort(vids)
	return slices.Compact(vids)
}

// vlansOf returns the VLANs that the bridge gives to frames of dev, none unless
// it filters them.
func (p planner) vlansOf(dev, bridge link.Link) []link.PortVLAN {
	if !bridge.VLANFiltering {
		return nil
	}
	return p.state.PortVLANs(dev.Index)
}

// newTap reports false for hardware whose frames weir cannot read.
func newTap(point int, l link.Link) (tap, bool) {
	t := tap{id: tapID{point, l.Index}, device: l.Name, up: l.Up}
	switch l.Type {
	case link.TypeEthernet:
		t.link = packet.LinkEthernet
	case link.TypeLoopback:
		t.link, t.direction = packet.LinkEthernet, receiveOnly
	case link.TypePPP, link.TypeNone, link.TypeRawIP, link.TypeTunnel, link.TypeTunnel6, link.TypeSIT:
		// These show packet sockets no link header in either direction.
		t.link = packet.LinkRaw
	default:
		return tap{}, false
	}
	return t, true
}

// same reports whether the ring opened for t serves o as it is, but perhaps for
// its filter.
func (t tap) same(o tap) bool { return t.id == o.id && t.device == o.device && t.link == o.link }

// sameFilter reports whether t and o pass the same frames.
func (t tap) sameFilter(o tap) bool {
	return t.direction == o.direction && slices.Equal(t.own, o.own) && t.vlan.same(o.vlan)
}

// join puts notes one after the other.
func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
