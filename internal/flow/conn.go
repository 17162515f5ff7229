package flow

import "weir/internal/packet"

// Conn is what connection tracking tells of a flow beside what it counts: 48
// bytes without pointers, which the table has only once it was told something.
type Conn struct {
	other Tuple // the one of the entry's tuples that the flow's key does not show

	Mark   uint32
	Zone   uint16
	Status ConnStatus
	TCP    TCPState // the last that was known

	Mapping uint16 // the owner's marks: 0 = none
	Uplink  uint8
	Aliased bool
}

// Orig returns the tuple of what opened the connection, as f's first packet was
// sent; Reply the tuple of what answers it. f is the flow that c is of.
func (c *Conn) Orig(f *Flow) Tuple {
	if f.vlan&fromReply != 0 {
		return c.other
	}
	return f.tuple(f.Client())
}

// Reply returns the tuple of what answers; see Orig.
func (c *Conn) Reply(f *Flow) Tuple {
	if f.vlan&fromReply != 0 {
		return f.tuple(f.Client().Other())
	}
	return c.other
}

// Ends returns the addresses that really talk to each other, the client's and
// the server's: where an address of the key is translated once more within the
// house, as with redirected DNS and hairpin translation, they differ from it.
func (c *Conn) Ends(f *Flow) (client, server *packet.Addr) {
	client, server = f.Key.Addr(f.Client()), f.Key.Addr(f.Client().Other())
	if f.vlan&fromReply != 0 {
		return &c.other.Src, server
	}
	return client, &c.other.Src
}

// tuple returns the direction of what e sends.
func (f *Flow) tuple(e End) Tuple {
	k, o := &f.Key, e.Other()
	return Tuple{Src: *k.Addr(e), Dst: *k.Addr(o), SrcPort: k.Port(e), DstPort: k.Port(o)}
}

// Conn returns what connection tracking told of a flow of the table, nil for
// nothing. It is valid as long as f.
func (t *Table) Conn(f *Flow) *Conn {
	if !f.Tracked() {
		return nil
	}
	return &t.conns[t.slotOf(f)]
}

// slotOf returns the slot of a flow of the table. A flow does not know it, but its
// neighbour in the list does.
func (t *Table) slotOf(f *Flow) uint32 {
	if f.prev != 0 {
		return t.slots[f.prev].next
	}
	return t.listOf(f).head
}

// Connect accounts c to the flow of k, whose end client opened it, making one
// when there is none. first says that the flow had no Conn yet: then the owner's
// marks are to be set. It returns nil where there is nothing to tell: c has ended
// and counted nothing, and so had its flow.
//
// A flow leaves as Completed once its connection has ended. Another connection
// with the same key continues it, unless TCP opened that anew or addresses are
// translated otherwise now. So does a TCP connection whose entry was deleted.
func (t *Table) Connect(k *Key, client End, c *Connection) (f *Flow, conn *Conn, first bool) {
	h := t.seed.sum(k)
	i := t.find(k, h)
	over := c.over()
	if i != 0 && !over && t.isAnother(i, client, c) {
		t.end(i, Completed)
		i = 0
	}
	if i == 0 {
		if over && c.nothing() {
			return nil, nil, false
		}
		i = t.insert(k, h)
		t.slots[i].start(c.First, c.Last)
	}
	f = &t.slots[i]
	f.vlan |= recorded
	f.Last = max(f.Last, c.Last)
	conn, first = t.attach(i, f, client, c)
	switch {
	case !over:
		f.vlan &^= ended
	case !first || !c.nothing():
		// Otherwise it is the last of an older connection, and frames named the
		// next one already.
		f.vlan |= ended
	}
	var packets, bytes [2]uint64
	for way := range End(2) {
		end := client ^ way
		packets[end], bytes[end] = c.Packets[way], c.Bytes[way]
	}
	t.count(i, f, &packets, &bytes)
	return f, conn, first
}

// over reports whether nothing more comes of the connection: its entry is gone,
// or waits only for stray segments.
func (c *Connection) over() bool {
	return c.Status&ConnEnded != 0 || c.TCP == TCPTimeWait || c.TCP == TCPClosed
}

func (c *Connection) nothing() bool {
	return c.Packets[0]|c.Packets[1]|c.Bytes[0]|c.Bytes[1] == 0
}

// isAnother reports whether c, which goes on, is another connection than the one
// that the flow in slot i is of.
func (t *Table) isAnother(i uint32, client End, c *Connection) bool {
	f := &t.slots[i]
	if !f.Tracked() {
		return false
	}
	if c.Proto == packet.ProtoTCP && f.vlan&ended != 0 && !t.cfg.Joined && !t.conns[i].survives(c) {
		return true
	}
	other := &c.Reply
	if f.vlan&fromReply != 0 {
		other = &c.Orig
	}
	return f.Client() != client || t.conns[i].other != *other
}

// survives reports whether c is the connection that was told to have ended: its
// entry was deleted, as by conntrack -F, and the kernel made another one when it
// saw more of the connection.
func (conn *Conn) survives(c *Connection) bool {
	return conn.TCP == TCPEstablished && c.TCP == TCPEstablished
}

// attach notes what c, which client opened, tells of the flow in slot i.
func (t *Table) attach(i uint32, f *Flow, client End, c *Connection) (conn *Conn, first bool) {
	if t.conns == nil {
		t.conns = make([]Conn, len(t.slots))
	}
	conn = &t.conns[i]
	if first = f.vlan&tracked == 0; first {
		*conn = Conn{other: c.Reply}
		f.vlan |= tracked
		f.flags &^= clientSure // connection tracking knows better than frames
		f.setClient(client, true)
		if f.vlan &^= fromReply; f.tuple(f.Client()) != c.Orig {
			conn.other, f.vlan = c.Orig, f.vlan|fromReply
		}
	}
	conn.Mark, conn.Zone, conn.Status = c.Mark, c.Zone, c.Status
	if c.TCP != TCPUnknown {
		conn.TCP = c.TCP
	}
	return conn, first
}

// State is Flow.State; where no packet of the handshake was seen it is what
// connection tracking knows. Of a half closed or reset connection that is not who
// did it, and the state is "".
func (t *Table) State(f *Flow) string {
	conn := t.Conn(f)
	if conn == nil || f.Key.Proto != packet.ProtoTCP || (f.sides[A].tcpFlags|f.sides[B].tcpFlags)&packet.SYN != 0 {
		return f.State()
	}
	switch conn.TCP {
	case TCPSynSent:
		return "S0"
	case TCPSynReceived, TCPEstablished:
		return "S1"
	case TCPLastAck, TCPTimeWait:
		return "SF"
	}
	return ""
}
