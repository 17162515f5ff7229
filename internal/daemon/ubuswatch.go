package daemon

import (
	"net/netip"
	"slices"
	"time"

	"weir/internal/api"
	"weir/internal/clock"
	"weir/internal/link"
)

// wayState is how an uplink is: scripts are told when that changes.
type wayState struct {
	uplink
	up    bool
	addrs []netip.Addr // that this machine has on it, without those of the link alone
}

// wayStates returns how uplinks are. Called with mu held.
func wayStates(all []uplink, links *link.State) []wayState {
	out := make([]wayState, len(all))
	for i, u := range all {
		out[i].uplink = u
		l, ok := byName(links, u.device)
		if !ok {
			continue
		}
		out[i].up = l.Up
		for _, a := range links.Addresses(l.Index) {
			if !a.Prefix.Addr().IsLinkLocalUnicast() {
				out[i].addrs = append(out[i].addrs, a.Prefix.Addr())
			}
		}
		slices.SortFunc(out[i].addrs, netip.Addr.Compare)
	}
	return out
}

// waysAre notes how uplinks are now, and returns how they were. Called with mu and
// locating held.
func (d *Daemon) waysAre(all []uplink) (before []wayState) {
	before = d.told
	if d.links != nil {
		d.told = wayStates(all, d.links)
	}
	return before
}

// tellWays tells which uplinks are not as they were: a line that was dialled again
// has another address. Called with locating held.
func (d *Daemon) tellWays(before []wayState) {
	if before == nil {
		return // the first look
	}
	now := slices.Clone(d.told)
	for _, b := range before { // one that is no uplink any more, as when its route went, is down
		if !slices.ContainsFunc(d.told, func(w wayState) bool { return w.name == b.name }) {
			now = append(now, wayState{uplink: b.uplink})
		}
	}
	for _, w := range now {
		same := func(b wayState) bool { return b.name == w.name && b.up == w.up && slices.Equal(b.addrs, w.addrs) }
		if slices.ContainsFunc(before, same) {
			continue
		}
		d.noteWay(before, &w)
		d.tell("link", func(e *api.Encoder) {
			e.Str("interface", w.name)
			e.Str("device", w.device)
			e.Bool("up", w.up)
			e.Array("addresses")
			for _, a := range w.addrs {
				e.Str("", a.String())
			}
			e.EndArray()
		})
	}
}

// tellClock tells that the clock was set, or what it is worth now.
func (d *Daemon) tellClock(trust clock.Trust, step time.Duration) {
	d.tell("clock", func(e *api.Encoder) {
		e.Bool("trusted", trust != clock.Untrusted)
		e.Str("source", string(trust))
		e.Milli("step", step.Milliseconds())
	})
}

// tellOffload tells that flow offload, or how weir counts because of it, is not as
// it was.
func (d *Daemon) tellOffload(before, now *facts, c choice, changed bool) {
	same := func() bool {
		return before.software == now.software && before.hardware == now.hardware && (len(before.tables) > 0) == (len(now.tables) > 0)
	}
	if before == nil || !changed && same() {
		return
	}
	software, hardware, active := now.software, now.hardware, len(now.tables) > 0
	d.tell("offload", func(e *api.Encoder) {
		e.Bool("software", software)
		e.Bool("hardware", hardware)
		e.Bool("active", active)
		e.Str("mode", string(c.mode))
		e.Str("why", c.why)
	})
}
