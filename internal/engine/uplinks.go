package engine

import (
	"net/netip"

	"weir/internal/device"
	"weir/internal/flow"
	"weir/internal/packet"
)

// uplink is an Uplink and what was counted over it.
type uplink struct {
	Uplink
	sums      UplinkRow
	families  [2]bool // by family: it has an address
	global    [2]bool // and one that the world can reach
	linkLocal bool    // it has an IPv6 address for the link alone
}

// note learns from one of the uplink's addresses.
func (u *uplink) note(a *packet.Addr) {
	ip, fam := a.IP(), family(a)
	if ip.IsLinkLocalUnicast() {
		u.linkLocal = u.linkLocal || fam == ipv6
		return
	}
	u.families[fam] = true
	u.global[fam] = u.global[fam] || public(ip)
}

// SetUplinks says which ways out there are from now on. What was counted for an
// uplink of the same name goes on.
func (e *Engine) SetUplinks(all []Uplink) {
	e.mu.Lock()
	defer e.mu.Unlock()
	before := e.uplinks
	e.uplinks = make([]uplink, 0, min(len(all), MaxUplinks))
	for _, u := range all[:min(len(all), MaxUplinks)] {
		next := uplink{Uplink: u, sums: UplinkRow{Name: u.Name}}
		if old := findUplink(before, u.Name); old != 0 {
			next.sums = before[old-1].sums
		}
		for i := range u.Addrs {
			next.note(&u.Addrs[i])
		}
		e.uplinks = append(e.uplinks, next)
	}
	for _, f := range e.table.All {
		conn := e.table.Conn(f)
		if conn == nil {
			continue
		}
		was := conn.Uplink
		orig, reply := conn.Orig(f), conn.Reply(f)
		if conn.Uplink = e.wayOut(&orig, &reply); conn.Uplink == 0 && was != 0 {
			conn.Uplink = findUplink(e.uplinks, before[was-1].Name)
		}
	}
}

// findUplink returns the number of the uplink called name, from 1, or 0.
func findUplink(all []uplink, name string) uint8 {
	for i := range all {
		if all[i].Name == name {
			return uint8(i + 1)
		}
	}
	return 0
}

// public reports whether the world can reach an address.
func public(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !carrierNAT.Contains(ip)
}

// carrierNAT is what providers hand out where they translate addresses (RFC 6598).
var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

// The families of addresses.
const (
	ipv4 = iota
	ipv6
)

func family(a *packet.Addr) int {
	if a.Is4() {
		return ipv4
	}
	return ipv6
}

// Uplinks returns what was counted over each uplink, in the order of SetUplinks.
func (e *Engine) Uplinks() []UplinkRow {
	e.mu.Lock()
	defer e.mu.Unlock()
	rows := make([]UplinkRow, len(e.uplinks))
	for i := range rows {
		rows[i] = e.uplinks[i].sums
		if rows[i].At = e.now; e.recording {
			rows[i].At = e.swept
		}
	}
	return rows
}

// wayOut returns the number of the uplink that a connection takes, 0 for none. Its
// translated address tells, or an end that is this machine on an uplink; else it
// is the one uplink that can be meant, if there is but one.
func (e *Engine) wayOut(orig, reply *flow.Tuple) uint8 {
	if len(e.uplinks) == 0 {
		return 0
	}
	client, server := e.nets.Scope(&orig.Src), e.nets.Scope(&reply.Src)
	if client.House() == server.House() {
		return 0 // within the house, or past it
	}
	outside, inside := &reply.Dst, &orig.Src
	if !client.House() {
		outside, inside = &orig.Dst, &reply.Src
	}
	for i := range e.uplinks {
		for j := range e.uplinks[i].Addrs {
			if e.uplinks[i].Addrs[j] == *outside {
				return uint8(i + 1)
			}
		}
	}
	return e.onlyWay(inside, *outside == *inside)
}

// onlyWay returns the number of the one uplink that packets of an address inside
// can take, 0 when there are several. It has addresses of the same family, and a
// public one where nobody translates a public address inside: the world would not
// find the way back. Where none has, as when only a prefix was delegated, it is
// one that speaks IPv6 at all.
func (e *Engine) onlyWay(inside *packet.Addr, plain bool) uint8 {
	if len(e.uplinks) == 1 {
		return 1
	}
	fam := family(inside)
	needsPublic := plain && public(inside.IP())
	var found, speaks uint8
	var n, speakers int
	for i := range e.uplinks {
		u := &e.uplinks[i]
		if u.families[fam] && (u.global[fam] || !needsPublic) {
			found, n = uint8(i+1), n+1
		}
		if u.linkLocal && fam == ipv6 {
			speaks, speakers = uint8(i+1), speakers+1
		}
	}
	switch {
	case n == 1:
		return found
	case n == 0 && speakers == 1:
		return speaks
	}
	return 0
}

// cross adds what a connection counted to its uplink. out is the index of what
// left the house.
func (e *Engine) cross(number uint8, out int, packets, bytes *[2]uint64, router bool) {
	u := &e.uplinks[number-1].sums
	u.Packets.Tx += packets[out]
	u.Packets.Rx += packets[1-out]
	u.Bytes.Tx += bytes[out]
	u.Bytes.Rx += bytes[1-out]
	if router {
		u.Router.Tx += bytes[out]
		u.Router.Rx += bytes[1-out]
	}
}

// passed adds what packets counted to the uplink that they took. Where the uplink
// itself is watched, only what was seen there counts, and who of the house sent it
// is not known; elsewhere the flows of the house are what is known of it.
func (e *Engine) passed(f *flow.Flow, c *flow.Change) {
	number, out := e.uplinkOf(f)
	if number == 0 {
		return
	}
	u := &e.uplinks[number-1]
	if f.Key.Point != u.Point && int(u.Point) < len(e.points) && e.points[u.Point].wire > 0 {
		return
	}
	e.cross(number, int(out), &c.Packets, &c.Bytes, false)
}

// uplinkOf returns the number of the uplink that a flow takes, 0 for none, and
// its end in the house.
func (e *Engine) uplinkOf(f *flow.Flow) (number uint8, house flow.End) {
	if conn := e.table.Conn(f); conn != nil {
		return conn.Uplink, f.Client()
	}
	a, b := e.scopeOf(&f.Key.AddrA), e.scopeOf(&f.Key.AddrB)
	switch {
	case a.House() && b == device.Remote:
		house = flow.A
	case b.House() && a == device.Remote:
		house = flow.B
	default:
		return 0, flow.A
	}
	orig := flow.Tuple{Src: *f.Key.Addr(house), Dst: *f.Key.Addr(house.Other())}
	reply := orig.Inverted()
	return e.wayOut(&orig, &reply), house
}

// uplinkName returns the name of an uplink by its number.
func (e *Engine) uplinkName(number uint8) string {
	if number == 0 {
		return ""
	}
	return e.uplinks[number-1].Name
}
