package engine

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"weir/internal/names"
	"weir/internal/packet"
)

// DNSRow is what was counted of the questions of one device, or of the house.
type DNSRow struct {
	Device    uint32 // 0 for the house
	Name      string // of the device
	Counts    names.Counts
	Strangers names.Strangers // flows to addresses that no answer gave; of devices
}

// ResolverRow is a resolver that the house uses.
type ResolverRow struct {
	IP          netip.Addr
	Via         string // "dns", "dot", "doh", "doq"
	House       bool   // it is in the house
	Clients     int
	Asked       uint32 // queries in the clear, or flows to it
	First, Last int64
}

// QueryRow is one question. Times are microseconds since the Unix epoch.
type QueryRow struct {
	At         int64
	Device     uint32
	DeviceName string
	Client     netip.Addr
	Name       string // "" when it may not be kept
	Type       uint16
	Via        string
	Resolver   netip.Addr
	State      string // "answered", "waiting" or "lost"
	Rcode      uint8
	Timed      bool // Took is known
	Took       time.Duration
	First      netip.Addr // first address of the answer, zero for none
}

// BypassRow is a device that asks a resolver outside of the house.
type BypassRow struct {
	Device      uint32
	DeviceName  string
	Client      netip.Addr
	Resolver    netip.Addr
	Via         string
	Count       uint32 // queries in the clear, or flows to it
	First, Last int64
}

// StrangerRow is an address outside that no DNS answer gave to anybody.
type StrangerRow struct {
	Device     uint32
	DeviceName string
	Client     netip.Addr
	Server     netip.Addr
	Proto      uint8
	Port       uint16
	Flows      uint32
	Bytes      uint64
	Last       int64
}

// DNS returns what was counted of DNS in the clear: of the house and then of each
// device that asked.
func (e *Engine) DNS() []DNSRow {
	e.mu.Lock()
	defer e.mu.Unlock()
	rows := []DNSRow{{Counts: e.naming.names.Total()}}
	for _, d := range e.devices.All() {
		if c, s, ok := e.naming.names.Client(&names.Client{Device: d.ID}); ok {
			rows = append(rows, DNSRow{Device: d.ID, Name: d.Name, Counts: c, Strangers: s})
		}
	}
	return rows
}

// DNSTop returns the names that the house or, if device is not 0, a device asks
// for most, the most wanted first.
func (e *Engine) DNSTop(device uint32) []names.Most {
	e.mu.Lock()
	defer e.mu.Unlock()
	if device == 0 {
		return e.naming.names.Top(nil)
	}
	return e.naming.names.Top(&names.Client{Device: e.whole(device)})
}

// Resolvers returns who is asked, the one asked most first.
func (e *Engine) Resolvers() []ResolverRow {
	e.mu.Lock()
	defer e.mu.Unlock()
	var rows []ResolverRow
	for _, u := range e.naming.names.Resolvers() {
		rows = append(rows, ResolverRow{
			IP: u.Addr.IP(), Via: u.Via.String(), House: u.House, Clients: u.Clients, Asked: u.Asked, First: u.First, Last: u.Last,
		})
	}
	return rows
}

// DNSLog returns the newest questions, newest first, that a device asked (0: any)
// and whose name contains text, from offset on, at most limit and MaxRows of
// them, and how many there are in all.
func (e *Engine) DNSLog(device uint32, text string, p Page) ([]QueryRow, int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	text = strings.ToLower(text)
	ids := e.memberIDs(device) // each asked under its own
	rows := make([]QueryRow, 0, min(max(p.Limit, 0), MaxRows))
	total := 0
	e.naming.names.Log(func(q *names.Query) bool {
		if device != 0 && !slices.Contains(ids, q.Device) || text != "" && !strings.Contains(string(q.Name), text) {
			return true
		}
		if total++; total > p.Offset && len(rows) < cap(rows) {
			rows = append(rows, e.queryRow(q))
		}
		return true
	})
	return rows, total
}

func (e *Engine) queryRow(q *names.Query) QueryRow {
	row := QueryRow{
		At: q.At, Device: q.Device, DeviceName: e.deviceName(q.Device), Client: q.Client.IP(), Name: string(q.Name), Type: q.Type,
		Via: q.Via.String(), Resolver: q.Resolver.IP(), State: "waiting", Rcode: q.Rcode, Timed: q.Timed, Took: q.Took,
	}
	switch {
	case q.Answered:
		row.State = "answered"
	case q.Unanswered:
		row.State = "lost"
	}
	if q.First != (packet.Addr{}) {
		row.First = q.First.IP()
	}
	return row
}

// Bypasses returns the devices that ask resolvers outside of the house and the
// addresses that nobody asked for, each the newest first.
func (e *Engine) Bypasses() ([]BypassRow, []StrangerRow) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var outside []BypassRow
	for _, b := range e.naming.names.Bypasses() {
		outside = append(outside, BypassRow{
			Device: b.Device, DeviceName: e.deviceName(b.Device), Client: b.Client.IP(), Resolver: b.Resolver.IP(), Via: b.Via.String(),
			Count: b.Count, First: b.First, Last: b.Last,
		})
	}
	var strangers []StrangerRow
	for _, s := range e.naming.names.Strangers() {
		strangers = append(strangers, StrangerRow{
			Device: s.Device, DeviceName: e.deviceName(s.Device), Client: s.Client.IP(), Server: s.Server.IP(), Proto: s.Proto, Port: s.Port,
			Flows: s.Flows, Bytes: s.Bytes, Last: s.Last,
		})
	}
	return outside, strangers
}

// deviceName returns the name of a device, "" for none.
func (e *Engine) deviceName(id uint32) string {
	if d := e.devices.ByID(id); d != nil {
		return d.Name
	}
	return ""
}
