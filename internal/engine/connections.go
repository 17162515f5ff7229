package engine

import (
	"weir/internal/device"
	"weir/internal/flow"
	"weir/internal/packet"
)

// recordingFor is how long, in microseconds, connection tracking may say nothing
// until packets set the pace again. sweepLate is how long it may take between two
// sweeps until what is known is rolled without one.
const (
	recordingFor = 3 * 60 * second
	sweepLate    = 90 * second
)

// Connections accounts a batch of what connection tracking counted. It
// implements source.Sink.
//
// A connection is one flow wherever it is seen: its key is LANSide's, at the
// canonical observation point. What it counted is added to its uplink at once and
// to everything else when connection tracking was read as a whole. What this
// machine tells itself is left out, and so is what goes to groups: that is the
// packets' to count.
func (e *Engine) Connections(batch []flow.Connection) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tracked()
	local := func(a *packet.Addr) bool { return e.nets.Scope(a).House() }
	for i := range batch {
		e.connection(&batch[i], local)
	}
}

// connection accounts one connection.
func (e *Engine) connection(c *flow.Connection, local func(*packet.Addr) bool) {
	from, to := e.nets.Scope(&c.Orig.Src), e.nets.Scope(&c.Reply.Src)
	if from == device.Router && to == device.Router || loopback(&c.Orig.Src) || group(e.nets.Scope(&c.Orig.Dst)) {
		e.conns.LeftOut++
		return
	}
	key, second, client, hairpin := c.LANSide(local)
	pt := e.placed(&key, c)
	if pt == nil {
		e.conns.Nowhere++
		if from == device.Remote && to == device.Remote {
			e.conns.Unwatched += c.Bytes[0] + c.Bytes[1]
		}
		return
	}
	f, conn, first := e.table.Connect(&key, client, c)
	if f == nil {
		return
	}
	e.conns.Told++
	pt.packets += c.Packets[0] + c.Packets[1]
	pt.bytes += c.Bytes[0] + c.Bytes[1]
	pt.last = max(pt.last, c.Last*1000)
	inbound := e.inward(from, to, &c.Orig.Dst)
	if first {
		e.meet(f, conn, c, inbound)
		if hairpin {
			conn.Aliased = e.alias(c, &second, f)
		}
	}
	if conn.Uplink != 0 {
		out := 0 // what went the way of Orig left the house
		if inbound {
			out = 1
		}
		e.cross(conn.Uplink, out, &c.Packets, &c.Bytes, from == device.Router || to == device.Router)
	}
	if conn.Mapping != 0 {
		m := &e.mappings[conn.Mapping-1]
		m.Bytes.Tx += c.Bytes[1]
		m.Bytes.Rx += c.Bytes[0]
		m.Last = max(m.Last, c.Last)
	}
}

// meet finds out what is to be known of a connection that is told of first.
func (e *Engine) meet(f *flow.Flow, conn *flow.Conn, c *flow.Connection, inbound bool) {
	e.named(f)
	conn.Uplink = e.wayOut(&c.Orig, &c.Reply)
	if inbound {
		e.admit(conn, c)
	}
}

// placed gives the key of c its canonical observation point and returns that: one
// of the house's networks, else the uplink's. Where neither is known it is the
// first one for who is in the house, as with link-local addresses, and nil for
// others.
func (e *Engine) placed(key *flow.Key, c *flow.Connection) *point {
	at, ok := e.pointOf(&key.AddrA, &key.AddrB)
	if !ok {
		switch number := e.wayOut(&c.Orig, &c.Reply); {
		case number != 0:
			at = e.uplinks[number-1].Point
		case !e.nets.Scope(&c.Orig.Src).House() && !e.nets.Scope(&c.Reply.Src).House():
			return nil // of several uplinks it may be any
		}
	}
	if int(at) >= len(e.points) {
		return nil
	}
	key.Point = at
	return &e.points[at]
}

// group reports whether packets to that scope are for several.
func group(s device.Scope) bool { return s == device.Multicast || s == device.Broadcast }

// loopback reports whether a never leaves this machine.
func loopback(a *packet.Addr) bool {
	if a.Is4() {
		return a[12] == 127
	}
	return *a == packet.Addr{15: 1}
}

