package engine

import (
	"bytes"
	"strings"

	"weir/internal/device"
	"weir/internal/dpi"
	"weir/internal/flow"
	"weir/internal/packet"
)

// segmentAt returns the network and zone that an end of a flow is in: of what is
// outside, those of the uplink that leads there.
func (e *Engine) segmentAt(f *flow.Flow, conn *flow.Conn, a *packet.Addr) Segment {
	switch e.scopeOf(a) {
	case device.Local:
		return e.feed.segments[e.pointAt(f, a).name]
	case device.Router:
		return Segment{Zone: RouterZone}
	case device.Remote:
		if number := e.wayOf(f, conn); number != 0 {
			u := &e.uplinks[number-1]
			return Segment{Network: u.Name, Zone: u.Zone}
		}
	}
	return Segment{}
}

// wayOf returns the number of the uplink that a flow takes, 0 for none.
func (e *Engine) wayOf(f *flow.Flow, conn *flow.Conn) uint8 {
	if conn != nil {
		return conn.Uplink
	}
	number, _ := e.uplinkOf(f)
	return number
}

// segmentOf returns the network and zone that a host is in. Of one outside they are
// not known: it may be reached by any uplink.
func (e *Engine) segmentOf(h *device.Host) Segment {
	switch h.Scope {
	case device.Local:
		point := h.Point
		if i, ok := e.nets.Point(&h.Addr); ok && int(i) < len(e.points) {
			point = i
		}
		return e.feed.segments[e.points[point].name]
	case device.Router:
		return Segment{Zone: RouterZone}
	}
	return Segment{}
}

// segmentWhere returns the network and zone that a device was last seen in.
func (e *Engine) segmentWhere(d *device.Device) Segment {
	if int(d.Point) >= len(e.points) || d.First == 0 {
		return Segment{}
	}
	return e.feed.segments[e.points[d.Point].name]
}

// placed reports whether a network or a zone is asked for.
func (m *matcher) placed() bool { return m.Network != "" || m.Zone != "" }

// passes reports whether a segment is the one that is asked for.
func (m *matcher) passes(s Segment) bool {
	return (m.Network == "" || s.Network == m.Network) && (m.Zone == "" || s.Zone == m.Zone)
}

// segments checks where the ends of a flow are: one of them must be in the network
// and zone, and one of that scope.
func (m *matcher) segments(f *flow.Flow) bool {
	if !m.placed() && m.Scope == "" {
		return true
	}
	conn := m.e.table.Conn(f)
	place, scope := !m.placed(), m.Scope == ""
	for _, a := range m.e.ends(f, conn) {
		place = place || m.passes(m.e.segmentAt(f, conn, a))
		scope = scope || m.e.scopeOf(a).String() == m.Scope
	}
	return place && scope
}

// asked is a name that clients asked for: a handle, and where that is from.
type asked struct {
	host uint32
	by   uint8
}

// callsServer reports whether the host of a flow's label is the server's name: that of
// a question to a resolver is not.
func callsServer(l *flow.Label) bool {
	switch dpi.Protocol(l.Protocol) {
	case dpi.DNS, dpi.MDNS, dpi.LLMNR:
		return false
	}
	return true
}

// askedNames returns what clients asked for who have live flows, by the addresses of
// the servers: names of content before those of answers.
func (e *Engine) askedNames() map[packet.Addr]asked {
	names := make(map[packet.Addr]asked)
	for f, l := range e.table.Labels {
		if l.Host == 0 || !callsServer(l) {
			continue
		}
		a := *f.Key.Addr(f.Client().Other())
		if was, ok := names[a]; !ok || l.HostBy < was.by {
			names[a] = asked{l.Host, l.HostBy}
		}
	}
	return names
}

// hostName returns what people know a host by, in lower case, nil for nothing: its
// device's name, else what was asked for, else what its owner calls it. names are
// those of askedNames.
func (e *Engine) hostName(h *device.Host, names map[packet.Addr]asked) []byte {
	if h.Device != nil && h.Device.Name != "" {
		return []byte(strings.ToLower(h.Device.Name))
	}
	if a, ok := names[h.Addr]; ok {
		return bytes.ToLower(e.naming.text(a.host))
	}
	return bytes.ToLower(e.naming.text(e.naming.names.Reverse.Name(&h.Addr)))
}
