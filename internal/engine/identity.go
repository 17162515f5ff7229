package engine

import (
	"bytes"

	"weir/internal/device"
	"weir/internal/dpi"
	"weir/internal/flow"
	"weir/internal/names"
	"weir/internal/packet"
)

// Ports of the protocols by which devices announce themselves.
const (
	portDHCPServer   = 67
	portDHCPClient   = 68
	portDHCPv6Client = 546
	portDHCPv6Server = 547
	portSSDP         = 1900
)

// announcing reports whether p may carry what a device says of itself in a protocol
// whose every message counts: several devices share one flow there (DHCP), or tell
// one thing after the other. It is asked of every packet.
func announcing(p *packet.Packet) bool {
	if p.Proto != packet.ProtoUDP || p.PayLen == 0 || p.FragOffset != 0 {
		return false
	}
	switch p.DstPort {
	case portDHCPServer, portDHCPClient, portDHCPv6Client, portDHCPv6Server, portSSDP, portMDNS:
		return true
	}
	return p.SrcPort == portSSDP
}

// announce learns from what a device says of itself.
func (e *Engine) announce(p *packet.Packet) {
	if e.devices.Max() == 0 || e.wanSide(p.Iface) {
		return
	}
	now := p.Time / 1000
	switch {
	case p.DstPort == portMDNS:
		e.hearMDNS(p, now)
	case p.DstPort == portSSDP || p.SrcPort == portSSDP:
		if d := e.sender(p); d != nil {
			hearSSDP(d, p.Payload, now)
		}
	case p.DstPort == portDHCPServer || p.DstPort == portDHCPClient:
		if m, ok := device.ReadDHCP(p.Payload); ok {
			e.hearDHCP(&m, p, now)
		}
	default:
		if m, ok := device.ReadDHCPv6(p.Payload); ok && !m.Reply {
			if d := e.ofFrame(p); d != nil {
				m.Tell(d, now)
			}
		}
	}
}

// sender returns the device that a packet's address belongs to, nil for none.
func (e *Engine) sender(p *packet.Packet) *device.Device {
	if h := e.hosts.Find(&p.Src); h != nil && h.Scope.House() && h.Device != nil && h.Device.ID != 0 {
		return h.Device
	}
	return nil
}

// ofFrame returns the device that sent a frame, nil where that is the router, which
// forwards those of others.
func (e *Engine) ofFrame(p *packet.Packet) *device.Device {
	if !p.HasMAC {
		return nil
	}
	d := e.devices.Seen(p.SrcMAC, p.Iface, p.VLAN, p.Time/1000)
	if d == nil || d.Router {
		return nil
	}
	return d
}

// hearDHCP learns from a message of DHCP. A client's is believed when its own frame
// has it, or when a device is known by its hardware address, as behind a relay; a
// server's when the router sends it.
func (e *Engine) hearDHCP(m *device.DHCP, p *packet.Packet, now int64) {
	if !m.Reply {
		d := e.devices.ByMAC(m.MAC)
		if p.HasMAC && p.SrcMAC == m.MAC {
			d = e.devices.Seen(m.MAC, p.Iface, p.VLAN, now)
		} else if !m.Relayed {
			return
		}
		if d != nil {
			m.Tell(d, now)
		}
		return
	}
	if !m.Ack || !e.nets.Scope(&m.Addr).House() || !e.servesDHCP(p) {
		return
	}
	d := e.devices.Leased(&m.Addr, m.MAC, m.Seconds, now)
	if h := e.hosts.Find(&m.Addr); d != nil && h != nil {
		e.give(h, d, nil, now)
	}
}

// servesDHCP reports whether who sent a packet may say whose addresses are.
func (e *Engine) servesDHCP(p *packet.Packet) bool {
	if e.nets.Guessed || e.scopeOf(&p.Src) == device.Router {
		return true
	}
	d := e.sender(p)
	return d != nil && d.Router
}