// pointOf returns the canonical observation point of what a and b tell each
// other: the lower one of their networks. It is false where neither is in a
// network that has one.
func (e *Engine) pointOf(a, b *packet.Addr) (uint8, bool) {
	p, inA := e.nets.Point(a)
	q, inB := e.nets.Point(b)
	switch {
	case inA && inB:
		return min(p, q), true
	case inA:
		return p, true
	}
	return q, inB
}

// Swept rolls what connection tracking counted into hosts, devices and series:
// rates are those from one sweep to the next. It implements source.Sink.
func (e *Engine) Swept(at int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tracked()
	if e.now != 0 && (at > e.now+stray || at < e.now-stray) {
		at = e.now // the clock was set: until Shift tells, time is what it was
	}
	e.swept = at
	e.roll(at)
}

// maxAliases bounds the second keys of redirected and hairpin connections that
// are remembered; there is one for each of them while it lives.
const maxAliases = 1024

// alias leads from another view of a connection to its flow.
type alias struct {
	key    flow.Key
	client flow.End // in key
	from   flow.End // the client's end in the other view
}

// alias remembers that second is another view of f and reports whether there was
// room. A flow that frames made under it is no more. Aliases have no observation
// point, so that they are found again whatever the networks are by then.
func (e *Engine) alias(c *flow.Connection, second *flow.Key, f *flow.Flow) bool {
	a := alias{key: f.Key, client: f.Client(), from: flow.B}
	if second.AddrA == c.Reply.Dst && second.PortA == c.Reply.DstPort {
		a.from = flow.A
	}
	if _, ok := e.aliases[*second]; !ok && len(e.aliases) >= maxAliases {
		e.conns.AliasDrops++
		return false
	}
	e.aliases[*second] = a
	made := *second
	made.Point, _ = e.pointOf(&second.AddrA, &second.AddrB)
	e.table.Drop(&made)
	return true
}

// unalias forgets the other view of a flow that ends.
func (e *Engine) unalias(f *flow.Flow, conn *flow.Conn) {
	reply := conn.Reply(f)
	k, _ := flow.KeyOf(&reply.Src, &reply.Dst, reply.SrcPort, reply.DstPort, f.Key.Proto, 0)
	if a, ok := e.aliases[k]; ok && a.key == f.Key {
		delete(e.aliases, k)
	}
}

// classify names the flow of a packet that something else counts, and learns who
// sent it.
func (e *Engine) classify(pt *point, p *packet.Packet) {
	if p.MoreFrags || p.FragOffset != 0 {
		e.fragment(pt, p)
	}
	if p.HasMAC && e.devices.Max() > 0 {
		e.learn(p, nil)
	}
	if announcing(p) {
		e.announce(p)
	}
	e.canonical(p)
	f, from, _ := e.table.Observe(p)
	e.watch(f)
	if f.Handle != 0 && p.FragOffset == 0 {
		e.inspect(f, from, p)
	}
	if resolving(p) {
		e.resolve(f, p)
	}
}

// canonical turns p into what its connection's key is made of: the first view of
// it, at the canonical observation point. The point where p was seen is lost.
func (e *Engine) canonical(p *packet.Packet) {
	k, sender := flow.KeyOf(&p.Src, &p.Dst, p.SrcPort, p.DstPort, p.Proto, 0)
	if len(e.aliases) > 0 {
		if a, ok := e.aliases[k]; ok {
			from := a.client
			if sender != a.from {
				from = from.Other()
			}
			p.Src, p.SrcPort = *a.key.Addr(from), a.key.Port(from)
			p.Dst, p.DstPort = *a.key.Addr(from.Other()), a.key.Port(from.Other())
			p.Iface = a.key.Point
			return
		}
	}
	e.settle(p)
}

// settle gives p its canonical observation point.
func (e *Engine) settle(p *packet.Packet) {
	if point, ok := e.pointOf(&p.Src, &p.Dst); ok && int(point) < len(e.points) {
		p.Iface = point
	}
}

// missed counts a flow that leaves without being counted, although an answer
// passed: connection tracking does not see such connections, as where no rule of
// the firewall asks for their state.
func (e *Engine) missed(f *flow.Flow, why flow.Reason) {
	if _, answered := f.ServerRTT(); !answered || f.Tracked() || !e.recording || why != flow.Idle {
		return
	}
	if e.scopeOf(&f.Key.AddrA).House() == e.scopeOf(&f.Key.AddrB).House() {
		return
	}
	if f.Key.AddrA.Is4() {
		e.untracked.IPv4++
	} else {
		e.untracked.IPv6++
	}
}
