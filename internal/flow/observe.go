package flow

import "weir/internal/packet"

// Observe notes what p, which something else counts, shows of its flow, making
// one when there is none, and returns it with the end that sent p. No counter
// changes: a flow that nothing counts in the end leaves as if it had not been.
//
// p is one of the few frames that a filter lets pass, so that it tells who opened
// the flow, how it began and ended and how long the server took to accept it, and
// nothing else.
func (t *Table) Observe(p *packet.Packet) (*Flow, End, Event) {
	now := p.Time / 1000
	var k Key
	e := k.set(&p.Src, &p.Dst, p.SrcPort, p.DstPort, p.Proto, p.Iface)
	h := t.seed.sum(&k)
	i := t.find(&k, h)
	if i != 0 && !t.cfg.Joined && t.reopens(&t.slots[i], p) {
		t.end(i, Completed)
		i = 0
	}
	ev := Known
	if i == 0 {
		i, ev = t.insert(&k, h), Created
		f := &t.slots[i]
		f.begin(p, e, now)
		f.flags |= opened
	}
	f := &t.slots[i]
	f.observe(p, e, now)
	t.mark(i, f)
	return f, e, ev
}

// observe notes what p, sent by e, shows.
func (f *Flow) observe(p *packet.Packet, e End, t int64) {
	f.Last = max(f.Last, t) // time in a flow never runs backwards
	if f.Empty() {
		f.vlan |= recorded
	}
	if f.vlan&vlanID == 0 {
		f.vlan |= p.VLAN & vlanID
	}
	if p.Proto != packet.ProtoTCP || p.FragOffset != 0 {
		return
	}
	s := &f.sides[e]
	seen := s.tcpFlags
	s.tcpFlags |= p.TCPFlags
	switch {
	case p.TCPFlags&packet.SYN != 0:
		f.syn(p, e)
	case p.TCPFlags&packet.RST != 0:
		if e == B && (seen|f.sides[A].tcpFlags)&packet.RST == 0 {
			f.flags |= resetByB
		}
	}
}

// Drop takes a flow out that counted nothing, and reports whether it did.
func (t *Table) Drop(k *Key) bool {
	i := t.find(k, t.seed.sum(k))
	if i == 0 || !t.slots[i].awaited() {
		return false
	}
	t.end(i, Flushed)
	return true
}
