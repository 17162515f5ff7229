package daemon

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"weir/internal/api"
	"weir/store"
	"weir/uci"
)

// archiveFolder is where the archive is in the folder of snapshots, which has the
// configuration beside it by default.
const archiveFolder = "history"

// snapshots is what is known of those that were taken.
type snapshots struct {
	taking sync.Mutex // one at a time
	every  time.Duration
	next   time.Time // guarded by Daemon.mu
}

// openArchive opens the archive and fills a new database from it. A database on
// a file system that outlives a reboot needs none: its copies would only wear the
// same flash.
func (d *Daemon) openArchive(cfg *uci.Config) {
	switch {
	case cfg.Store.SnapshotPath == "":
		return
	case d.store.Status().Durable:
		d.log.Info("history outlives a reboot where it is; no snapshots are taken", "path", cfg.Store.Path, "fs", d.store.Status().FS)
		return
	}
	dir := filepath.Join(cfg.Store.SnapshotPath, archiveFolder)
	a, report, err := store.OpenArchive(dir, cfg.Store.SnapshotSize)
	d.archive, d.snapshots.every = a, cfg.Store.SnapshotEvery
	if err != nil {
		d.log.Error("snapshots cannot be read or written; it is tried again", "path", dir, "error", err)
		return
	}
	for _, loss := range report.Words() {
		d.log.Warn("snapshots: " + loss)
	}
	if d.store.Opened().Fresh && report.Segments > 0 {
		d.rebuild()
	}
}

// rebuild fills the new database from the archive.
func (d *Daemon) rebuild() {
	begin := time.Now()
	r, err := d.store.RebuildFrom(d.archive)
	if err != nil {
		d.log.Error("read history from the snapshots; it begins anew", "error", err)
	}
	restored := restoredOf(d.now(), &r)
	d.mu.Lock()
	d.restored = &restored
	d.mu.Unlock()
	d.log.Info("history read from snapshots", "slots", restored.Slots, "devices", r.Devices, "until", restored.To.UTC().Format(time.RFC3339),
		"took", time.Since(begin).Round(time.Millisecond))
	for _, loss := range restored.Lost {
		d.log.Warn("history: " + loss)
	}
}

// snapshotLoop takes snapshots as often as is configured.
func (d *Daemon) snapshotLoop(ctx context.Context) error {
	for {
		next := d.now().Add(d.snapshots.every)
		d.mu.Lock()
		d.snapshots.next = next
		d.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(d.snapshots.every):
		}
		if _, err := d.Snapshot(ctx); err != nil {
			d.log.Error("snapshot; what is new waits for the next one", "error", err)
		}
	}
}

// Snapshot implements api.Storage.
func (d *Daemon) Snapshot(ctx context.Context) (api.Saved, error) {
	if d.archive == nil {
		return api.Saved{}, &api.Error{Code: api.NotSupported, Message: "snapshot: none are taken here",
			Hint: "the database outlives a reboot, or option snapshot_path of section store is empty"}
	}
	d.snapshots.taking.Lock()
	defer d.snapshots.taking.Unlock()
	r, err := d.store.Snapshot(ctx, d.archive, d.openSlots)
	if err != nil {
		return api.Saved{}, err
	}
	d.log.Info("snapshot", "records", r.Records, "bytes", r.Bytes, "took", r.Took.Round(time.Millisecond))
	return savedOf(&r), nil
}

// lastSnapshot saves what no snapshot has, as far as there is time.
func (d *Daemon) lastSnapshot(ctx context.Context) error {
	if d.archive == nil {
		return nil
	}
	_, err := d.Snapshot(ctx)
	if errors.Is(err, store.ErrClosed) {
		return nil
	}
	return err
}
