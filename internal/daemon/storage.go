package daemon

import (
	"cmp"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"weir/internal/api"
	"weir/store"
	"weir/store/archive"
)

// Storage implements api.Storage.
func (d *Daemon) Storage() api.StorageState {
	live := d.store.Status()
	st := api.StorageState{Live: &live}
	if d.archive != nil {
		st.Archive = d.archiveState()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	st.Restored = d.restored
	return st
}

func (d *Daemon) archiveState() *api.Snapshots {
	s := &api.Snapshots{Status: d.archive.Status(), Every: d.every()}
	s.FS = store.FileSystem(s.Dir)
	d.snapshots.mu.Lock()
	defer d.snapshots.mu.Unlock()
	if !d.snapshots.due.IsZero() {
		s.Next = d.now().Add(time.Until(d.snapshots.due))
	}
	s.Err = cmp.Or(s.Err, d.snapshots.err)
	return s
}

// Backup implements api.Storage. What is open in memory is stored first, so that
// the hour, day and month that are under way are in it.
func (d *Daemon) Backup(ctx context.Context, w io.Writer) error {
	d.flush()
	return d.store.Backup(ctx, w)
}

// Restore implements api.Storage.
func (d *Daemon) Restore(ctx context.Context, r io.Reader) (api.Restored, error) {
	d.flush() // of two sums of one time the fuller one stays
	d.keepNow()
	if err := d.store.Commit(); err != nil {
		return api.Restored{}, err // what waits would replace what is restored
	}
	report, err := d.store.Restore(ctx, r)
	if errors.Is(err, archive.ErrForeign) {
		return api.Restored{}, &api.Error{Code: api.InvalidArgument, Message: err.Error(), Hint: "give a file that weir backup wrote"}
	}
	d.restoreKept()
	restored := restoredOf(d.now(), &report)
	d.log.Info("backup restored", "slots", restored.Slots, "devices", restored.Devices, "flow_blocks", restored.FlowBlocks)
	return restored, err
}

// Prune implements api.Storage.
func (d *Daemon) Prune(context.Context) (int, error) { return d.store.Prune() }

// Reset implements api.Storage.
func (d *Daemon) Reset(ctx context.Context, what store.Part) error {
	if err := d.reset(what); err != nil {
		return err
	}
	d.log.Warn("history was reset", "parts", partWords(what))
	if d.archive == nil {
		return nil
	}
	_, err := d.Snapshot(ctx) // takes devices and rows from the archive, too
	return err
}

// reset forgets parts of history in memory, in the database and in the archive.
func (d *Daemon) reset(what store.Part) error {
	d.snapshots.taking.Lock()
	defer d.snapshots.taking.Unlock()
	if what&store.Slots != 0 {
		d.flush() // to go with the rest
	}
	if what&store.Rows != 0 {
		d.alerts.Load(nil)
		for _, u := range d.ledger.Uses(d.now()) {
			d.ledger.Reset(u.Quota.Name)
		}
	}
	if err := d.store.Reset(what); err != nil || d.archive == nil {
		return err
	}
	return store.ForgetIn(d.archive, d.now().Unix(), what)
}

// partWords names parts.
func partWords(what store.Part) string {
	var words []string
	for i, name := range []string{"series", "flows", "devices", "rows"} {
		if what&(1<<i) != 0 {
			words = append(words, name)
		}
	}
	return strings.Join(words, ", ")
}

// savedOf turns the store's report into the API's.
func savedOf(r *store.SnapshotReport) api.Saved {
	return api.Saved{
		Slots: r.Slots, Devices: r.Devices, Rows: r.Rows, FlowBlocks: r.Flows,
		Bytes: uint64(r.Bytes), Left: r.Refused, Took: r.Took,
	}
}

// restoredOf does the same for what was read at the time at.
func restoredOf(at time.Time, r *store.RestoreReport) api.Restored {
	out := api.Restored{At: at, Devices: r.Devices, Rows: r.Rows, FlowBlocks: r.Flows, Damaged: r.Skipped, Lost: r.Lost}
	for _, t := range r.Tiers {
		if t.Slots == 0 {
			continue
		}
		out.Slots += t.Slots
		if from := time.Unix(t.Oldest, 0); out.From.IsZero() || from.Before(out.From) {
			out.From = from
		}
		if to := time.Unix(t.Newest, 0); to.After(out.To) {
			out.To = to
		}
	}
	return out
}
