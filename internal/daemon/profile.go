package daemon

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"weir/internal/api"
	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/packet"
	"weir/store"
	"weir/uci"
)

// notes are what the user wrote about devices, by their keys: as many as the store
// has rows.
type notes struct {
	mu  sync.Mutex
	all map[string]device.Note
}

// restore reads the notes from the store.
func (n *notes) restore(rows []store.Row) (damaged int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = make(map[string]device.Note, len(rows))
	for _, r := range rows {
		note, err := device.ParseNote(r.Value)
		if err != nil {
			damaged++
			continue
		}
		n.all[r.Key] = note
	}
	return damaged
}

// of returns the note of a device, or of one that it was found to be, too.
func (n *notes) of(keys []string) (device.Note, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, key := range keys {
		if note, ok := n.all[key]; ok {
			return note, true
		}
	}
	return device.Note{}, false
}

// set keeps a note under the first key of a device, in place of those under all of
// them, or with an empty text keeps none. It returns the rows that say so.
func (n *notes) set(keys []string, text string, now time.Time) []store.Row {
	n.mu.Lock()
	defer n.mu.Unlock()
	rows := make([]store.Row, len(keys))
	for i, key := range keys {
		delete(n.all, key)
		rows[i] = store.Row{Kind: store.RowNote, Key: key}
	}
	if text != "" {
		note := device.Note{Text: text, At: now.UnixMicro()}
		n.all[keys[0]], rows[0].Value = note, note.Encode()
	}
	return rows
}

// keysOf returns the keys of a device and of those that it was found to be, too.
func keysOf(r *engine.DeviceRow) []string {
	keys := []string{r.Key}
	for i := range r.Members {
		keys = append(keys, r.Members[i].Key)
	}
	return keys
}

// Profile implements api.Identity.
func (d *Daemon) Profile(r *engine.DeviceRow) api.Profile {
	var p api.Profile
	if note, ok := d.notes.of(keysOf(r)); ok {
		p.Note, p.NoteAt = note.Text, time.UnixMicro(note.At)
	}
	cfg := d.config.Load()
	for i := range cfg.Devices {
		c := &cfg.Devices[i]
		if !isOf(c, r) {
			continue
		}
		if p.Icon == "" {
			p.Icon = c.Icon
		}
		if p.Icon == "" {
			p.Icon = c.Type
		}
		p.Private, p.Hidden = p.Private || c.Private, p.Hidden || c.Hidden
	}
	return p
}

// isOf reports whether a section is about a device.
func isOf(c *uci.Device, r *engine.DeviceRow) bool {
	mac := func(m uci.MAC) bool { return hasMAC(r, packet.MAC(m)) }
	ip := func(a netip.Addr) bool { return slices.Contains(r.IPs, a) }
	return slices.ContainsFunc(c.MACs, mac) || slices.ContainsFunc(c.IPs, ip)
}

// SetProfile implements api.Identity: notes go to the store, all else into the
// configuration, which is in force at once.
func (d *Daemon) SetProfile(ctx context.Context, id uint32, c api.ProfileChange) error {
	row, ok := d.engine.Device(id)
	if !ok {
		return device.ErrNoDevice
	}
	change := d.changeOf(&row, &c)
	if !change.Empty() {
		if err := d.edit(ctx, &change); err != nil {
			return err
		}
		if err := d.Reload(ctx); err != nil {
			return err
		}
	}
	if c.Note != nil {
		d.store.PutRows(d.notes.set(keysOf(&row), *c.Note, d.now()))
	}
	return nil
}

// changeOf turns a change of a device into that of its section. A new section is about
// the hardware address that the device has its key from.
func (d *Daemon) changeOf(r *engine.DeviceRow, c *api.ProfileChange) uci.DeviceChange {
	out := uci.DeviceChange{IPs: r.IPs, Name: c.Name, Type: c.Type, Icon: c.Icon, Pool: c.Pool, Private: c.Private}
	if len(r.MACs) > 0 {
		out.IPs = nil // they move
	}
	for _, m := range r.MACs {
		out.MACs = append(out.MACs, uci.MAC(m))
		if m.String() == r.Key {
			n := len(out.MACs) - 1
			out.MACs[0], out.MACs[n] = out.MACs[n], out.MACs[0]
		}
	}
	if c.Pool != nil {
		id := poolID(d.config.Load(), *c.Pool)
		out.Pool = &id
	}
	return out
}

// poolID returns the section of the group that people call so, or the name itself.
func poolID(cfg *uci.Config, name string) string {
	for i := range cfg.Pools {
		if p := &cfg.Pools[i]; p.Name == name {
			return p.ID
		}
	}
	return name
}
