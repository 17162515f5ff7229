package daemon

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"weir/internal/clock"
	"weir/internal/journal"
	"weir/store"
)

// happened notes what charts mark.
func (d *Daemon) happened(kind journal.Kind, subject, format string, args ...any) {
	d.journal.Note(d.now(), kind, subject, fmt.Sprintf(format, args...))
}

// Events implements api.World.
func (d *Daemon) Events(from, to time.Time) []journal.Event { return d.journal.Between(from, to) }

// began notes that weir did, and whether the router did a short time before.
func (d *Daemon) began() {
	const boot = 10 * time.Minute
	after := ""
	if up := d.opt.Now().Up; up < boot {
		after = fmt.Sprintf(", %v after the router", up.Round(time.Second))
	}
	d.happened(journal.Start, "", "weir %s began%s", d.opt.Version, after)
}

// restoreJournal reads the events of earlier runs.
func (d *Daemon) restoreJournal() {
	rows, err := d.store.Rows(store.RowEvent)
	if err != nil {
		d.log.Error("read events from the store; they begin anew", "error", err)
		return
	}
	kept := make([]journal.Row, len(rows))
	for i, r := range rows {
		kept[i] = journal.Row{Key: r.Key, Value: r.Value}
	}
	if n := d.journal.Load(kept); n > 0 {
		d.log.Warn("events in the store are damaged and left out", "rows", n)
	}
}

// putJournal queues the events that are not stored yet.
func (d *Daemon) putJournal() {
	var rows []store.Row
	for _, r := range d.journal.Rows() {
		rows = append(rows, store.Row{Kind: store.RowEvent, Key: r.Key, Value: r.Value})
	}
	d.store.PutRows(rows)
}

// noteStep is by how much the clock must be set to be worth a mark.
const noteStep = 2 * time.Second

// noteSet notes that the clock was set, or what it is worth now.
func (d *Daemon) noteSet(before, trust clock.Trust, step time.Duration) {
	if step.Abs() >= noteStep {
		d.happened(journal.Clock, "", "the clock was set by %v", step.Round(time.Second))
	}
	switch {
	case before == clock.Untrusted && trust != clock.Untrusted:
		d.happened(journal.Clock, "", "the clock is trusted now (%s)", trust)
	case before != clock.Untrusted && trust == clock.Untrusted:
		d.happened(journal.Clock, "", "the clock is not known to be right")
	}
}

// noteWay notes that an uplink went, came or has another address, before being how
// all were. That further addresses come and go, as of IPv6, is no mark.
func (d *Daemon) noteWay(before []wayState, now *wayState) {
	var was wayState
	if i := slices.IndexFunc(before, func(w wayState) bool { return w.name == now.name }); i >= 0 {
		was = before[i]
	}
	at := now.first()
	switch {
	case !now.up && was.up:
		d.happened(journal.Link, now.name, "%s is down", now.name)
	case now.up && !was.up && at.IsValid():
		d.happened(journal.Link, now.name, "%s is up, at %s", now.name, at)
	case now.up && !was.up:
		d.happened(journal.Link, now.name, "%s is up", now.name)
	case at != was.first() && at.IsValid():
		d.happened(journal.Link, now.name, "%s has another address: %s", now.name, at)
	case at != was.first():
		d.happened(journal.Link, now.name, "%s has no address", now.name)
	}
}

// first returns the address by which people know an uplink: that of IPv4, if there
// is one.
func (w *wayState) first() netip.Addr {
	for _, a := range w.addrs {
		if a.Is4() {
			return a
		}
	}
	if len(w.addrs) > 0 {
		return w.addrs[0]
	}
	return netip.Addr{}
}

// offloading says in a word what flow offload does.
func (f *facts) offloading() string {
	switch {
	case len(f.tables) == 0:
		return "off"
	case f.inHardware():
		return "on, in hardware"
	}
	return "on"
}

// noteFacts notes that flow offload was switched, and that traffic is counted in
// another way, as the choice says.
func (d *Daemon) noteFacts(before, now *facts, c choice, changed bool) {
	if before == nil {
		return
	}
	if o := now.offloading(); o != before.offloading() {
		d.happened(journal.Offload, "", "flow offload is %s", o)
	}
	if changed {
		d.happened(journal.Mode, string(c.mode), "counted by %s: %s", c.mode, c.why)
	}
}

// noteConfig notes that another configuration is in force.
func (d *Daemon) noteConfig(changed []string) {
	if len(changed) > 0 {
		d.happened(journal.Config, "", "another configuration is in force: %s", strings.Join(changed, ", "))
	}
}
