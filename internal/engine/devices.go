package engine

import (
	"slices"
	"strings"

	"weir/internal/device"
)

// online reports whether d was heard lately.
func (e *Engine) online(d *device.Device) bool { return d.Online(e.now) }

// Devices returns the devices that pass f, sorted and cut as p says, and how
// many there are in all.
func (e *Engine) Devices(f Filter, p Page) ([]DeviceRow, int) {
	rows, n := e.deviceRows(f, p)
	e.nameVendors(rows)
	return rows, n
}

func (e *Engine) deviceRows(f Filter, p Page) ([]DeviceRow, int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.matcher(f)
	key := sortKey(p, DeviceSorts)
	all := e.devices.All()
	sel := e.choose(p)
	for i, d := range all {
		if m.device(d) {
			r := ref{at: uint32(i)}
			deviceKey(&r, d, key)
			sel.add(r)
		}
	}
	rows := make([]DeviceRow, 0, min(sel.n, max(p.Limit, 0), MaxRows))
	for _, r := range e.chosen(&sel) {
		rows = append(rows, e.deviceRow(all[r.at]))
	}
	e.activeFlows(rows)
	return rows, sel.n
}

// Device returns the device that has that ID, or has a member with it.
func (e *Engine) Device(id uint32) (DeviceRow, bool) {
	rows := e.oneDevice(id)
	if rows == nil {
		return DeviceRow{}, false
	}
	e.nameVendors(rows)
	return rows[0], true
}

func (e *Engine) oneDevice(id uint32) []DeviceRow {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.devices.ByID(id)
	if d == nil {
		return nil
	}
	rows := []DeviceRow{e.deviceRow(d)}
	rows[0].Evidence, rows[0].Addrs, rows[0].Hardware = d.Evidence(), e.addrRows(d), hardwareRows(d)
	e.activeFlows(rows)
	return rows
}

// nameVendors adds who made the rows' hardware, and what that tells. Addresses that
// devices made up name nobody.
func (e *Engine) nameVendors(rows []DeviceRow) {
	if e.cfg.Vendor == nil {
		return
	}
	for i := range rows {
		r := &rows[i]
		for _, m := range r.MACs {
			if m[0]&2 == 0 && r.Vendor == "" {
				r.Vendor = e.cfg.Vendor(m)
			}
		}
		for j := range r.Hardware {
			if m := r.Hardware[j].MAC; m[0]&2 == 0 {
				r.Hardware[j].Vendor = e.cfg.Vendor(m)
			}
		}
		n := device.Nature{Type: r.Type, OS: r.OS}.OfVendor(r.Vendor)
		r.Type, r.OS = n.Type, n.OS
	}
}

// DeviceName returns the key and the best name of the device with that ID.
func (e *Engine) DeviceName(id uint32) (key, name string, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.devices.ByID(id)
	if d == nil {
		return "", "", false
	}
	return d.Key, d.Name, true
}

func deviceKey(r *ref, d *device.Device, key string) {
	switch key {
	case "bytes":
		t, _ := d.Total()
		r.hi, r.lo = t.TxBytes+t.RxBytes, uint64(d.Last)
	case "last":
		r.hi = uint64(d.Last)
	case "first":
		r.hi = uint64(d.First)
	case "bps":
		r.hi, r.lo = uint64(d.TxRate)+uint64(d.RxRate), uint64(d.Last)
	case "flows":
		_, r.hi = d.Total()
	case "name":
		r.text = strings.ToLower(d.Name)
		if r.text == "" {
			r.text = "\xff" + d.Key // the unnamed after the named
		}
	}
}

func (e *Engine) deviceRow(d *device.Device) DeviceRow {
	t, flows := d.Total()
	nature := d.Nature()
	row := DeviceRow{
		ID: d.ID, IDs: d.IDs(), Name: d.Name, NameBy: d.NameBy.String(), Key: d.Key, MACs: slices.Clone(d.MACs),
		RandomMAC: d.RandomMAC(), Router: d.Router, VLAN: d.VLAN, Type: nature.Type, OS: nature.OS,
		Online: e.online(d), Since: d.Since(), First: d.First, Last: d.Last,
		Bytes: Pair[uint64]{Tx: t.TxBytes, Rx: t.RxBytes}, Packets: Pair[uint64]{Tx: t.TxPackets, Rx: t.RxPackets},
		BpsNow:     Pair[uint64]{Tx: uint64(d.TxRate) * 8, Rx: uint64(d.RxRate) * 8},
		TotalFlows: flows,
	}
	for i := range d.Members {
		m := &d.Members[i]
		row.Members = append(row.Members, MemberRow{m.ID, m.Key, slices.Clone(m.MACs), m.First, m.Last, m.Configured()})
		if m.First != 0 && (row.First == 0 || m.First < row.First) {
			row.First = m.First
		}
	}
	if d.Link != nil {
		link := *d.Link
		row.Link = &link
	}
	if int(d.Point) < len(e.points) && d.First != 0 {
		row.Interface = e.points[d.Point].name
		segment := e.segmentWhere(d)
		row.Network, row.Zone = segment.Network, segment.Zone
	}
	if pool := e.feed.pools[d.ID]; pool != 0 {
		row.Pool = e.series.names.Name(pool)
	}
	for _, m := range d.MACs {
		if port := e.ports[m]; port != "" {
			row.Port = port
		}
	}
	row.IPs = addresses(d.Addrs)
	return row
}

// activeFlows counts the live flows of the rows' devices.
func (e *Engine) activeFlows(rows []DeviceRow) {
	at := make(map[uint32]*DeviceRow, len(rows))
	for i := range rows {
		at[rows[i].ID] = &rows[i]
	}
	for _, f := range e.table.All {
		var before uint32
		for _, addr := range e.ends(f, e.table.Conn(f)) {
			h := e.hosts.Find(addr)
			if h == nil || h.Device == nil || h.Device.ID == before {
				continue // a device that talks to itself counts once
			}
			before = h.Device.ID
			if row := at[before]; row != nil {
				row.ActiveFlows++
			}
		}
	}
}

func movedBytes(d *device.Device) uint64 {
	t, _ := d.Total()
	return t.TxBytes + t.RxBytes
}

// device reports whether a device passes.
func (m *matcher) device(d *device.Device) bool {
	switch {
	case m.never,
		m.Device != 0 && d.ID != m.Device,
		m.point >= 0 && int(d.Point) != m.point,
		m.VLAN != 0 && d.VLAN != m.VLAN,
		m.MAC != "" && !d.HasMAC(m.mac),
		m.Online && !m.e.online(d),
		m.Listed && d.Hidden,
		m.placed() && !m.passes(m.e.segmentWhere(d)),
		m.MinBytes != 0 && movedBytes(d) < m.MinBytes,
		m.nameText != "" && !strings.Contains(strings.ToLower(d.Name), m.nameText):
		return false
	}
	if m.IP.IsValid() || m.IPVersion != 0 {
		ok := false
		for i := range d.Addrs {
			a := &d.Addrs[i]
			ok = ok || (!m.IP.IsValid() || contains(m.IP, a)) && (m.IPVersion == 0 || version(a) == m.IPVersion)
		}
		if !ok {
			return false
		}
	}
	return m.text == "" || d.Mentions(m.text)
}
