package daemon

import (
	"slices"
	"sort"

	"weir/internal/api"
	"weir/internal/clock"
	"weir/internal/device"
	"weir/internal/packet"
	"weir/store"
)

// Suggestions implements api.Identity.
func (d *Daemon) Suggestions(id uint32) []device.Suggestion { return d.engine.Suggestions(id) }

// MergeDevices implements api.Identity.
func (d *Daemon) MergeDevices(into, from uint32) error {
	return d.decided(d.engine.Merge(into, from))
}

// SplitDevice implements api.Identity.
func (d *Daemon) SplitDevice(id uint32, mac packet.MAC) (uint32, error) {
	own, err := d.engine.Split(id, mac)
	return own, d.decided(err)
}

// UndoDevices implements api.Identity.
func (d *Daemon) UndoDevices() error { return d.decided(d.engine.Undo()) }

// decided keeps what the user decided, unless that failed. What passed until then is
// of the devices as they were.
func (d *Daemon) decided(err error) error {
	if err != nil {
		return err
	}
	d.keepNow()
	d.regroup()
	return nil
}

// ForgetDevice implements api.Identity.
func (d *Daemon) ForgetDevice(id uint32) error {
	keys, err := d.engine.Forget(id)
	if err != nil {
		return err
	}
	gone := make([]store.Device, len(keys))
	rows := d.notes.set(keys, "", d.now())
	for i, key := range keys {
		gone[i] = store.Device{Key: key, Forgotten: true}
		rows = append(rows, store.Row{Kind: store.RowState, Key: evidencePrefix + key})
	}
	d.store.PutDevices(gone)
	d.store.PutRows(rows)
	d.forgetStays(keys)
	return d.decided(nil)
}

// forgetStays takes out of the rows of presence when devices were there.
func (d *Daemon) forgetStays(keys []string) {
	d.presence.mu.Lock()
	defer d.presence.mu.Unlock()
	rows, err := d.store.Rows(store.RowPresence)
	if err != nil {
		d.log.Error("forget when a device was there", "error", err)
	}
	var changed []store.Row
	for _, r := range rows {
		if value, ok := device.ForgetPresence(r.Value, keys); ok {
			changed = append(changed, store.Row{Kind: r.Kind, Key: r.Key, Value: value})
		}
	}
	d.store.PutRows(changed)
}

// Stays implements api.Identity. Days before today are those of the store.
func (d *Daemon) Stays(id uint32, from, to int64) ([]api.Stay, error) {
	row, ok := d.engine.Device(id)
	if !ok {
		return nil, device.ErrNoDevice
	}
	rows, err := d.store.Rows(store.RowPresence)
	if err != nil {
		return nil, err
	}
	keys := keysOf(&row)
	first, last := device.PresenceKey(from-clock.Day), device.PresenceKey(to)
	var all []api.Stay
	add := func(v device.Visit) {
		if v.To >= from && v.From < to && slices.Contains(keys, v.Key) {
			all = append(all, api.Stay{From: max(v.From, from), To: min(v.To, to)})
		}
	}
	for _, r := range rows {
		if r.Key < first || r.Key > last {
			continue
		}
		visits, _ := device.ParsePresence(r.Value) // what is sound of it
		for _, v := range visits {
			add(v)
		}
	}
	for _, v := range d.engine.Visits(id) {
		add(v)
	}
	return joined(all), nil
}

// joined sorts stays and makes one of those that touch or overlap, as they do at
// midnight and where a device was found to be two.
func joined(all []api.Stay) []api.Stay {
	sort.Slice(all, func(i, j int) bool { return all[i].From < all[j].From })
	var out []api.Stay
	for _, s := range all {
		if n := len(out); n > 0 && s.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out
}
