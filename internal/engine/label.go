package engine

import (
	"weir/internal/apps"
	"weir/internal/dpi"
	"weir/internal/flow"
	"weir/internal/names"
	"weir/internal/packet"
)

// naming is what the engine names flows by.
type naming struct {
	inspector *dpi.Inspector
	apps      *apps.Table
	texts     *names.Pool
	reduce    names.Reducer
	facts     dpi.Facts // reused for every packet that is inspected
	scratch   []byte    // of texts on their way into the pool
	detail    detail    // of the flow at hand
}

// textPerFlow is how many bytes of names there may be for each flow that fits:
// most flows have one, and share it with others.
const textPerFlow = 48

func newNaming(c *Config) naming {
	n := naming{
		inspector: dpi.NewInspector(c.Inspect), apps: c.Apps, reduce: names.Reducer{Level: c.Privacy},
		texts:   names.NewPool(textPerFlow * min(c.Flows.Max, flow.MaxFlows)),
		scratch: make([]byte, 0, 2*names.MaxText),
	}
	n.detail.room = make([]byte, 0, 8*names.MaxText)
	n.detail.out = make([]byte, 0, names.MaxText)
	if n.apps == nil {
		n.apps = new(apps.Table) // the built-in ones
	}
	return n
}

// Where a label's host is from: flow.Label.HostBy.
const (
	hostUnknown uint8 = iota
	hostContent       // what the client said to the server
	hostAnswer        // the answer to a DNS question of this client
	hostHouse         // the answer to one of somebody else in the house
)

var hostNames = [...]string{"", "content", "dns", "house"}

// Marks of a label.
const (
	markECH     = 1 << iota // the name asked for is encrypted: Host is the outer one
	markNamed               // named saw the flow
	markWatched             // so did watch
)

// named finds out what can be known of a new flow before its payload is seen.
func (e *Engine) named(f *flow.Flow) *flow.Label {
	l := e.table.Label(f)
	if l.Marks&markNamed != 0 {
		return l
	}
	l.Marks |= markNamed
	if p := byPort(f); p != dpi.NoProtocol {
		l.Protocol, l.By = uint8(p), uint8(dpi.FromPort)
		if f.Key.Port(flow.A)|f.Key.Port(flow.B) == 0 {
			l.By = uint8(dpi.FromContent) // the IP header says so
		}
	}
	e.identify(f, l)
	return l
}

// watch has the payload of a flow looked at from now on, once.
func (e *Engine) watch(f *flow.Flow) {
	if l := e.named(f); l.Marks&markWatched == 0 {
		l.Marks |= markWatched
		f.Handle = uint16(e.naming.inspector.Open(f.Key.Proto))
	}
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
	n.facts = dpi.Facts{}
	r := n.inspector.Inspect(dpi.Handle(f.Handle), p, from == f.Client(), &n.facts)
	if r.Done {
		f.Handle = 0
	} else if r.Protocol == dpi.NoProtocol {
		return
	}
	l := e.table.Label(f)
	if r.Protocol != dpi.NoProtocol {
		l.Protocol, l.By = uint8(r.Protocol), uint8(r.By)
	}
	e.note(f, l, &n.facts)
}

// note keeps of a flow what its payload tells, as far as it may be kept.
func (e *Engine) note(f *flow.Flow, l *flow.Label, facts *dpi.Facts) {
	n := &e.naming
	private := e.private(f)
	if facts.ECH {
		l.Marks |= markECH
	}
	if len(facts.Host) > 0 && l.HostBy != hostContent {
		e.setHost(f, l, n.reduce.Append(n.scratch[:0], facts.Host, private), hostContent)
		if app, by := n.apps.Match(facts.Host, f.Key.Addr(f.Client().Other()), f.Key.Proto, f.Key.Port(f.Client().Other())); app != apps.None {
			// By the whole name, however little of it is kept.
			l.App, l.AppBy = uint16(app), uint8(by)
		}
	}
	e.addDetail(l, facts, private)
}

// setHost gives a flow the name that its client asked for.
func (e *Engine) setHost(f *flow.Flow, l *flow.Label, host []byte, by uint8) {
	if len(host) == 0 {
		return
	}
	h := e.naming.texts.Put(host)
	if h == 0 {
		return
	}
	e.naming.texts.Release(l.Host)
	l.Host, l.HostBy = h, by
}

// identify finds the application of a flow by what is known of it.
func (e *Engine) identify(f *flow.Flow, l *flow.Label) {
	s := f.Client().Other()
	app, by := e.naming.apps.Match(e.naming.texts.Text(l.Host), f.Key.Addr(s), f.Key.Proto, f.Key.Port(s))
	l.App, l.AppBy = uint16(app), uint8(by)
}

// private reports whether nothing of a flow's names may be kept, because a device
// at one of its ends is private.
func (e *Engine) private(f *flow.Flow) bool {
	for at := flow.A; at <= flow.B; at++ {
		if h := e.hosts.Find(f.Key.Addr(at)); h != nil && h.Device != nil && h.Device.Private {
			return true
		}
	}
	return false
}

// forgetPrivate gives up the names of flows whose device is private by now.
func (e *Engine) forgetPrivate() {
	for _, f := range e.table.All {
		if l := e.table.Label(f); l.Host|l.Detail != 0 && e.private(f) {
			e.naming.texts.Release(l.Host)
			e.naming.texts.Release(l.Detail)
			l.Host, l.Detail, l.HostBy = 0, 0, hostUnknown
		}
	}
}

// leave gives back what a flow's label holds when the flow ends.
func (e *Engine) leave(f *flow.Flow) {
	l := e.table.Label(f)
	e.conclude(f, l)
	e.naming.texts.Release(l.Host)
	e.naming.texts.Release(l.Detail)
	*l = flow.Label{}
}

// conclude ends the inspection of a flow that goes: what it looked like counts.
func (e *Engine) conclude(f *flow.Flow, l *flow.Label) {
	if f.Handle == 0 {
		return
	}
	if r := e.naming.inspector.Close(dpi.Handle(f.Handle)); r.Protocol != dpi.NoProtocol {
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
	for _, f := range e.table.All {
		e.identify(f, e.table.Label(f))
	}
}

// SetPrivacy says how much of names is kept from now on. Where it is less than
// before, what flows have is given up.
func (e *Engine) SetPrivacy(level names.Privacy) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := &e.naming
	less := level > n.reduce.Level
	n.reduce.Level = level
	if !less {
		return
	}
	for _, f := range e.table.All {
		l := e.table.Label(f)
		n.texts.Release(l.Detail)
		l.Detail = 0
		host := append(n.scratch[:0], n.texts.Text(l.Host)...)
		n.texts.Release(l.Host)
		if l.Host = n.texts.Put(n.reduce.Append(host[len(host):], host, false)); l.Host == 0 {
			l.HostBy = hostUnknown
		}
	}
}
