// Package apitest is a small recorded house that answers the methods of package
// api in tests: a phone and a laptop behind a router that offloads flows, a
// server in the house, five flows, a quarter of an hour of history and an uplink
// that was measured for an hour. It is safe for use by several goroutines.
package apitest

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"weir/internal/alert"
	"weir/internal/api"
	"weir/internal/engine"
	"weir/internal/flowlog"
	"weir/internal/packet"
	"weir/internal/source"
	"weir/internal/usage"
	"weir/store"
)

// Now is the time in the house, 2025-06-15 15:15:00 UTC.
var Now = time.Unix(1750000500, 0).UTC()

// House implements api.Traffic, api.History, api.Daemon, api.FlowLog and
// api.Storage.
type House struct {
	FlowRows   []engine.FlowRow
	HostRows   []engine.HostRow
	DeviceRows []engine.DeviceRow
	PortRows   []engine.PortRow
	AppRows    []engine.AppRow
	// MappingRows are the ports that lead into the house.
	MappingRows []engine.MappingRow

	// Questions are what is known of DNS.
	Questions Questions

	// Block, when set, is called at the beginning of Interfaces: a test may
	// wait in it.
	Block func()
	// ReloadErr is what Reload returns.
	ReloadErr error
	// StorageErr is how methods of Storage fail.
	StorageErr error
	// Repeat is how often EachFlow goes through the flows that ended, and Backup
	// writes its text; 0 for once.
	Repeat int

	mu         sync.Mutex
	pastFilter flowlog.Filter
	restored   int64
	reset      store.Part

	filter  engine.Filter
	page    engine.Page
	reloads int
	past
	uplinks usage.Meters
	kept    kept
	decided decided // guarded by mu
	alerts  *alert.Log
}

// New returns the house as it was recorded.
func New() *House {
	h := &House{
		FlowRows: recordedFlows(), HostRows: recordedHosts(),
		Questions: recordedQuestions(), DeviceRows: recordedDevices(), PortRows: recordedPorts(), AppRows: recordedApps(), MappingRows: recordedMappings(),
	}
	h.past.record()
	measure(&h.uplinks)
	h.kept.record()
	h.alerts = recordedAlerts()
	return h
}

// Backend returns an api.Backend that answers from h, at the time Now. A House that
// New did not make stores nothing.
func (h *House) Backend() *api.Backend {
	b := &api.Backend{Traffic: h, History: h, Daemon: h, Uplinks: &h.uplinks, World: h, Identity: h, Now: func() time.Time { return Now }}
	if h.alerts != nil {
		b.FlowLog, b.Storage, b.Account, b.Alerts = h, h, &h.kept, h.alerts
	}
	return b
}

// Asked returns the filter and page of the last list that was asked for.
func (h *House) Asked() (engine.Filter, engine.Page) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.filter, h.page
}

// Reloads returns how often Reload succeeded.
func (h *House) Reloads() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reloads
}

func (h *House) asked(f engine.Filter, p engine.Page) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.filter, h.page = f, p
}

// cut returns a copy of the page's rows.
func cut[R any](rows []R, p engine.Page) ([]R, int) {
	from := min(p.Offset, len(rows))
	return slices.Clone(rows[from:min(from+p.Limit, len(rows))]), len(rows)
}

// Flows returns the recorded flows in recorded order, filtered by IP protocol and
// application only.
func (h *House) Flows(f engine.Filter, p engine.Page) ([]engine.FlowRow, int) {
	h.asked(f, p)
	rows := slices.DeleteFunc(slices.Clone(h.FlowRows), func(r engine.FlowRow) bool {
		return f.HasProto && r.Proto != f.Proto || f.App != "" && f.App != cmp.Or(r.App, r.Protocol)
	})
	return cut(rows, p)
}

// Flow finds a recorded flow.
func (h *House) Flow(id uint64) (engine.FlowRow, bool) {
	return find(h.FlowRows, func(r *engine.FlowRow) bool { return r.ID == id })
}

// Hosts returns the recorded hosts in recorded order, filtered by scope only.
func (h *House) Hosts(f engine.Filter, p engine.Page) ([]engine.HostRow, int) {
	h.asked(f, p)
	rows := slices.DeleteFunc(slices.Clone(h.HostRows), func(r engine.HostRow) bool {
		return f.Scope != "" && r.Scope != f.Scope
	})
	return cut(rows, p)
}

// Host finds a recorded host.
func (h *House) Host(ip netip.Addr) (engine.HostRow, bool) {
	return find(h.HostRows, func(r *engine.HostRow) bool { return r.IP == ip })
}

// Devices returns the recorded devices in recorded order.
func (h *House) Devices(f engine.Filter, p engine.Page) ([]engine.DeviceRow, int) {
	h.asked(f, p)
	return cut(h.DeviceRows, p)
}

// Device finds a recorded device.
func (h *House) Device(id uint32) (engine.DeviceRow, bool) {
	row, ok := find(h.DeviceRows, func(r *engine.DeviceRow) bool { return r.ID == id })
	return detailed(row), ok
}

// Ports returns the recorded ports in recorded order.
func (h *House) Ports(f engine.Filter, p engine.Page) ([]engine.PortRow, int) {
	h.asked(f, p)
	return cut(h.PortRows, p)
}

// Apps returns the recorded applications in recorded order, filtered by category
// only.
func (h *House) Apps(f engine.Filter, p engine.Page) ([]engine.AppRow, int) {
	h.asked(f, p)
	rows := slices.DeleteFunc(slices.Clone(h.AppRows), func(r engine.AppRow) bool {
		return f.Category != "" && r.Category != f.Category
	})
	return cut(rows, p)
}

