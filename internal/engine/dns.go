package engine

import (
	"encoding/binary"
	"net/netip"

	"weir/internal/device"
	"weir/internal/dpi"
	"weir/internal/flow"
	"weir/internal/names"
	"weir/internal/packet"
)

// Ports of DNS and its relatives on the link.
const (
	portDNS   = 53
	portMDNS  = 5353
	portLLMNR = 5355
)

// resolving reports whether p may carry a DNS message. It is asked of every packet.
func resolving(p *packet.Packet) bool {
	return (isDNS(p.SrcPort) || isDNS(p.DstPort)) && p.PayLen > 0 && p.FragOffset == 0
}

func isDNS(port uint16) bool { return port == portDNS || port == portMDNS || port == portLLMNR }

// dnsScratch is room for the texts of one record.
type dnsScratch struct{ question, owner, target [4 * names.MaxText]byte }

// resolve learns from the DNS message that p, a packet of f, carries.
func (e *Engine) resolve(f *flow.Flow, p *packet.Packet) {
	payload := p.Payload
	switch {
	case p.Proto == packet.ProtoTCP && len(payload) > 2 && int(binary.BigEndian.Uint16(payload)) <= len(payload)-2:
		payload = payload[2:] // one message in one segment, as short ones are (RFC 1035 section 4.2.2)
	case p.Proto != packet.ProtoUDP:
		return
	}
	m, ok := dpi.ParseMessage(payload)
	if !ok || m.Opcode() != 0 {
		return
	}
	via := names.DNS
	switch {
	case p.DstPort == portMDNS || p.SrcPort == portMDNS:
		via = names.MDNS
	case p.DstPort == portLLMNR || p.SrcPort == portLLMNR:
		via = names.LLMNR
	}
	msg := names.Message{At: p.Time / 1000, ID: m.ID, Response: m.Response(), Rcode: m.Rcode(), Resolver: names.Resolver{Via: via}}
	asker, resolver := &p.Src, &p.Dst
	msg.Port = p.SrcPort
	if msg.Response && via == names.DNS {
		asker, resolver = &p.Dst, &p.Src
		msg.Port = p.DstPort
	}
	if !e.scopeOf(asker).House() {
		return
	}
	msg.Client = e.asker(asker)
	msg.Client.Private = msg.Client.Private || e.table.Label(f).Marks&markPrivate != 0
	msg.Resolver.Addr = *resolver
	// Where questions are redirected, the one that answers is in the house, whoever
	// was asked.
	for _, end := range e.ends(f, e.table.Conn(f)) {
		if *end != *asker && e.scopeOf(end).House() {
			msg.Resolver.House = true
		}
	}
	e.teach(&m, &msg)
}

// asker returns who asks from an address.
func (e *Engine) asker(a *packet.Addr) names.Client {
	c := names.Client{Addr: *a, Router: e.scopeOf(a) == device.Router, Private: e.privateAddr(a)}
	if h := e.hosts.Find(a); h != nil && h.Device != nil {
		c.Device = h.Device.ID
		c.Router = c.Router || h.Device.Router
	}
	return c
}

// teach hands a message over, with the records of its answer.
func (e *Engine) teach(m *dpi.Message, msg *names.Message) {
	n, room := e.naming.names, &e.naming.dns
	var r dpi.Record
	records := m.Records()
	begun := false
	for records.Next(&r) {
		switch r.Section {
		case dpi.Question:
			if !begun {
				msg.Type, msg.Name = r.Type, r.Name.AppendTo(room.question[:0])
				if r.Type == dpi.TypePTR && msg.Client.Router && n.Reverse.Own(msg.Name, msg.At) {
					return // nobody in the house asked
				}
			}
		case dpi.Answer:
			if !begun {
				n.Message(msg)
				begun = true
			}
			e.answer(&r, msg.Resolver.Via)
		}
		if r.Section > dpi.Answer {
			break
		}
	}
	if !begun {
		n.Message(msg)
	}
	n.Done()
}

// answer hands over a record of an answer. What is announced on the link names
// addresses of the house alone.
func (e *Engine) answer(r *dpi.Record, via names.Via) {
	n, room := e.naming.names, &e.naming.dns
	a := names.Answer{Owner: r.Name.AppendTo(room.owner[:0]), Type: r.Type, TTL: r.TTL}
	switch r.Type {
	case dpi.TypeA, dpi.TypeAAAA:
		ip, ok := r.Addr()
		if !ok {
			return
		}
		a.Addr = packet.AddrOf(ip)
		if via != names.DNS && !e.scopeOf(&a.Addr).House() {
			return
		}
	case dpi.TypeCNAME, dpi.TypeSVCB, dpi.TypeHTTPS:
		target, ok := r.Target()
		if !ok {
			return
		}
		if a.Target = target.AppendTo(room.target[:0]); target.Root() {
			a.Target = nil
		}
	default:
		return
	}
	n.Answer(&a)
	if r.Type != dpi.TypeCNAME {
		r.Hints(func(ip netip.Addr) bool {
			a.Addr = packet.AddrOf(ip)
			n.Answer(&a)
			return true
		})
	}
}

// lookUp names a new flow by the DNS answers that its client got.
func (e *Engine) lookUp(f *flow.Flow, l *flow.Label) {
	c, s := f.Key.Addr(f.Client()), f.Key.Addr(f.Client().Other())
	if !e.scopeOf(c).House() {
		return
	}
	client := e.asker(c)
	m := e.naming.names.Lookup(&client, s, f.First)
	if m.Stranger && e.nets.Scope(s) == device.Remote && f.Key.Port(flow.A)|f.Key.Port(flow.B) != 0 {
		l.Marks |= markStranger
	}
	if m.Name == 0 {
		e.lookBack(f, l)
		return
	}
	by := hostAnswer
	switch m.Trust {
	case names.House:
		by = hostHouse
	case names.Announced:
		by = hostLink
	}
	e.setHost(l, e.naming.names.Pool.Hold(m.Name), by)
}

// stranger counts a flow that ends and whose server's address no DNS answer gave,
// although the client named nobody.
func (e *Engine) stranger(f *flow.Flow, l *flow.Label) {
	if l.Marks&markStranger == 0 || l.HostBy == hostContent || f.Empty() {
		return
	}
	at := f.Client().Other()
	client := e.asker(f.Key.Addr(f.Client()))
	e.naming.names.Stranger(&client, &names.Stranger{
		Server: *f.Key.Addr(at), Proto: f.Key.Proto, Port: f.Key.Port(at), Bytes: f.Bytes(flow.A) + f.Bytes(flow.B),
	}, f.Last)
}

// resolves counts a flow that turned out to ask a resolver in a way that is not
// read.
func (e *Engine) resolves(f *flow.Flow, p dpi.Protocol) {
	var via names.Via
	switch p {
	case dpi.DoT:
		via = names.DoT
	case dpi.DoH:
		via = names.DoH
	case dpi.DoQ:
		via = names.DoQ
	default:
		return
	}
	c, s := f.Key.Addr(f.Client()), f.Key.Addr(f.Client().Other())
	if !e.scopeOf(c).House() {
		return
	}
	client := e.asker(c)
	e.naming.names.Uses(&client, &names.Resolver{Addr: *s, Via: via, House: e.scopeOf(s).House()}, f.Last)
}