// hearMDNS learns from an answer of mDNS: the names of addresses, and what their
// device offers. A router may repeat what others said on another network, so what
// it says of services is left out.
func (e *Engine) hearMDNS(p *packet.Packet, now int64) {
	m, ok := dpi.ParseMessage(p.Payload)
	if !ok || !m.Response() || m.Opcode() != 0 {
		return
	}
	d := e.sender(p)
	records := m.Records()
	var r dpi.Record
	for n := 0; n < maxAnnounced && records.Next(&r); n++ {
		switch {
		case r.Section == dpi.Question:
		case r.Type == dpi.TypeA || r.Type == dpi.TypeAAAA:
			e.hearName(&r, d, now)
		case d != nil && !d.Router:
			hearService(d, &r, now)
		}
	}
}

// maxAnnounced bounds the records of one message that are looked at.
const maxAnnounced = 48

// hearName takes the name of an address, if the address is the sender's or a router
// says it.
func (e *Engine) hearName(r *dpi.Record, sender *device.Device, now int64) {
	ip, ok := r.Addr()
	if !ok || !bytes.EqualFold(r.Name.Label(1), []byte("local")) {
		return
	}
	a := packet.AddrOf(ip)
	h := e.hosts.Find(&a)
	if h == nil || h.Device == nil || sender == nil || h.Device != sender && !sender.Router {
		return
	}
	h.Device.Tell(device.FromMDNS, r.Name.Label(0), now)
}

// hearService takes what a record says of a service: that there is one, what its
// instance is called, and of which product it is (RFC 6763 sections 4 and 6).
func hearService(d *device.Device, r *dpi.Record, now int64) {
	switch r.Type {
	case dpi.TypePTR:
		if service := r.Name.Label(0); isTransport(r.Name.Label(1)) {
			tellService(d, service, now)
		} else if target, ok := r.Target(); ok && string(service) == "_services" && isTransport(target.Label(1)) {
			tellService(d, target.Label(0), now)
		}
	case dpi.TypeSRV:
		if isTransport(r.Name.Label(2)) {
			tellService(d, r.Name.Label(1), now)
		}
		if t, ok := r.Target(); ok && bytes.EqualFold(t.Label(1), []byte("local")) {
			d.Tell(device.FromMDNS, t.Label(0), now)
		}
	case dpi.TypeTXT:
		r.TXT(func(text []byte) bool {
			hearText(d, text, now)
			return true
		})
		switch string(r.Name.Label(1)) {
		case "_airplay", "_hap", "_ipp", "_device-info", "_printer":
			d.Tell(device.FromFriendly, r.Name.Label(0), now)
		}
	}
}

func isTransport(label []byte) bool { return string(label) == "_tcp" || string(label) == "_udp" }

func tellService(d *device.Device, service []byte, now int64) {
	if len(service) > 1 && service[0] == '_' && service[1] != '_' {
		d.Tell(device.MDNSService, service[1:], now)
	}
}

// Keys of service descriptions that name the product: of Apple's services, of casts
// and accessories, of audio receivers, of printers. "fn" is what people call a cast.
var productKeys = [...]string{"model=", "md=", "am=", "ty=", "usb_mdl="}

func hearText(d *device.Device, text []byte, now int64) {
	for _, key := range productKeys {
		if n := len(key); len(text) > n && bytes.EqualFold(text[:n], []byte(key)) {
			d.Tell(device.MDNSModel, text[n:], now)
			return
		}
	}
	if len(text) > 3 && bytes.EqualFold(text[:3], []byte("fn=")) {
		d.Tell(device.FromFriendly, text[3:], now)
	}
}

// hearSSDP takes what a device says that it is (UPnP Device Architecture 2.0 section
// 1); who only searches says nothing.
func hearSSDP(d *device.Device, b []byte, now int64) {
	if !bytes.HasPrefix(b, []byte("NOTIFY * HTTP/1.")) && !bytes.HasPrefix(b, []byte("HTTP/1.")) {
		return
	}
	b = b[:min(len(b), 2048)]
	for line := range bytes.Lines(b) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case !ok:
		case bytes.EqualFold(name, []byte("SERVER")):
			d.Tell(device.SSDPServer, value, now)
		case bytes.EqualFold(name, []byte("NT")), bytes.EqualFold(name, []byte("ST")):
			if kind, ok := bytes.CutPrefix(value, []byte("urn:")); ok && tellsKind(kind) {
				d.Tell(device.SSDPType, bytes.TrimPrefix(kind, []byte("schemas-upnp-org:")), now)
			} else if bytes.HasPrefix(value, []byte("roku:")) {
				d.Tell(device.SSDPType, value, now)
			}
		}
	}
}

