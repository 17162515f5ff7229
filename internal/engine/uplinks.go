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
	zone      uint32  // series of its zone, 0 for none
	public    [2]bool // by family: it has an address that the world can reach
	private   [2]bool // and another one
	linkLocal bool    // it has an IPv6 address for the link alone
}

// note learns from one of the uplink's addresses.
func (u *uplink) note(a *packet.Addr) {
	ip, fam := a.IP(), family(a)
	if ip.IsLinkLocalUnicast() {
		u.linkLocal = u.linkLocal || fam == ipv6
		return
	}
	if public(ip) {
		u.public[fam] = true
	} else {
		u.private[fam] = true
	}
}

// known reports whether any address of the uplink is known.
func (u *uplink) known() bool {
	return u.public != [2]bool{} || u.private != [2]bool{} || u.linkLocal
}

// SetUplinks says which ways out there are from now on: at most MaxUplinks, each
// with a name of its own, in memory that is not written again. What was counted
// for an uplink of the same name goes on, and so do its connections.
func (e *Engine) SetUplinks(all []Uplink) {
	e.mu.Lock()
	defer e.mu.Unlock()
	before := e.uplinks
	e.uplinks = make([]uplink, 0, min(len(all), MaxUplinks))
	for _, u := range all[:min(len(all), MaxUplinks)] {
		next := uplink{Uplink: u, sums: UplinkRow{Name: u.Name}}
		if u.Zone != "" {
			next.zone = e.series.names.Handle(u.Zone)
		}
		if old := findUplink(before, u.Name); old != 0 && findUplink(e.uplinks, u.Name) == 0 {
			next.sums = before[old-1].sums
		}
		for i := range u.Addrs {
			next.note(&u.Addrs[i])
		}
		e.uplinks = append(e.uplinks, next)
	}
	for _, f := range e.table.All {
		if conn := e.table.Conn(f); conn != nil {
			was := uint8(0)
			if conn.Uplink != 0 {
				was = findUplink(e.uplinks, before[conn.Uplink-1].Name)
			}
			orig, reply := conn.Orig(f), conn.Reply(f)
			conn.Uplink = e.wayStill(&orig, &reply, was)
		}
	}
}

// wayStill is wayOut for a connection that was known to take an uplink, if that is
// not 0. It is bound to it: while that uplink has lost its address, another one is
// not the only one that can be meant.
func (e *Engine) wayStill(orig, reply *flow.Tuple, was uint8) uint8 {
	outside, _, _, ok := e.crossing(orig, reply)
	if ok && was != 0 && e.uplinkAt(outside) == 0 {
		return was
	}
	if number := e.wayOut(orig, reply); number != 0 {
		return number
	}
	return was
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
	outside, inside, far, ok := e.crossing(orig, reply)
	if !ok || len(e.uplinks) == 0 {
		return 0
	}
	if number := e.uplinkAt(outside); number != 0 {
		return number
	}
	if outside.Is4() && e.nets.Scope(outside) == device.Router {
		return 0 // over another device: a tunnel, a network that is not watched
	}
	return e.onlyWay(inside, far, *outside == *inside)
}

// crossing returns the addresses of a connection that crosses the edge of the
// house: that of the house as it is outside, and as it is inside, and the far one.
// It is false for one within the house. Where neither end is in a network that is
// known, who opened it is taken to belong to the house, unless it came to an
// uplink's address.
func (e *Engine) crossing(orig, reply *flow.Tuple) (outside, inside, far *packet.Addr, ok bool) {
	client, server := e.nets.Scope(&orig.Src), e.nets.Scope(&reply.Src)
	switch {
	case client.House() && server.House():
		return nil, nil, nil, false
	case e.inward(client, server, &orig.Dst):
		return &orig.Dst, &reply.Src, &orig.Src, true
	}
	return &reply.Dst, &orig.Src, &reply.Src, true
}

// inward reports whether a connection was opened from outside to dst. client and
// server are the scopes of who opened and who answers it.
func (e *Engine) inward(client, server device.Scope, dst *packet.Addr) bool {
	return client == device.Remote && (server.House() || e.uplinkAt(dst) != 0)
}

