package engine

import (
	"bytes"

	"weir/internal/apps"
	"weir/internal/device"
	"weir/internal/dpi"
	"weir/internal/flow"
	"weir/internal/names"
	"weir/internal/packet"
)

// naming is what the engine names flows by.
type naming struct {
	inspector *dpi.Inspector
	inspected []uint32 // slots of the flows that it looks at, by their handles
	apps      *apps.Table
	names     *names.Names
	private   names.Reducer // the level of privacy, for what is no name
	facts     dpi.Facts     // reused for every packet that is inspected
	detail    detail        // of the flow at hand
	dns       dnsScratch
}

func newNaming(c *Config) naming {
	n := naming{
		inspector: dpi.NewInspector(c.Inspect), apps: c.Apps, private: names.Reducer{Level: c.Privacy},
		names: names.New(names.Config{Decode: !c.NoDNS, Privacy: c.Privacy, Flows: min(c.Flows.Max, flow.MaxFlows), Devices: c.MaxDevices}),
	}
	n.detail.room = make([]byte, 0, 8*names.MaxText)
	n.detail.out = make([]byte, 0, names.MaxText)
	if n.apps == nil {
		n.apps = new(apps.Table) // the built-in ones
	}
	return n
}

// text returns a text that a label holds.
func (n *naming) text(handle uint32) []byte { return n.names.Pool.Text(handle) }

// Where a label's host is from: flow.Label.HostBy.
const (
	hostUnknown uint8 = iota
	hostContent       // what the client said to the server
	hostAnswer        // the answer to a DNS question of this client
	hostLink          // what the server announces of itself on the link
	hostHouse         // the answer to a question of somebody else in the house
	hostReverse       // what the owner of the server's address calls it
)

var hostNames = [...]string{"", "content", "dns", "link", "house", "reverse"}

// Marks of a label.
const (
	markECH      = 1 << iota // the name asked for is encrypted: Host is the outer one
	markNamed                // named saw the flow
	markWatched              // so did watch
	markStranger             // no DNS answer gave the server's address
	markPrivate              // a private device opened it or was spoken to, though its address may be forgotten by now
	markTimed                // the time of its handshake is in the series
	markWondered             // names of its ends were asked for, or need not be
)

// named finds out what can be known of a new flow before its payload is seen.
func (e *Engine) named(f *flow.Flow) *flow.Label {
	l := e.table.Label(f)
	if l.Marks&markNamed != 0 {
		return l
	}
	l.Marks |= markNamed
	if e.private(f) {
		l.Marks |= markPrivate
	}
	if p := byPort(f); p != dpi.NoProtocol {
		l.Protocol, l.By = uint8(p), uint8(dpi.FromPort)
		if f.Key.Port(flow.A)|f.Key.Port(flow.B) == 0 {
			l.By = uint8(dpi.FromContent) // the IP header says so
		}
	}
	e.lookUp(f, l)
	e.identify(f, l)
	return l
}

// watch has the payload of a flow looked at from now on, once.
func (e *Engine) watch(f *flow.Flow) {
	if l := e.named(f); l.Marks&markWatched == 0 {
		l.Marks |= markWatched
		e.open(f)
	}
}

// open has the inspector look at a flow from now on. Where it has no room, the flow
// that is quiet longest is given up: a scan or a swarm must not keep what comes
// behind it from being looked at.
func (e *Engine) open(f *flow.Flow) {
	n := &e.naming
	if f.Key.Proto != packet.ProtoTCP && f.Key.Proto != packet.ProtoUDP {
		return
	}
	if h := n.inspector.Quietest(); h != 0 {
		r := n.inspector.GiveUp(h)
		if quiet := e.table.At(n.inspected[h]); quiet != nil && quiet.Handle == uint16(h) {
			e.concluded(quiet, e.table.Label(quiet), r)
		}
	}
	h := n.inspector.Open(f.Key.Proto)
	if h == 0 {
		return
	}
	for len(n.inspected) <= int(h) {
		n.inspected = append(n.inspected, 0)
	}
	n.inspected[h] = e.table.Slot(f)
	f.Handle = uint16(h)
}