// Categories sums the recorded applications by category.
func (h *House) Categories(f engine.Filter, p engine.Page) ([]engine.AppRow, int) {
	h.asked(f, p)
	var rows []engine.AppRow
	for _, r := range h.AppRows {
		i := slices.IndexFunc(rows, func(c engine.AppRow) bool { return c.Key == r.Category })
		if i < 0 {
			i = len(rows)
			rows = append(rows, engine.AppRow{Key: r.Category})
		}
		c := &rows[i]
		c.Bytes.Tx, c.Bytes.Rx = c.Bytes.Tx+r.Bytes.Tx, c.Bytes.Rx+r.Bytes.Rx
		c.Packets.Tx, c.Packets.Rx = c.Packets.Tx+r.Packets.Tx, c.Packets.Rx+r.Packets.Rx
		c.Flows, c.Active, c.Rate, c.Share = c.Flows+r.Flows, c.Active+r.Active, c.Rate+r.Rate, c.Share+r.Share
	}
	return cut(rows, p)
}

// Interfaces returns the recorded interface, after Block.
func (h *House) Interfaces() []engine.InterfaceRow {
	if h.Block != nil {
		h.Block()
	}
	r := engine.InterfaceRow{
		Name: "br-lan", Frames: 48211, Wire: 41822917, Packets: 48190, Bytes: 41146000,
		Fragments: 4, FragOrphans: 1, ActiveFlows: 5, Rate: engine.Pair[uint64]{Tx: 312000, Rx: 9480000},
		PPS: 1021, LastPacket: Now.UnixMicro() - 20e3,
	}
	r.Outcomes[packet.OK], r.Outcomes[packet.NotIP] = 48190, 21
	return []engine.InterfaceRow{r}
}

// Mappings returns the recorded ports that lead into the house.
func (h *House) Mappings() []engine.MappingRow { return slices.Clone(h.MappingRows) }

// Stats returns the recorded figures.
func (h *House) Stats() engine.Stats {
	return engine.Stats{
		Flows: 5, MaxFlows: 8192, NewFlows: 518, Expired: 402, Completed: 113,
		Devices: 2, MaxDevices: 512, Hosts: 4, MaxHosts: 4096,
		Packets: 48190, Bytes: 41146000, Rate: engine.Pair[uint64]{Tx: 312000, Rx: 9480000}, PPS: 1021,
	}
}

// State returns the recorded state of the daemon.
func (h *House) State() api.State {
	return api.State{
		Version: "0.1.0", Started: Now.Add(-2 * time.Hour), ClockTrusted: true, ClockSource: "ntp",
		Mode: "hybrid", ModeWhy: "source auto: connection tracking counts bytes, and software flow offload hides packets from the bridge",
		Offload: api.Offload{Software: true, Flowtables: []api.Flowtable{
			{Table: "fw4", Name: "ft", Devices: []string{"lan1", "lan2", "wan"}, Counter: true},
		}},
		ConfigPath: "/etc/config/weir",
		Problems:   []api.Problem{{Section: "main", Option: "ring_size", Message: "ring_size 300K is not a power of two; 256K is used", Warning: true}},
		DB:         api.DB{Path: "/var/lib/weir/weir.db", FS: "tmpfs", Bytes: 327680, WrittenToday: 91022},
		Memory:     api.Memory{RSS: 9646080, Heap: 2211840, Limit: 25165824},
		CPU:        3412 * time.Millisecond,
		Bus:        api.Bus{Wanted: true, Published: true, Calls: 1204},
	}
}

// Sources returns the recorded sources.
func (h *House) Sources() []source.Status {
	return []source.Status{
		{
			Name: "br-lan", Kind: "afpacket", State: "running",
			Points: []source.Point{{Interface: "br-lan", Packets: 48211, Bytes: 41822917, Drops: 2, LastPacket: Now.UnixNano() - 20e6}},
		},
		{
			Name: "conntrack", Kind: "conntrack", State: "running",
			Tracking: &source.Tracking{
				Entries: 412, Max: 15360, Baselines: 412, Dumps: 1438, DumpTime: 3 * time.Millisecond, Every: 5 * time.Second,
				LastDump: Now.UnixNano() - 2e9, Events: 10233, Offloaded: 17, Multicast: 6, BufferBytes: 425984,
			},
		},
	}
}

// Reload counts, or returns ReloadErr.
func (h *House) Reload(context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ReloadErr == nil {
		h.reloads++
	}
	return h.ReloadErr
}

// Config returns a short configuration.
func (h *House) Config() []byte {
	return []byte("config weir 'main'\n\toption snaplen '1600'\n")
}

// CheckConfig finds one error, in a text with the word many.
func (h *House) CheckConfig(_ context.Context, text string) []api.Problem {
	if !strings.Contains(text, "many") {
		return nil
	}
	return []api.Problem{{Section: "main", Option: "snaplen", Message: `snaplen "many" is not a number; give bytes, as 1600`}}
}

// ErrReload is a reload that fails as an invalid configuration does.
var ErrReload = errors.New("/etc/config/weir: section main: unknown option snaplenn")

func find[R any](rows []R, match func(*R) bool) (R, bool) {
	for i := range rows {
		if match(&rows[i]) {
			return rows[i], true
		}
	}
	var none R
	return none, false
}