// uplinkAt returns the number of the uplink with that address, 0 for none.
func (e *Engine) uplinkAt(a *packet.Addr) uint8 {
	for i := range e.uplinks {
		for j := range e.uplinks[i].Addrs {
			if e.uplinks[i].Addrs[j] == *a {
				return uint8(i + 1)
			}
		}
	}
	return 0
}

// reach is what an uplink's own addresses must be like for packets to come back.
type reach uint8

const (
	anyReach reach = iota
	publicReach
	privateReach // to a private network, as at the far end of a tunnel
)

// onlyWay returns the number of the one uplink that what inside and far tell each
// other can take, 0 when there are several or none. plain says that the address
// inside is known not to be translated: the world finds the way back to it only
// if it is public, and so is the uplink. Of several uplinks the one is meant that
// no tunnel makes.
func (e *Engine) onlyWay(inside, far *packet.Addr, plain bool) uint8 {
	need := anyReach
	switch {
	case !public(far.IP()):
		need = privateReach
	case plain && public(inside.IP()):
		need = publicReach
	case plain:
		need = privateReach
	}
	var able, direct, speaks choice
	for i := range e.uplinks {
		u, number := &e.uplinks[i], uint8(i+1)
		if u.able(family(inside), need) || len(e.uplinks) == 1 && !u.known() {
			able.add(number)
			if !e.tunneled(u) {
				direct.add(number)
			}
		}
		if u.linkLocal && family(inside) == ipv6 && need != privateReach {
			speaks.add(number) // only a prefix was delegated: it has no address of its own
		}
	}
	switch {
	case able.n > 1:
		return direct.only()
	case able.n == 0:
		return speaks.only()
	}
	return able.only()
}

// able reports whether the uplink's own addresses suffice.
func (u *uplink) able(fam int, need reach) bool {
	return u.public[fam] && need != privateReach || u.private[fam] && need != publicReach
}

// tunneled reports whether a tunnel makes the uplink.
func (e *Engine) tunneled(u *uplink) bool {
	for i := range e.tunnels {
		name := e.tunnels[i].Name
		if name == u.Name || int(u.Point) < len(e.points) && name == e.points[u.Point].name {
			return true
		}
	}
	return false
}

// choice is a set of uplinks, of which one is known.
type choice struct {
	n    int
	last uint8
}

func (c *choice) add(number uint8) { c.n, c.last = c.n+1, number }

// only returns the one in the set, 0 when there are others or none.
func (c *choice) only() uint8 {
	if c.n != 1 {
		return 0
	}
	return c.last
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

// passed adds what packets counted to the uplink that they took, where they are
// what counts. While the uplink itself is watched, only what is seen there counts,
// and who of the house sent it is not known; else the flows of the house are what
// is known of it.
func (e *Engine) passed(f *flow.Flow, c *flow.Change) {
	number, out := e.uplinkOf(f)
	if number == 0 {
		return
	}
	if at := e.uplinks[number-1].Point; f.Key.Point != at && int(at) < len(e.points) && f.Last-e.points[at].last/1000 < homeFor {
		return
	}
	e.cross(number, int(out), &c.Packets, &c.Bytes, false)
}

// uplinkOf returns the number of the uplink that a flow takes, 0 for none, and
// its end in the house.
func (e *Engine) uplinkOf(f *flow.Flow) (number uint8, house flow.End) {
	if conn := e.table.Conn(f); conn != nil {
		house, orig, reply := f.Client(), conn.Orig(f), conn.Reply(f)
		if e.inward(e.nets.Scope(&orig.Src), e.nets.Scope(&reply.Src), &orig.Dst) {
			house = house.Other()
		}
		return conn.Uplink, house
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
	inside := f.Key.Addr(house)
	if number = e.uplinkAt(inside); number == 0 {
		number = e.onlyWay(inside, f.Key.Addr(house.Other()), false)
	}
	return number, house
}

// uplinkName returns the name of an uplink by its number.
func (e *Engine) uplinkName(number uint8) string {
	if number == 0 {
		return ""
	}
	return e.uplinks[number-1].Name
}