// byPort returns what a flow's ports stand for: the server's if it is a known
// one, else the client's.
func byPort(f *flow.Flow) dpi.Protocol {
	c := f.Client()
	if p := dpi.ByPort(f.Key.Proto, f.Key.Port(c.Other())); p != dpi.NoProtocol {
		return p
	}
	return dpi.ByPort(f.Key.Proto, f.Key.Port(c))
}

// inspect looks at a packet of a flow that is not decided, sent by the end from.
func (e *Engine) inspect(f *flow.Flow, from flow.End, p *packet.Packet) {
	n := &e.naming
	if p.PayLen > 0 {
		n.facts = dpi.Facts{}
	}
	r := n.inspector.Inspect(dpi.Handle(f.Handle), p, from == f.Client(), &n.facts)
	if p.PayLen == 0 {
		return // it tells how a stream is numbered, and no facts
	}
	if r.Done {
		f.Handle = 0
	} else if r.Protocol == dpi.NoProtocol {
		return
	}
	l := e.table.Label(f)
	if r.Protocol != dpi.NoProtocol {
		l.Protocol, l.By = uint8(r.Protocol), uint8(r.By)
	}
	if r.New {
		e.resolves(f, r.Protocol)
	}
	e.hear(f, from, p, dpi.Protocol(l.Protocol), &n.facts)
	e.note(f, l, &n.facts)
}

// note keeps of a flow what its payload tells, as far as it may be kept.
func (e *Engine) note(f *flow.Flow, l *flow.Label, facts *dpi.Facts) {
	n := &e.naming
	if facts.ECH {
		l.Marks |= markECH
	}
	if len(facts.Host) == 0 && !hasDetail(facts) {
		return
	}
	private := l.Marks&markPrivate != 0 || e.private(f)
	facts.Host = withoutPort(facts.Host)
	if len(facts.Host) > 0 && l.HostBy != hostContent {
		// By the whole name, however little of it is kept.
		if app, by := e.match(f, l, facts.Host); app != apps.None {
			l.App, l.AppBy = uint16(app), uint8(by)
		}
		if h := n.names.Keep(facts.Host, &names.Client{Private: private}); h != 0 {
			e.setHost(l, h, hostContent)
		}
	}
	e.addDetail(l, facts, private)
}

// withoutPort cuts the port off a host as HTTP and SIP have it. The colons of an
// address of IPv6 stay.
func withoutPort(host []byte) []byte {
	i := bytes.LastIndexByte(host, ':')
	if i < 0 || bytes.IndexByte(host, ':') != i && host[i-1] != ']' {
		return host
	}
	for _, c := range host[i+1:] {
		if c < '0' || c > '9' {
			return host
		}
	}
	return host[:i]
}

// setHost gives a flow the name that its client asked for, a handle with its
// reference.
func (e *Engine) setHost(l *flow.Label, handle uint32, by uint8) {
	e.naming.names.Pool.Release(l.Host)
	l.Host, l.HostBy = handle, by
}

// identify finds the application of a flow by what is known of it.
func (e *Engine) identify(f *flow.Flow, l *flow.Label) {
	var host []byte
	if l.HostBy != hostReverse {
		host = e.naming.text(l.Host)
	}
	app, by := e.match(f, l, host)
	l.App, l.AppBy = uint16(app), uint8(by)
}

// match returns the application of a flow whose client asked for host. To ask a
// resolver about a name is not to use it, nor is to ping it.
func (e *Engine) match(f *flow.Flow, l *flow.Label, host []byte) (apps.App, apps.By) {
	switch dpi.Protocol(l.Protocol) {
	case dpi.ICMP, dpi.ICMPv6:
		return apps.None, apps.ByNothing
	case dpi.DNS, dpi.MDNS, dpi.LLMNR, dpi.NetBIOS:
		host = nil
	}
	s := f.Client().Other()
	return e.naming.apps.Match(host, f.Key.Addr(s), f.Key.Proto, f.Key.Port(s))
}

// private reports whether nothing of a flow's names may be kept, because a device
// at one of its ends is private.
func (e *Engine) private(f *flow.Flow) bool {
	for at := flow.A; at <= flow.B; at++ {
		if e.privateAddr(f.Key.Addr(at)) {
			return true
		}
	}
	return false
}

// privateAddr reports whether an address is a private device's: by the hardware
// address that uses it, or because the configuration says so.
func (e *Engine) privateAddr(a *packet.Addr) bool {
	if h := e.hosts.Find(a); h != nil && h.Device != nil && h.Device.Private {
		return true
	}
	d := e.devices.ByAddr(a)
	return d != nil && d.Private
}

