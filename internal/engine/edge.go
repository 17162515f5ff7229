package engine

import "weir/internal/packet"

// Bounds of what is known of the house's edge. What is beyond them is left out.
const (
	MaxUplinks  = 32
	MaxTunnels  = 64
	MaxMappings = 1024
)

// Uplink is a way out of the house.
type Uplink struct {
	Name  string        // as configured: wan, wwan …
	Point uint8         // observation point of flows that no host in the house is an end of
	Addrs []packet.Addr // this machine's addresses on it
	Zone  string        // of the firewall, "" for none
}

// UplinkRow is what was counted by flows over one uplink since the start: tx is
// what left the house.
type UplinkRow struct {
	Name           string
	At             int64        // microseconds since the Unix epoch: what passed until then is in it
	Bytes, Packets Pair[uint64] // of all flows; IP bytes
	Router         Pair[uint64] // bytes of those that this machine itself is an end of, as far as connection tracking counts
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
	Name        string      // of the rule, or what the program that asked for it called itself
	OpenedBy    string      // "redirect", "rule", "upnp" or "nat-pmp"
	Proto       uint8       // IANA protocol number
	First, Last uint16      // ports outside; both 0 for all of them
	Target      packet.Addr // zero for any
	Family      uint8       // of any Target: 4, 6, or 0 for both
	TargetPort  uint16      // that First leads to, 0 for the same
	Expires     int64       // microseconds since the Unix epoch, 0 for never
}

// MappingRow is a Mapping and what came through it since it is known.
type MappingRow struct {
	Mapping
	Hits  uint64       // flows that came from outside
	Bytes Pair[uint64] // tx is what the target sent
	Last  int64        // of the newest connection's packets, 0 for none yet
}

// SetTunnels says which flows carry others from now on, at most MaxTunnels of
// them. An uplink that a tunnel makes has its name, or its device has.
func (e *Engine) SetTunnels(all []Tunnel) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tunnels = append([]Tunnel(nil), all[:min(len(all), MaxTunnels)]...)
}
