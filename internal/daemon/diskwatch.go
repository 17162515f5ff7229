package daemon

import "weir/internal/alert"

// diskWatch tells when the database begins to fail, loses something, is replaced by
// another one, and recovers.
type diskWatch struct {
	failing  bool
	dropped  uint64
	reopened uint64
}

func (w *diskWatch) look(d *Daemon) {
	st := d.store.Status()
	switch failing := st.Err != nil; {
	case failing && !w.failing:
		d.raise(alert.New{Severity: alert.Error, Type: storageAlert, Subject: "database", Text: waiting(st) + ": " + st.Err.Error()})
	case !failing && w.failing:
		d.log.Info("history is saved again", "path", st.Path)
	}
	if lost := st.Dropped + st.DroppedFlows; lost > w.dropped {
		d.log.Error("history is lost: too much waits to be saved", "slots_and_flow_blocks", lost-w.dropped)
		w.dropped = lost
	}
	if st.Reopened > w.reopened {
		d.reopened()
	}
	w.failing, w.reopened = st.Err != nil, st.Reopened
}

// reopened tells why the store took to another database, and has the snapshots
// read into one that is new.
func (d *Daemon) reopened() {
	o := d.store.Opened()
	switch {
	case o.MovedTo != "":
		d.raiseDamaged(o)
	case o.Fresh:
		d.raise(alert.New{Severity: alert.Error, Type: storageAlert, Subject: "vanished",
			Text: "the database has vanished and could not be written again; another one begins"})
	default:
		d.log.Warn("the database had vanished and is at its place again", "path", d.store.Status().Path)
		return
	}
	if d.archive != nil && o.Fresh {
		d.snapshots.behind.Store(true)
		d.snapshotSoon()
	}
}