// forgetPrivate gives up the names that devices asked for which are private by
// now; before tells which were.
func (e *Engine) forgetPrivate(before map[uint32]bool) {
	for _, d := range e.devices.All() {
		for _, id := range d.IDs() {
			if d.Private && !before[id] {
				e.forgetAsked(d, id)
			}
		}
	}
	for f, l := range e.table.Labels {
		if e.private(f) {
			e.naming.names.Pool.Release(l.Host)
			e.naming.names.Pool.Release(l.Detail)
			l.Host, l.Detail, l.HostBy = 0, 0, hostUnknown
			l.Marks |= markPrivate
		}
	}
}

// forgetAsked gives up the names that a device, or the member of it with that ID,
// asked for.
func (e *Engine) forgetAsked(d *device.Device, id uint32) {
	for _, a := range d.Addrs {
		e.naming.names.Forget(&names.Client{Device: id, Addr: a})
		if c := e.asker(&a); c.Device != id { // of the configuration's address alone
			e.naming.names.Forget(&c)
		}
	}
}

// privateIDs returns which devices are private, by all IDs that they have.
func (e *Engine) privateIDs() map[uint32]bool {
	all := make(map[uint32]bool)
	for _, d := range e.devices.All() {
		for _, id := range d.IDs() {
			all[id] = d.Private
		}
	}
	return all
}

// leave gives back what a flow's label holds when the flow ends.
func (e *Engine) leave(f *flow.Flow) {
	l := e.table.Label(f)
	e.conclude(f, l)
	e.stranger(f, l)
	e.naming.names.Pool.Release(l.Host)
	e.naming.names.Pool.Release(l.Detail)
	*l = flow.Label{}
}

// conclude ends the inspection of a flow that goes: what it looked like counts.
func (e *Engine) conclude(f *flow.Flow, l *flow.Label) {
	if f.Handle != 0 {
		e.concluded(f, l, e.naming.inspector.Close(dpi.Handle(f.Handle)))
	}
}

// concluded notes what a flow's inspection, which ended without a decision, makes
// of it.
func (e *Engine) concluded(f *flow.Flow, l *flow.Label, r dpi.Result) {
	if r.Protocol != dpi.NoProtocol {
		l.Protocol, l.By = uint8(r.Protocol), uint8(r.By)
	}
	f.Handle = 0
}

// SetApps says which applications there are from now on; flows that live are
// told anew.
func (e *Engine) SetApps(table *apps.Table) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.naming.apps = table
	e.series.forgetApps(table.NumApps(), table.NumCategories())
	for k, v := range e.appSums {
		if k.short&shortProtocol == 0 && int(k.short) >= apps.NumApps() && k.short != appOther {
			delete(e.appSums, k) // an own application, which may be another one now
			e.addApp(k.device, appOther, v)
		}
	}
	whole := e.naming.private.Level == names.KeepNames
	for f, l := range e.table.Labels {
		if own := int(l.App) >= apps.NumApps(); own || whole && l.Marks&markPrivate == 0 && !e.private(f) {
			e.identify(f, l) // else its application is known by more than what was kept
		}
	}
}

// SetPrivacy says how much of names is kept from now on. Where that changes, the
// names of flows that live are reduced, and all else is forgotten.
func (e *Engine) SetPrivacy(level names.Privacy) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := &e.naming
	n.private.Level = level
	n.names.SetPrivacy(level)
	var room [names.MaxText]byte
	for _, l := range e.table.Labels {
		if level != names.KeepNames {
			n.names.Pool.Release(l.Detail)
			l.Detail = 0
		}
		host := append(room[:0], n.text(l.Host)...)
		if e.setHost(l, n.names.Keep(host, &names.Client{}), l.HostBy); l.Host == 0 {
			l.HostBy = hostUnknown
		}
	}
}

// SetDNS says whether DNS is looked at from now on. What it told is forgotten when
// it no longer is.
func (e *Engine) SetDNS(on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := &e.naming
	n.names.SetDecode(on)
	if on {
		return
	}
	for _, l := range e.table.Labels {
		if l.HostBy != hostContent {
			e.setHost(l, 0, hostUnknown)
		}
	}
}
