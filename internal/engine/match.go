package engine

import (
	"bytes"
	"net"
	"net/netip"
	"strings"

	"weir/internal/device"
	"weir/internal/flow"
	"weir/internal/packet"
)

// matcher is a Filter prepared for one query.
type matcher struct {
	Filter
	e        *Engine
	point    int // observation point, -1 for any
	mac      packet.MAC
	never    bool                  // nothing can match
	nameText string                // lower case
	text     string                // lower case
	pattern  []byte                // text
	hostText []byte                // lower case
	buf      []byte                // of inAddress
	asked    map[packet.Addr]asked // of hosts, where names are asked for
}

func (e *Engine) matcher(f Filter) *matcher {
	m := &matcher{Filter: f, e: e, point: -1,
		nameText: strings.ToLower(f.Name), text: strings.ToLower(f.Text)}
	m.Device = e.whole(f.Device)
	m.pattern, m.hostText = []byte(m.text), []byte(strings.ToLower(f.Host))
	if f.Interface != "" {
		i, ok := e.byName[f.Interface]
		m.point, m.never = int(i), !ok
	}
	if f.MAC != "" {
		hw, err := net.ParseMAC(f.MAC)
		if err != nil || len(hw) != len(m.mac) {
			m.never = true
		} else {
			m.mac = packet.MAC(hw)
		}
	}
	return m
}

// flow reports whether a flow passes. The cheap conditions come first.
func (m *matcher) flow(f *flow.Flow) bool {
	k := &f.Key
	switch {
	case m.never,
		m.point >= 0 && int(k.Point) != m.point,
		m.HasProto && k.Proto != m.Proto,
		m.VLAN != 0 && f.VLAN() != m.VLAN,
		m.Port != 0 && k.PortA != m.Port && k.PortB != m.Port,
		m.IPVersion != 0 && version(&k.AddrA) != m.IPVersion,
		m.MinBytes != 0 && f.Bytes(flow.A)+f.Bytes(flow.B) < m.MinBytes,
		m.MinDuration != 0 && f.Last-f.First < m.MinDuration,
		m.State != "" && m.e.table.State(f) != m.State,
		m.IP.IsValid() && !contains(m.IP, &k.AddrA) && !contains(m.IP, &k.AddrB):
		return false
	}
	return m.edge(f) && m.label(f) && m.ends(f) && m.segments(f) && m.place(f)
}

// place checks where the far end is.
func (m *matcher) place(f *flow.Flow) bool {
	if m.Country == ([2]byte{}) && m.ASN == 0 {
		return true
	}
	if m.e.cfg.Place == nil {
		return false
	}
	for at := flow.A; at <= flow.B; at++ {
		a := f.Key.Addr(at)
		if m.e.nets.Scope(a) != device.Remote {
			continue
		}
		country, asn := m.e.cfg.Place(*a)
		if (m.Country == [2]byte{} || country == m.Country) && (m.ASN == 0 || asn == m.ASN) {
			return true
		}
	}
	return false
}

// label checks how the flow is named.
func (m *matcher) label(f *flow.Flow) bool {
	if m.App == "" && m.Service == "" && m.Category == "" && m.Host == "" {
		return true
	}
	l := m.e.table.Label(f)
	return (m.App == "" || m.e.appName(l) == m.App) &&
		(m.Service == "" || m.e.protocolName(l) == m.Service) &&
		(m.Category == "" || m.e.categoryName(l) == m.Category) &&
		(m.Host == "" || bytes.Contains(m.e.naming.text(l.Host), m.hostText))
}

// edge checks how the flow is counted and how it passes the edge of the house.
func (m *matcher) edge(f *flow.Flow) bool {
	conn := m.e.table.Conn(f)
	if m.Source != "" && sourceOf(f, conn) != m.Source {
		return false
	}
	if m.Offload != "" && (conn == nil || conn.Status.Offload().String() != m.Offload) {
		return false
	}
	if m.Mapping != "" && (conn == nil || conn.Mapping == 0 || m.e.mappings[conn.Mapping-1].Name != m.Mapping) {
		return false
	}
	if m.Uplink == "" {
		return true
	}
	up, _ := m.e.uplinkOf(f)
	return m.e.uplinkName(up) == m.Uplink
}

// ends checks the conditions that need what is known of the flow's ends.
func (m *matcher) ends(f *flow.Flow) bool {
	if m.Dir != "" && m.e.direction(f) != m.Dir {
		return false
	}
	if m.Device == 0 && m.MAC == "" && m.nameText == "" && m.text == "" {
		return true
	}
	var dev, mac, name, text bool
	for _, a := range m.e.ends(f, m.e.table.Conn(f)) {
		var d *device.Device
		if h := m.e.hosts.Find(a); h != nil {
			d = h.Device
		}
		if d != nil {
			dev = dev || d.ID == m.Device
			mac = mac || d.HasMAC(m.mac)
			name = name || strings.Contains(strings.ToLower(d.Name), m.nameText)
			text = text || d.Name != "" && strings.Contains(strings.ToLower(d.Name), m.text)
		}
		text = text || m.inAddress(a)
	}
	text = text || m.inAddress(&f.Key.AddrA) || m.inAddress(&f.Key.AddrB)
	l := m.e.table.Label(f)
	host := m.e.naming.text(l.Host)
	name = name || bytes.Contains(host, []byte(m.nameText))
	text = text || m.text != "" && (strings.Contains(m.e.appName(l), m.text) ||
		strings.Contains(m.e.protocolName(l), m.text) || bytes.Contains(host, m.pattern))
	return (m.Device == 0 || dev) && (m.MAC == "" || mac) && (m.nameText == "" || name) && (m.text == "" || text)
}

// inAddress reports whether the text is part of an address as it is written.
func (m *matcher) inAddress(a *packet.Addr) bool {
	if m.text == "" {
		return false
	}
	m.buf = a.Append(m.buf[:0])
	return bytes.Contains(m.buf, m.pattern)
}

// direction says who opened a flow as the house sees it: "out" when somebody in
// the house did, "in" when somebody outside did, "local" when both ends are in
// the house, "" otherwise.
func (e *Engine) direction(f *flow.Flow) string {
	ends := e.ends(f, e.table.Conn(f))
	c, s := e.scopeOf(ends[f.Client()]), e.scopeOf(ends[f.Client().Other()])
	switch {
	case c.House() && s == device.Remote:
		return "out"
	case c == device.Remote && s != device.Remote:
		return "in"
	case c.House():
		return "local"
	}
	return ""
}

func (e *Engine) scopeOf(a *packet.Addr) device.Scope {
	if h := e.hosts.Find(a); h != nil {
		return h.Scope
	}
	return e.nets.Scope(a)
}

func version(a *packet.Addr) uint8 {
	if a.Is4() {
		return 4
	}
	return 6
}

func contains(p netip.Prefix, a *packet.Addr) bool { return p.Contains(a.IP()) }
