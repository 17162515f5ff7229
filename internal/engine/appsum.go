package engine

import (
	"maps"
	"slices"
	"strings"

	"weir/internal/apps"
	"weir/internal/dpi"
	"weir/internal/flow"
	"weir/internal/rollup"
)

// AppRow sums what one application, or one category, moved since the start: tx is
// what the house or the device sent. Flows without an application are summed by
// their protocol.
type AppRow struct {
	Key      string // name of the application, protocol or category
	Protocol bool   // Key is a protocol
	Category string // of an application
	Bytes    Pair[uint64]
	Packets  Pair[uint64]
	Flows    uint64 // since the start
	Active   uint32 // that live
	Rate     uint64 // bits per second of those, both directions
	Share    uint32 // of the bytes of all of them, in thousandths of a per cent
}

// maxAppSums bounds the sums by device and application, houseAppSums of which are
// kept for those of the house. What finds no room is added to the device's Other,
// and that of a new device to the house's alone.
const (
	maxAppSums   = 4096
	houseAppSums = maxAppSums / 4
)

// tidyEvery is how often, in microseconds, sums of devices that left make room.
const tidyEvery = 60 * second

// appKey names a sum: device 0 is the house.
type appKey struct {
	device uint32
	short  Short
}

// appOther takes what found no sum of its own.
const appOther Short = shortProtocol - 1

// addApp adds what a flow counted to the sums of the house and of the devices at
// its ends.
func (e *Engine) addApp(device uint32, s Short, v rollup.Values) {
	k := appKey{device, s}
	sum, ok := e.appSums[k]
	if !ok && !e.roomForApp(device) {
		k.short = appOther
		if sum, ok = e.appSums[k]; !ok && device != 0 {
			return
		}
	}
	sum.Add(v)
	e.appSums[k] = sum
}

// roomForApp reports whether a device, 0 for the house, may have another sum.
func (e *Engine) roomForApp(device uint32) bool {
	limit := maxAppSums
	if device != 0 {
		limit -= houseAppSums
	}
	if len(e.appSums) >= limit && (e.tidied == 0 || e.now-e.tidied >= tidyEvery || e.now < e.tidied) {
		e.tidied = e.now
		known := make(map[uint32]bool)
		for _, d := range e.devices.All() {
			known[d.ID] = true
			for i := range d.Members {
				known[d.Members[i].ID] = true
			}
		}
		maps.DeleteFunc(e.appSums, func(k appKey, _ rollup.Values) bool { return k.device != 0 && !known[k.device] })
	}
	return len(e.appSums) < limit
}

// AppSorts are the keys a Page may name for Apps and Categories, the default
// first.
var AppSorts = []string{"bytes", "flows", "active", "bps", "key"}

// Apps returns what each application moved, of the device that f names or else of
// the house, and how many there are in all. Of f, Device, Category and Text count.
func (e *Engine) Apps(f Filter, p Page) ([]AppRow, int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.selectApps(e.sumApps(e.whole(f.Device), func(s Short) AppRow {
		return AppRow{Key: e.shortName(s), Protocol: s&shortProtocol != 0, Category: e.naming.apps.CategoryName(e.shortCategory(s))}
	}), f, p)
}

// Categories is Apps by category.
func (e *Engine) Categories(f Filter, p Page) ([]AppRow, int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.selectApps(e.sumApps(e.whole(f.Device), func(s Short) AppRow {
		return AppRow{Key: e.naming.apps.CategoryName(e.shortCategory(s))}
	}), f, p)
}

// sumApps sums by the key of what row returns for each application. Where an
// application and a protocol have one name, the row is the application's.
func (e *Engine) sumApps(device uint32, row func(Short) AppRow) []AppRow {
	place, known := make(map[string]int), make(map[Short]int) // in rows
	var rows []AppRow
	at := func(s Short) *AppRow {
		if i, ok := known[s]; ok {
			return &rows[i]
		}
		r := row(s)
		i, ok := place[r.Key]
		if !ok {
			i = len(rows)
			place[r.Key] = i
			rows = append(rows, r)
		}
		known[s] = i
		if rows[i].Protocol && !r.Protocol {
			rows[i].Protocol, rows[i].Category = false, r.Category
		}
		return &rows[i]
	}
	var sum uint64
	ids := e.memberIDs(device)
	for k, v := range e.appSums {
		if slices.Contains(ids, k.device) {
			r := at(k.short)
			r.Bytes.Tx += v.TxBytes
			r.Bytes.Rx += v.RxBytes
			r.Packets.Tx += v.TxPackets
			r.Packets.Rx += v.RxPackets
			r.Flows += v.Flows
			sum += v.TxBytes + v.RxBytes
		}
	}
	for _, f := range e.table.All {
		if device == 0 || e.atEnd(f, device) {
			r := at(Named{e, e.table.Label(f)}.Short())
			now, _ := f.Rate()
			r.Active++
			r.Rate += uint64(now) * 8
		}
	}
	for i := range rows {
		r := &rows[i]
		r.Share = uint32(100_000 * float64(r.Bytes.Tx+r.Bytes.Rx) / float64(max(sum, 1)))
	}
	return rows
}

// atEnd reports whether a device is at an end of a flow.
func (e *Engine) atEnd(f *flow.Flow, device uint32) bool {
	for _, a := range e.ends(f, e.table.Conn(f)) {
		if h := e.hosts.Find(a); h != nil && h.Device != nil && h.Device.ID == device {
			return true
		}
	}
	return false
}

// selectApps returns the rows that pass f, sorted and cut as p says, and how many
// pass.
func (e *Engine) selectApps(rows []AppRow, f Filter, p Page) ([]AppRow, int) {
	text := strings.ToLower(f.Text)
	rows = slices.DeleteFunc(rows, func(r AppRow) bool {
		return f.Category != "" && r.Category != f.Category ||
			!strings.Contains(strings.ToLower(r.Key), text) && !strings.Contains(r.Category, text)
	})
	key := sortKey(p, AppSorts)
	sel := e.choose(p)
	for i := range rows {
		row := &rows[i]
		r := ref{at: uint32(i), lo: row.Bytes.Tx + row.Bytes.Rx}
		switch key {
		case "bytes":
			r.hi = r.lo
		case "flows":
			r.hi = row.Flows
		case "active":
			r.hi = uint64(row.Active)
		case "bps":
			r.hi = row.Rate
		case "key":
			r.text = row.Key
		}
		sel.add(r)
	}
	out := make([]AppRow, 0, min(sel.n, max(p.Limit, 0), MaxRows))
	for _, r := range e.chosen(&sel) {
		out = append(out, rows[r.at])
	}
	return out, len(rows)
}

// shortName returns the name of s as series have it.
func (e *Engine) shortName(s Short) string {
	switch {
	case s == appOther:
		return "other"
	case s&shortProtocol == 0:
		return e.naming.apps.Name(apps.App(s))
	case s == shortProtocol:
		return unknown
	}
	return dpi.Protocol(s &^ shortProtocol).String()
}

func (e *Engine) shortCategory(s Short) apps.Category {
	switch {
	case s == appOther:
		return apps.Other
	case s&shortProtocol == 0:
		return e.categoryOf(&flow.Label{App: uint16(s)})
	}
	return e.categoryOf(&flow.Label{Protocol: uint8(s)})
}
