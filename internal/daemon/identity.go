package daemon

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"weir/internal/clock"
	"weir/internal/device"
	"weir/store"
)

// evidencePrefix begins the keys of the rows of RowState that hold evidence.
const evidencePrefix = "evidence "

const (
	presenceDays  = 92               // for which it is kept who was there
	presenceEvery = 10 * time.Minute // a row of a whole day is written anew
)

// presence is what the daemon remembers of the rows of presence.
type presence struct {
	mu    sync.Mutex // held while rows are read and written
	day   string     // whose row the engine was given back
	saved time.Time  // by the monotonic clock
}

// restoreIdentity reads the devices, what the user decided about them and what tells
// who they are, in that order.
func (d *Daemon) restoreIdentity() {
	merges, err := d.store.Rows(store.RowMerge)
	if err == nil {
		err = d.engine.LoadMerges(deviceRows(merges, ""))
	}
	if err != nil {
		d.log.Warn("which devices are one is not known from the store as far as it is damaged", "error", err)
	}
	d.restoreDevices()
	states, err := d.store.Rows(store.RowState)
	if err == nil {
		err = d.engine.LoadIdentity(d.ofDevices(deviceRows(states, evidencePrefix)), nil)
	}
	if err != nil {
		d.log.Warn("evidence about devices cannot be read from the store; it is gathered anew", "error", err)
	}
	written, err := d.store.Rows(store.RowNote)
	if n := d.notes.restore(written); err != nil || n > 0 {
		d.log.Warn("notes in the store cannot be read", "error", err, "damaged", n)
	}
	d.presence.mu.Lock()
	defer d.presence.mu.Unlock()
	d.presence.day = ""
	d.loadPresence(d.now())
	d.prunePresence(d.now())
}

// deviceRows returns the rows whose keys begin with a prefix, without it.
func deviceRows(rows []store.Row, prefix string) []device.Row {
	all := make([]device.Row, 0, len(rows))
	for _, r := range rows {
		if key, ok := strings.CutPrefix(r.Key, prefix); ok {
			all = append(all, device.Row{Key: key, Value: r.Value})
		}
	}
	return all
}

// ofDevices returns the rows that are of devices that are there; the others are deleted.
func (d *Daemon) ofDevices(rows []device.Row) []device.Row {
	keys := make(map[string]bool)
	for _, k := range d.engine.Kept() {
		keys[k.Key] = true
	}
	var gone []store.Row
	rows = slices.DeleteFunc(rows, func(r device.Row) bool {
		if !keys[r.Key] {
			gone = append(gone, store.Row{Kind: store.RowState, Key: evidencePrefix + r.Key})
		}
		return !keys[r.Key]
	})
	d.store.PutRows(gone)
	return rows
}

// loadPresence gives the engine back who was there today, if that is another day than
// at the last time: its row would be replaced else. Called with the lock held.
func (d *Daemon) loadPresence(now time.Time) {
	today := device.PresenceKey(now.Unix())
	if today == d.presence.day {
		return
	}
	d.presence.day = today
	rows, err := d.store.Rows(store.RowPresence)
	if i := slices.IndexFunc(rows, func(r store.Row) bool { return r.Key == today }); i >= 0 {
		err = d.engine.LoadIdentity(nil, rows[i].Value)
	}
	if err != nil {
		d.log.Warn("who was there today is not known from the store as far as it is damaged", "error", err)
	}
}

// prunePresence deletes what is too old. Called with the lock held.
func (d *Daemon) prunePresence(now time.Time) {
	rows, err := d.store.Rows(store.RowPresence)
	if err != nil || !d.ageing.Load() {
		return
	}
	first := device.PresenceKey(now.Unix() - presenceDays*clock.Day)
	var old []store.Row
	for _, r := range rows {
		if cmp.Less(r.Key, first) {
			old = append(old, store.Row{Kind: store.RowPresence, Key: r.Key})
		}
	}
	d.store.PutRows(old)
}

// putIdentity queues what is new of who is who for the next commit. Who was there is
// written seldom, unless all is to be.
func (d *Daemon) putIdentity(all bool) {
	d.presence.mu.Lock()
	defer d.presence.mu.Unlock()
	now := d.now()
	presence := d.dated() && (all || d.presence.saved.IsZero() || time.Since(d.presence.saved) >= presenceEvery)
	if presence {
		d.presence.saved = time.Now()
		if device.PresenceKey(now.Unix()) != d.presence.day {
			d.loadPresence(now)
			d.prunePresence(now)
		}
	}
	id := d.engine.Identity(presence)
	rows := storeRows(nil, store.RowMerge, "", id.Merges)
	rows = storeRows(rows, store.RowState, evidencePrefix, id.Evidence)
	d.store.PutRows(storeRows(rows, store.RowPresence, "", id.Presence))
}

// storeRows appends rows as the store has them, with a prefix before their keys.
func storeRows(dst []store.Row, kind uint8, prefix string, rows []device.Row) []store.Row {
	for _, r := range rows {
		dst = append(dst, store.Row{Kind: kind, Key: prefix + r.Key, Value: r.Value})
	}
	return dst
}
