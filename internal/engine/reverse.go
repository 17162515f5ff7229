package engine

import (
	"time"

	"weir/internal/device"
	"weir/internal/flow"
	"weir/internal/packet"
)

// What is looked up in reverse. The name of a flow's server may still come from its
// first payloads, so it is waited for. Whose flow moves less than busyBytes is
// asked for only when somebody looks at it: a scan or a swarm has thousands of ends
// that nobody will.
const (
	busyBytes   = 10_000
	settledTime = 5 * second
)

// wonder has the ends of a busy flow looked up whose names nothing told. It is
// called once a roll for a flow that goes on, and mostly finds that it did.
func (e *Engine) wonder(f *flow.Flow) {
	if e.cfg.Reverse == nil || f.Bytes(flow.A)+f.Bytes(flow.B) < busyBytes || f.Last-f.First < settledTime {
		return
	}
	if l := e.table.Label(f); l.Marks&markWondered == 0 && e.askEnds(f, l) {
		l.Marks |= markWondered
	}
}

// wonderShown does it for a flow that is shown.
func (e *Engine) wonderShown(f *flow.Flow) {
	if e.cfg.Reverse != nil {
		e.askEnds(f, e.table.Label(f))
	}
}

// askEnds asks for the ends of a flow whose names nothing told, and reports whether
// that is done. Of a private device's flows nothing is asked: the question itself
// would tell whom it talks to.
func (e *Engine) askEnds(f *flow.Flow, l *flow.Label) (done bool) {
	if l.Marks&markPrivate != 0 || e.private(f) {
		return true
	}
	done = true
	for at := flow.A; at <= flow.B; at++ {
		a := f.Key.Addr(at)
		switch e.scopeOf(a) {
		case device.Local:
			done = e.askHouse(a) && done
		case device.Remote:
			if at == f.Client() || l.Host == 0 || l.HostBy == hostReverse {
				done = e.ask(a, false) && done
			}
		}
	}
	e.lookBack(f, l)
	return done
}

// askHouse asks for an address of the house that has no other name. Where networks
// are guessed, private addresses may be another house's.
func (e *Engine) askHouse(a *packet.Addr) (done bool) {
	if e.nets.Guessed {
		return true
	}
	if h := e.hosts.Find(a); h != nil && h.Device != nil && h.Device.Name != "" && h.Device.NameBy != device.FromReverse {
		return true
	}
	return e.ask(a, true)
}

// ask asks for an address if that is due, and reports whether there is nothing to
// try again.
func (e *Engine) ask(a *packet.Addr, house bool) (done bool) {
	known := &e.naming.names.Reverse
	if !known.Due(a, house, e.now) {
		return true
	}
	taken, full := e.cfg.Reverse(*a, house)
	if taken {
		known.Asked(a, e.now)
	}
	return !full
}

// lookBack names a flow by what its server's address is called, if nothing better
// is known. It never tells the application: whoever owns an address calls it what
// he likes.
func (e *Engine) lookBack(f *flow.Flow, l *flow.Label) {
	if l.Host != 0 && l.HostBy != hostReverse || l.Marks&markPrivate != 0 {
		return
	}
	n := e.naming.names
	if h := n.Reverse.Name(f.Key.Addr(f.Client().Other())); h != 0 && h != l.Host {
		e.setHost(l, n.Pool.Hold(h), hostReverse)
	}
}

// Called takes what came of a question that Config.Reverse took: what the address
// is called, nil for nothing, which holds for some time. The name is not kept.
func (e *Engine) Called(a packet.Addr, name []byte, hold time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	kept := e.naming.names.Reverse.Learn(&a, name, uint32(hold/time.Second), e.now)
	if h := e.hosts.Find(&a); len(name) > 0 && h != nil && h.Scope == device.Local && h.Device != nil {
		h.Device.Tell(device.FromReverse, name, e.now)
	}
	if kept == 0 {
		return
	}
	for f, l := range e.table.Labels {
		if *f.Key.Addr(f.Client().Other()) == a && !e.private(f) {
			e.lookBack(f, l)
		}
	}
}

// ForgetReverse forgets what addresses are called by reverse lookup, because others
// are to be looked up from now on, or none. Devices keep their names.
func (e *Engine) ForgetReverse() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.naming.names.Reverse.Forget()
	for _, l := range e.table.Labels {
		l.Marks &^= markWondered
		if l.HostBy == hostReverse {
			e.setHost(l, 0, hostUnknown)
		}
	}
}

// hostCalled fills what a host's address is called, where its device has no name,
// and has that looked up where it is in the house. What is outside is asked for
// with its flows, which tell whether that is allowed.
func (e *Engine) hostCalled(row *HostRow, h *device.Host) {
	if e.cfg.Reverse == nil || row.Name != "" {
		return
	}
	if h.Scope == device.Local {
		e.askHouse(&h.Addr)
	}
	n := e.naming.names
	if row.Host = string(n.Pool.Text(n.Reverse.Name(&h.Addr))); row.Host != "" {
		row.HostBy = hostNames[hostReverse]
	}
}
