package engine

import "weir/internal/device"

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
		if !scope.House() || int(n.Point) >= len(e.points) {
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
			h.Move(d)
		}
	}
}
