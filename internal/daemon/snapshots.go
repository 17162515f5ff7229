package daemon

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"weir/internal/alert"
	"weir/internal/api"
	"weir/internal/clock"
	"weir/store"
	"weir/uci"
)

const (
	// archiveFolder is where the archive is in the folder of snapshots, which has the
	// configuration beside it by default.
	archiveFolder = "history"

	// A snapshot that failed is tried again after firstRetry, then after twice as
	// long each time, but no later than the next one is due.
	firstRetry = time.Minute
)

// snapshots is what is known of those that were taken.
type snapshots struct {
	again  chan struct{} // of capacity 1: when the next one is due may have changed
	taking sync.Mutex    // one at a time
	behind atomic.Bool   // the archive may hold history that the database lacks

	mu  sync.Mutex // guards what follows
	due time.Time  // the next one; zero before the first is planned
	err error      // why the last one failed
}

// openArchive opens the archive and fills a new database from it. A database on
// a file system that outlives a reboot needs none: its copies would only wear the
// same flash.
func (d *Daemon) openArchive(cfg *uci.Config) {
	st := d.store.Status()
	switch {
	case st.Durable:
		d.log.Info("history outlives a reboot where it is: it is written every ten minutes, and no snapshots are taken",
			"path", cfg.Store.Path, "fs", st.FS, "written_today", st.WrittenToday)
		return
	case cfg.Store.SnapshotPath == "":
		d.log.Warn("history is lost at a reboot: the database is in memory and option snapshot_path is empty", "path", cfg.Store.Path)
		return
	}
	dir := filepath.Join(cfg.Store.SnapshotPath, archiveFolder)
	a, report, err := store.OpenArchive(dir, cfg.Store.SnapshotSize)
	d.archive = a
	d.snapshots.behind.Store(d.store.Opened().Unfinished)
	for _, loss := range report.Words() {
		d.log.Warn("snapshots: " + loss)
	}
	if err == nil && d.snapshots.behind.Load() {
		err = d.rebuild()
	}
	d.snapshots.err = err // told when the alerts of earlier runs are there
}

// rebuild fills the database from the archive. Called with taking held, or before
// anything runs.
func (d *Daemon) rebuild() error {
	begin := time.Now()
	r, err := d.store.RebuildFrom(d.archive)
	if err == nil && r.Newest == 0 && r.Devices == 0 && r.Rows == 0 && r.Flows == 0 && len(r.Lost) == 0 {
		d.snapshots.behind.Store(false) // there never was a snapshot
		return nil
	}
	restored := restoredOf(d.now(), &r)
	d.mu.Lock()
	d.restored = &restored
	d.mu.Unlock()
	d.log.Info("history read from snapshots", "slots", restored.Slots, "devices", r.Devices, "flow_blocks", r.Flows, "rows", r.Rows,
		"took", time.Since(begin).Round(time.Millisecond))
	for _, text := range r.Words() {
		d.log.Info("history: " + text)
	}
	if err != nil {
		return fmt.Errorf("read history from snapshots: %w", err)
	}
	d.snapshots.behind.Store(false)
	return nil
}

// refill is rebuild for a database that came to be while weir ran. What is open in
// memory is stored first: the archive has a part of it, and of two sums of one
// time the fuller stays, so that nothing counts twice.
func (d *Daemon) refill() error {
	d.flush()
	if err := d.store.Commit(); err != nil {
		return err
	}
	if err := d.rebuild(); err != nil {
		return err
	}
	d.restoreKept()
	return nil
}

// snapshotSoon has the loop look anew at when the next one is due.
func (d *Daemon) snapshotSoon() {
	select {
	case d.snapshots.again <- struct{}{}:
	default: // it is to look already
	}
}

// every is how often snapshots are taken.
func (d *Daemon) every() time.Duration { return d.config.Load().Store.SnapshotEvery }

// snapshotLoop takes snapshots as often as is configured.
func (d *Daemon) snapshotLoop(ctx context.Context) error {
	last, wait, retry := time.Now(), d.every(), firstRetry
	for {
		d.snapshots.mu.Lock()
		d.snapshots.due = last.Add(wait)
		d.snapshots.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-d.snapshots.again:
			if retry == firstRetry {
				wait = d.every()
			}
			if d.snapshots.behind.Load() {
				wait = 0
			}
			continue
		case <-time.After(time.Until(last.Add(wait))):
		}
		_, err := d.Snapshot(ctx)
		last, wait = time.Now(), d.every()
		if err != nil {
			wait = min(wait, retry)
			retry *= 2
		} else {
			retry = firstRetry
		}
	}
}

// Snapshot implements api.Storage.
func (d *Daemon) Snapshot(ctx context.Context) (api.Saved, error) {
	if d.archive == nil {
		return api.Saved{}, &api.Error{Code: api.NotSupported, Message: "snapshot: none are taken here",
			Hint: "the database outlives a reboot, or option snapshot_path of section store is empty"}
	}
	if !d.dated() {
		return api.Saved{}, &api.Error{Code: api.Busy, Message: "snapshot: the clock has no date yet", Hint: "try again when NTP has set it"}
	}
	d.snapshots.taking.Lock()
	defer d.snapshots.taking.Unlock()
	var r store.SnapshotReport
	var err error
	if d.snapshots.behind.Load() {
		err = d.refill() // else the archive would take what is there for all there is
	}
	if err == nil {
		d.keepNow()
		r, err = d.store.Snapshot(ctx, d.archive, d.openSlots)
	}
	if ctx.Err() == nil || err == nil {
		d.snapshotEnded(err)
	}
	if err != nil {
		return savedOf(&r), &api.Error{Code: api.Failed, Message: err.Error()}
	}
	attrs := []any{"records", r.Records, "bytes", r.Bytes, "took", r.Took.Round(time.Millisecond)}
	if r.Refused > 0 {
		attrs = append(attrs, "no_room_for", r.Refused)
	}
	if r.Partial {
		attrs = append(attrs, "left", d.store.Status().Unsaved)
	}
	d.log.Info("snapshot", attrs...)
	return savedOf(&r), nil
}

// snapshotEnded notes how a snapshot went, and tells when they begin to fail and
// when they work again.
func (d *Daemon) snapshotEnded(err error) {
	d.snapshots.mu.Lock()
	before := d.snapshots.err
	d.snapshots.err = err
	d.snapshots.mu.Unlock()
	switch {
	case err != nil && before == nil:
		d.raiseSnapshots(err)
	case err != nil && err.Error() != before.Error():
		d.log.Error("snapshot: what is new waits for the next one", "error", err)
	case err == nil && before != nil:
		d.log.Info("snapshots are taken again", "path", d.archive.Status().Dir)
	}
}

func (d *Daemon) raiseSnapshots(err error) {
	d.raise(alert.New{Severity: alert.Error, Type: storageAlert, Subject: "snapshots", Text: "what is new waits to be saved: " + err.Error()})
}

// lastSnapshot saves what no snapshot has, as far as there is time.
func (d *Daemon) lastSnapshot(ctx context.Context) {
	if d.archive == nil {
		return
	}
	if _, err := d.Snapshot(ctx); err != nil {
		d.log.Error("no snapshot at the stop", "left", d.store.Status().Unsaved, "error", err)
	} else if left := d.store.Status().Unsaved; ctx.Err() != nil && left > 0 {
		d.log.Warn("the stop left no time to save everything: a reboot loses the rest", "left", left)
	}
}

// dated reports whether the clock has a date, proven or not.
func (d *Daemon) dated() bool {
	return d.trusted() || clock.Trusted(d.now()) != clock.Untrusted
}
