package engine

import (
	"weir/internal/device"
	"weir/internal/flow"
	"weir/internal/packet"
)

// Uplink is a way out of the house.
type Uplink struct {
	Name  string        // as configured: wan, wwan …
	Point uint8         // observation point of flows that no host in the house is an end of
	Addrs []packet.Addr // this machine's addresses on it
}

// UplinkRow is what was counted by flows over one uplink since the start: tx is
// what left the house.
type UplinkRow struct {
	Name           string
	At             int64        // microseconds since the Unix epoch: what passed until then is in it
	Bytes, Packets Pair[uint64] // of all flows; IP bytes
	Router         Pair[uint64] // bytes of those that this machine itself is an end of
}

// Tunnel is what carries other flows' packets over an uplink: they are not
// counted as the house's a second time.
type Tunnel struct {
	Name  string // of the interface: wg0 …
	Proto uint8  // IANA protocol number of the outer packets
	Port  uint16 // this machine's, 0 for protocols without ports
}

// Mapping is a port that leads into the house.
type Mapping struct {
	Name        string // of the rule, or what the program that asked for it called itself
	OpenedBy    string // "redirect", "rule", "upnp" or "nat-pmp"
	Proto       uint8  // IANA protocol number
	First, Last uint16 // ports outside
	Target      packet.Addr
	TargetPort  uint16 // that First leads to
	Expires     int64  // microseconds since the Unix epoch, 0 for never
}

// MappingRow is a Mapping and what came through it since it is known.
type MappingRow struct {
	Mapping
	Hits  uint64       // connections from outside
	Bytes Pair[uint64] // tx is what the target sent
	Last  int64        // of the newest connection's packets, 0 for none yet
}

// NAT is how a connection's addresses are translated.
type NAT struct {
	Orig, Reply flow.Tuple // as connection tracking has them
	Mapping     string     // the name of the Mapping that let it in, "" for none
	OpenedBy    string     // and what opened that
}

// SetUplinks says which ways out there are from now on. What was counted for an
// uplink of the same name goes on.
func (e *Engine) SetUplinks(all []Uplink) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.uplinks = all
}

// Uplinks returns what was counted over each uplink, in the order of SetUplinks.
func (e *Engine) Uplinks() []UplinkRow {
	e.mu.Lock()
	defer e.mu.Unlock()
	rows := make([]UplinkRow, len(e.uplinks))
	for i := range rows {
		rows[i] = UplinkRow{Name: e.uplinks[i].Name, At: e.swept}
	}
	return rows
}

// SetTunnels says which flows carry others from now on.
func (e *Engine) SetTunnels(all []Tunnel) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tunnels = all
}

// SetMappings says which ports lead into the house from now on. What came through
// one that stays goes on being counted.
func (e *Engine) SetMappings(all []Mapping) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mappings = all
}

// Mappings returns the ports that lead into the house, in the order of
// SetMappings.
func (e *Engine) Mappings() []MappingRow {
	e.mu.Lock()
	defer e.mu.Unlock()
	rows := make([]MappingRow, len(e.mappings))
	for i := range rows {
		rows[i].Mapping = e.mappings[i]
	}
	return rows
}

// Neighbours ties addresses to hardware addresses as the kernel's neighbour
// tables do, at the time now in microseconds since the Unix epoch: where packets
// do not tell whose they are, connection tracking alone cannot.
func (e *Engine) Neighbours(batch []device.Neighbour, now int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range batch {
		n := &batch[i]
		d := e.devices.Seen(n.MAC, n.Point, 0, now)
		if d == nil || !e.nets.Scope(&n.Addr).House() {
			continue
		}
		if h := e.hosts.Seen(&n.Addr, e.nets, n.Point, now); h != nil {
			h.Bind(d)
		}
	}
}
