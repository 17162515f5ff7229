package engine

import (
	"net/netip"
	"slices"

	"weir/internal/device"
	"weir/internal/packet"
)

// Kept returns the devices for the store, those that are members of others in rows
// of their own: a row has what its device moved by itself. The rows share nothing
// with the engine.
func (e *Engine) Kept() []DeviceRow {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.devices.All()
	rows := make([]DeviceRow, 0, len(all))
	for _, d := range all {
		if d.First != 0 {
			row := e.deviceRow(d)
			row.MACs, row.First, row.TotalFlows = d.OwnMACs(), d.First, d.Flows
			row.count(&d.Traffic)
			rows = append(rows, row)
		}
		for i := range d.Members {
			if m := &d.Members[i]; m.First != 0 {
				row := DeviceRow{ID: m.ID, Key: m.Key, MACs: slices.Clone(m.MACs), First: m.First, Last: m.Last, TotalFlows: m.Flows}
				row.count(&m.Traffic)
				rows = append(rows, row)
			}
		}
	}
	return rows
}

func (r *DeviceRow) count(t *device.Traffic) {
	r.Bytes = Pair[uint64]{Tx: t.TxBytes, Rx: t.RxBytes}
	r.Packets = Pair[uint64]{Tx: t.TxPackets, Rx: t.RxPackets}
}

// addrRows tells what is known of a device's addresses.
func (e *Engine) addrRows(d *device.Device) []AddrRow {
	held := e.devices.Holdings(d)
	rows := make([]AddrRow, len(d.Addrs))
	for i, a := range d.Addrs {
		rows[i] = AddrRow{IP: a.IP(), By: d.Formed(&a)}
		if h := e.hosts.Find(&a); h != nil && h.Device == d {
			rows[i].First, rows[i].Last = h.First, h.Last
		}
		for _, h := range held {
			if h.Addr == a {
				rows[i].By, rows[i].Expires = h.Kind.String(), h.Expires
			}
		}
	}
	return rows
}

// hardwareRows tells what is known of a device's hardware addresses, but for vendors.
func hardwareRows(d *device.Device) []MACRow {
	rows := make([]MACRow, len(d.MACs))
	for i, m := range d.MACs {
		rows[i].MAC = m
		rows[i].First, rows[i].Last = d.Span(m)
	}
	return rows
}

// SetPorts says behind which port of a bridge hardware addresses are. The map is the
// engine's from then on.
func (e *Engine) SetPorts(all map[packet.MAC]string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ports = all
}

// SetLeases says which leases there are from now on. An address that a lease gives
// to another device than before is that one's from now on.
func (e *Engine) SetLeases(all []device.Lease, now int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range e.devices.SetLeases(all, now) {
		h, d := e.hosts.Find(&a), e.devices.ByAddr(&a)
		if h != nil && d != nil && h.Scope.House() {
			e.give(h, d, nil, now)
		}
	}
}

// SetStations says which devices the access points of this machine serve.
func (e *Engine) SetStations(all []device.Station, now int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.devices.SetStations(all, now)
}

// SetUnlinked names the observation points where devices have no hardware address,
// such as tunnels: there each address is a device.
func (e *Engine) SetUnlinked(points []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unlinked = make(map[string]bool, len(points))
	for _, name := range points {
		e.unlinked[name] = true
	}
}

// Merge makes one device a part of another, as the user says. The errors are those
// of device.Devices.
func (e *Engine) Merge(into, from uint32) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	to, of, before := e.devices.ByID(into), e.devices.ByID(from), e.privateIDs()
	if err := e.devices.Merge(to, of); err != nil {
		return err
	}
	e.hosts.Rebind()
	e.forgetPrivate(before)
	return nil
}

// Split makes the device that uses a hardware address one of its own again, and
// returns its ID.
func (e *Engine) Split(id uint32, mac packet.MAC) (uint32, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d, err := e.devices.Split(e.devices.ByID(id), mac)
	if err != nil {
		return 0, err
	}
	e.reclaim()
	return d.ID, nil
}

// Undo takes back the last Merge or Split.
func (e *Engine) Undo() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.devices.Undo(); err != nil {
		return err
	}
	e.reclaim()
	return nil
}

