package engine

import (
	"weir/internal/device"
	"weir/internal/flow"
	"weir/internal/packet"
)

// learn ties the sender's hardware address to its IP address: a local address
// belongs to the device that sends from it. f is the flow that the packet began, nil
// for none. Who is seen outside of the house is not of it.
func (e *Engine) learn(p *packet.Packet, f *flow.Flow) {
	if e.wanSide(p.Iface) {
		return
	}
	t := p.Time / 1000
	d := e.devices.Seen(p.SrcMAC, p.Iface, p.VLAN, t)
	if d == nil || unspecified(&p.Src) {
		return
	}
	scope := e.nets.Scope(&p.Src)
	if scope == device.Remote && !firstHop(p.TTL) {
		d.Router = true // it forwards what others sent
		return
	}
	if scope == device.Router {
		d.Router = true
	}
	if !scope.House() && (!e.nets.Guessed || d.Router) {
		return
	}
	h := e.hosts.Seen(&p.Src, e.nets, p.Iface, t)
	if h == nil || d.Router && scope != device.Router && h.Device != nil && h.Device.ID != 0 {
		return // forwarded from another network of the house, whose device is known
	}
	h.OnLink()
	e.give(h, d, f, t)
	if firstHop(p.TTL) {
		h.Home(p.Iface)
	}
}

// firstHop reports whether a packet with that time to live was forwarded by
// nobody yet: hosts send with one of three values and every router takes one off.
func firstHop(ttl uint8) bool { return ttl == 64 || ttl == 128 || ttl == 255 }

// unspecified reports whether the sender has no address yet.
func unspecified(a *packet.Addr) bool {
	return *a == packet.Addr{} || a.Is4() && a[12]|a[13]|a[14]|a[15] == 0
}

// Neighbours ties addresses to hardware addresses as the kernel's neighbour
// tables do, at the time now in microseconds since the Unix epoch: where packets
// do not tell whose they are, connection tracking alone cannot. An address of
// this machine tells that the hardware address is this machine's, too.
//
// The kernel remembers who left long ago. So a neighbour is known, but it is not
// there because of that: only what it sends and receives makes a device online.
func (e *Engine) Neighbours(batch []device.Neighbour, now int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range batch {
		n := &batch[i]
		scope := e.nets.Scope(&n.Addr)
		if !scope.House() || int(n.Point) >= len(e.points) || scope != device.Router && e.wanSide(n.Point) {
			continue
		}
		d := e.devices.Known(n.MAC, n.Point, now)
		if d == nil {
			continue
		}
		if scope == device.Router {
			d.Router = true
		}
		h := e.hosts.Find(&n.Addr)
		if h == nil {
			h = e.hosts.Seen(&n.Addr, e.nets, n.Point, now)
		}
		if h != nil {
			e.give(h, d, nil, now)
		}
		d.Tell(device.FromNeighbour, []byte(e.points[n.Point].name), now)
	}
}
