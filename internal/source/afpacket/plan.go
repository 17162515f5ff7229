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
	own       []link.MAC // for bridgePort
	up        bool       // frames can be expected
}

// tapID is what makes a tap another one: a device that was deleted and made
// again has another index, and a ring is bound to its first.
type tapID struct {
	point int // index into Config.Interfaces
	index int // of the device
}

// plan says what has to be captured for the interface at point in the state the
// kernel is in. A note tells the user what is missing.
func plan(point int, want Interface, s *link.State) (taps []tap, note string) {
	dev, ok := s.ByName(want.Device)
	if !ok {
		return nil, fmt.Sprintf("%s does not exist; waiting for it", want.Device)
	}
	if want.Ports && dev.Kind == "bridge" {
		return planPorts(point, dev, s)
	}
	t, ok := newTap(point, dev)
	switch {
	case !ok:
		return nil, fmt.Sprintf("%s has hardware type %d, which cannot be captured", dev.Name, dev.Type)
	case !dev.Up:
		note = fmt.Sprintf("%s is down", dev.Name)
	}
	return []tap{t}, note
}

// planPorts plans the ports of a bridge and, for what the router sends to groups,
// the bridge itself.
func planPorts(point int, bridge link.Link, s *link.State) (taps []tap, note string) {
	own := s.MACs(bridge.Index)
	if len(own) > maxOwnMACs {
		note = fmt.Sprintf("%s has %d hardware addresses; what the router sends from all but %d of them is not counted",
			bridge.Name, len(own), maxOwnMACs)
		own = own[:maxOwnMACs]
	}
	for _, port := range s.Ports(bridge.Index) {
		if t, ok := newTap(point, port); ok && t.link == packet.LinkEthernet {
			t.direction, t.own = bridgePort, own
			taps = append(taps, t)
		}
	}
	if len(taps) == 0 {
		return nil, fmt.Sprintf("bridge %s has no ports; waiting for one", bridge.Name)
	}
	if t, ok := newTap(point, bridge); ok {
		t.direction = bridgeGroup
		taps = append(taps, t)
	}
	if !bridge.Up {
		note = fmt.Sprintf("%s is down", bridge.Name)
	}
	return taps, note
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
	return t.direction == o.direction && slices.Equal(t.own, o.own)
}