// reclaim gives addresses back to devices that are ones of their own again, as far
// as leases and the addresses themselves tell.
func (e *Engine) reclaim() {
	e.hosts.Rebind()
	for h := range e.hosts.All {
		if h.Device == nil || !h.Scope.House() {
			continue
		}
		if d := e.devices.ByAddr(&h.Addr); d != nil && d != h.Device {
			h.Move(d)
		}
	}
}

// Forget lets a device go with all that is known about it but its history, and
// returns the keys of the rows that the store has of it.
func (e *Engine) Forget(id uint32) ([]string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	keys, err := e.devices.Forget(e.devices.ByID(id))
	if err != nil {
		return nil, err
	}
	e.hosts.Rebind()
	return keys, nil
}

// Members returns the handles of all series that are the history of the device that
// has the ID, or has a member with it: the device's own first. A device that is not
// known is its only one.
func (e *Engine) Members(id uint32) []uint32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.memberIDs(id)
}

func (e *Engine) memberIDs(id uint32) []uint32 {
	if id != 0 {
		if d := e.devices.ByID(id); d != nil {
			return d.IDs()
		}
	}
	return []uint32{id}
}

// whole returns the ID of the device that has an ID, or has a member with it; an ID
// that is not known stays as it is.
func (e *Engine) whole(id uint32) uint32 {
	return e.memberIDs(id)[0]
}

// Wholes returns the device that each member's series belongs to, by the series'
// handle: readers of all devices' series add them up by it.
func (e *Engine) Wholes() map[uint32]uint32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	whole := make(map[uint32]uint32)
	for _, d := range e.devices.All() {
		for i := range d.Members {
			whole[d.Members[i].ID] = d.ID
		}
	}
	return whole
}

// Suggestions returns which devices may be one, the surest first: all pairs for 0,
// else those with the device that has the ID.
func (e *Engine) Suggestions(id uint32) []device.Suggestion {
	e.mu.Lock()
	defer e.mu.Unlock()
	if id == 0 {
		return e.devices.Suggest(e.now)
	}
	d := e.devices.ByID(id)
	if d == nil {
		return nil
	}
	return e.devices.SuggestFor(d, e.now)
}

// DeviceEvents returns what happened to devices since it was last called, in order.
func (e *Engine) DeviceEvents() []device.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.devices.Events()
}

// Visits returns when the device was there today.
func (e *Engine) Visits(id uint32) []device.Visit {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.devices.ByID(id)
	if d == nil {
		return nil
	}
	return e.devices.Visits(d, e.now)
}

// Identity is what the store keeps of who is who, beside the devices themselves.
type Identity struct {
	Merges   []device.Row // what the user decided
	Evidence []device.Row // by the keys of devices
	Presence []device.Row // who was there, by days; see device.ParsePresence
}

// Identity returns what is new of that since it was last called. Presence is left
// out unless the clock is trusted: its rows are named by the date.
func (e *Engine) Identity(trusted bool) Identity {
	e.mu.Lock()
	defer e.mu.Unlock()
	id := Identity{Merges: e.devices.MergeRows(), Evidence: e.devices.EvidenceRows()}
	if trusted {
		id.Presence = e.devices.PresenceRows(e.now)
	}
	return id
}

// LoadMerges takes back what the user decided about devices. It goes before
// Restore. The error tells of rows that are damaged; the others count.
func (e *Engine) LoadMerges(rows []device.Row) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	err := e.devices.LoadMerges(rows)
	e.hosts.Rebind()
	return err
}

// LoadIdentity takes back evidence, and the row of today of presence, nil for none.
// It goes after Restore.
func (e *Engine) LoadIdentity(evidence []device.Row, today []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, row := range evidence {
		e.devices.LoadEvidence(row)
	}
	if today == nil {
		return nil
	}
	return e.devices.LoadPresence(today)
}

// addresses copies out addresses.
func addresses(all []packet.Addr) []netip.Addr {
	ips := make([]netip.Addr, len(all))
	for i := range all {
		ips[i] = all[i].IP()
	}
	return ips
}
