package daemon

import (
	"context"
	"errors"
	"io"
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
		st.Archive = &api.Snapshots{Status: d.archive.Status(), Every: d.snapshots.every}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	st.Restored = d.restored
	if st.Archive != nil {
		st.Archive.Next = d.snapshots.next
	}
	return st
}

// Backup implements api.Storage.
func (d *Daemon) Backup(ctx context.Context, w io.Writer) error { return d.store.Backup(ctx, w) }

// Restore implements api.Storage.
func (d *Daemon) Restore(ctx context.Context, r io.Reader) (api.Restored, error) {
	report, err := d.store.Restore(ctx, r)
	if errors.Is(err, archive.ErrForeign) {
		return api.Restored{}, &api.Error{Code: api.InvalidArgument, Message: err.Error(), Hint: "give a file that weir backup wrote"}
	}
	if err != nil {
		return restoredOf(d.now(), &report), err
	}
	d.restoreDevices()
	d.restoreAccounts()
	restored := restoredOf(d.now(), &report)
	d.log.Info("backup restored", "slots", restored.Slots, "devices", restored.Devices, "flow_blocks", restored.FlowBlocks)
	return restored, nil
}

// Prune implements api.Storage.
func (d *Daemon) Prune(context.Context) (int, error) { return d.store.Prune() }

// Reset implements api.Storage. What the archive has of it goes with the next
// snapshot, which is taken at once.
func (d *Daemon) Reset(ctx context.Context, what store.Part) error {
	if err := d.store.Reset(what); err != nil {
		return err
	}
	d.log.Warn("history was reset", "parts", uint8(what))
	if d.archive == nil {
		return nil
	}
	_, err := d.Snapshot(ctx)
	return err
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