// tellsKind reports whether a type of UPnP says what a device is: services are parts
// of many, but one of them is of televisions alone.
func tellsKind(kind []byte) bool {
	return !bytes.Contains(kind, []byte(":service:")) || bytes.HasPrefix(kind, []byte("dial-"))
}

// hear learns from what a payload told of the device that sent it.
func (e *Engine) hear(f *flow.Flow, from flow.End, p *packet.Packet, proto dpi.Protocol, facts *dpi.Facts) {
	if len(facts.DeviceName)|len(facts.DeviceModel) == 0 && (len(facts.UserAgent) == 0 || proto != dpi.HTTP) {
		return
	}
	name, model := device.FromDiscovery, device.Discovered
	switch proto {
	case dpi.MDNS, dpi.SSDP, dpi.DHCP, dpi.DHCPv6, dpi.Syslog:
		return // announce reads each of theirs, and logs are often others'
	case dpi.NetBIOS:
		name = device.FromNetBIOS
	case dpi.LLMNR:
		name = device.FromLLMNR
	}
	d := e.sender(p)
	if d == nil || d.Router {
		return
	}
	now := p.Time / 1000
	d.Tell(name, facts.DeviceName, now)
	d.Tell(model, facts.DeviceModel, now)
	if proto == dpi.HTTP && from == f.Client() && !d.Private && e.naming.private.Level == names.KeepNames {
		d.Tell(device.UserAgent, platform(facts.UserAgent), now)
	}
}

// platform returns the part of a User-Agent that tells where the program runs: what
// is in its first parentheses, or all of a short one without.
func platform(agent []byte) []byte {
	if !bytes.HasPrefix(agent, []byte("Mozilla/")) && !bytes.HasPrefix(agent, []byte("Dalvik/")) {
		return agent
	}
	_, rest, ok := bytes.Cut(agent, []byte("("))
	if !ok {
		return nil
	}
	inside, _, _ := bytes.Cut(rest, []byte(")"))
	return inside
}

// wanSide reports whether an observation point is of an uplink alone: who is seen
// there is not of the house.
func (e *Engine) wanSide(point uint8) bool {
	for i := range e.uplinks {
		if e.uplinks[i].Point == point {
			return !e.nets.Observes(point)
		}
	}
	return false
}

// give gives an address to a device. What the one before moved until now stays its
// own: its flows end, except the one that the new device has just begun.
func (e *Engine) give(h *device.Host, d *device.Device, begun *flow.Flow, now int64) {
	old := h.Device
	if old == nil || old == d || old.ID == 0 {
		h.Bind(d)
		return
	}
	if h.Moves(now) && e.handovers.allow(now) {
		e.endFlowsAt(&h.Addr, begun)
		e.devices.Moved(&h.Addr, old, d, now)
	}
	h.Move(d)
}

// handovers limits how many addresses a second may end flows by going from one
// device to another: each takes a look at all flows, and who forges frames decides
// how many there are.
type handovers struct {
	second int64
	n      int
}

const handoversPerSecond = 8

func (l *handovers) allow(now int64) bool {
	if s := now / second; s != l.second {
		*l = handovers{second: s}
	}
	l.n++
	return l.n <= handoversPerSecond
}

// endFlowsAt ends the flows of an address but one.
func (e *Engine) endFlowsAt(a *packet.Addr, but *flow.Flow) {
	for _, f := range e.table.All {
		if f == but {
			continue
		}
		for _, end := range e.ends(f, e.table.Conn(f)) {
			if *end == *a {
				e.table.End(f)
				break
			}
		}
	}
}

// claim finds the device of an address that no frame and no neighbour table told
// of: by the configuration, a lease, or the hardware address in it, or because where
// it is devices have none.
func (e *Engine) claim(h *device.Host, now int64) {
	d := e.devices.ByAddr(&h.Addr)
	if d == nil && h.Scope == device.Local && len(e.unlinked) > 0 {
		if at, ok := e.nets.Point(&h.Addr); ok && int(at) < len(e.points) && e.unlinked[e.points[at].name] {
			d = e.devices.AtAddr(&h.Addr, at, now)
		}
	}
	if d != nil {
		h.Bind(d)
	}
}
