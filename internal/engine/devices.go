package engine

import (
	"net/netip"
	"slices"
	"strings"

	"weir/internal/device"
)

// onlineFor is how long after its last packet, in microseconds, a device still
// counts as online: longer than the pauses of a sleeping phone's keep-alives.
const onlineFor = 5 * 60 * second

// online reports whether d was heard lately. A device that the store kept may have
// been heard last in what the clock takes for the future.
func (e *Engine) online(d *device.Device) bool {
	ago := e.now - d.Last
	return d.First != 0 && ago < onlineFor && ago > -onlineFor
}

// Devices returns the devices that pass f, sorted and cut as p says, and how
// many there are in all.
func (e *Engine) Devices(f Filter, p Page) ([]DeviceRow, int) {
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

// Device returns the device with that ID.
func (e *Engine) Device(id uint32) (DeviceRow, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.devices.ByID(id)
	if d == nil {
		return DeviceRow{}, false
	}
	rows := []DeviceRow{e.deviceRow(d)}
	e.activeFlows(rows)
	return rows[0], true
}

// DeviceName returns the key and the user's name of the device with that ID.
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
		r.hi, r.lo = d.TxBytes+d.RxBytes, uint64(d.Last)
	case "last":
		r.hi = uint64(d.Last)
	case "first":
		r.hi = uint64(d.First)
	case "bps":
		r.hi, r.lo = uint64(d.TxRate)+uint64(d.RxRate), uint64(d.Last)
	case "flows":
		r.hi = d.Flows
	case "name":
		r.text = strings.ToLower(d.Name)
		if r.text == "" {
			r.text = "\xff" + d.Key // the unnamed after the named
		}
	}
}

func (e *Engine) deviceRow(d *device.Device) DeviceRow {
	row := DeviceRow{
		ID: d.ID, Name: d.Name, Key: d.Key, MACs: slices.Clone(d.MACs),
		RandomMAC: d.RandomMAC(), Router: d.Router, VLAN: d.VLAN,
		Online: e.online(d), First: d.First, Last: d.Last,
		Bytes: Pair[uint64]{Tx: d.TxBytes, Rx: d.RxBytes}, Packets: Pair[uint64]{Tx: d.TxPackets, Rx: d.RxPackets},
		BpsNow:     Pair[uint64]{Tx: uint64(d.TxRate) * 8, Rx: uint64(d.RxRate) * 8},
		TotalFlows: d.Flows,
	}
	if int(d.Point) < len(e.points) && d.First != 0 {
		row.Interface = e.points[d.Point].name
	}
	row.IPs = make([]netip.Addr, len(d.Addrs))
	for i := range d.Addrs {
		row.IPs[i] = d.Addrs[i].IP()
	}
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

// device reports whether a device passes.
func (m *matcher) device(d *device.Device) bool {
	switch {
	case m.never,
		m.Device != 0 && d.ID != m.Device,
		m.point >= 0 && int(d.Point) != m.point,
		m.VLAN != 0 && d.VLAN != m.VLAN,
		m.MAC != "" && !d.HasMAC(m.mac),
		m.Online && !m.e.online(d),
		m.MinBytes != 0 && d.TxBytes+d.RxBytes < m.MinBytes,
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
