package engine

import (
	"net/netip"

	"weir/internal/device"
	"weir/internal/flowlog"
	"weir/internal/packet"
)

// MaxRows bounds the rows that one query copies out under the lock.
const MaxRows = 200

// A flow's row is the flow log's, too, and its types are that package's.
type (
	FlowRow     = flowlog.Flow
	Endpoint    = flowlog.Endpoint
	Pair[T any] = flowlog.Pair[T]
	Detail      = flowlog.Detail
	NAT         = flowlog.NAT
)

// HostRow is one address that was seen, local or remote.
type HostRow struct {
	IP                        netip.Addr
	Scope                     string
	Device                    uint32
	Name                      string
	MAC                       packet.MAC // zero when not on link
	Host, HostBy              string     // what its address is called where no device has a name, and how that is known, as of a flow
	Interface                 string
	Network, Zone             string  // "" where it is not known
	Country                   [2]byte // of a remote address, zero where it is not known
	ASN                       uint32  // likewise, 0
	DeviceKey                 string  // of Device
	First, Last               int64
	Bytes, Packets            Pair[uint64]
	BpsNow                    Pair[uint64]
	AsClient                  FlowCounts
	AsServer                  FlowCounts
	Observed                  bool // packets of its flows were counted; else the next three are not known
	Retrans, OutOfOrder, Lost Pair[uint32]
}

// FlowCounts counts flows in one role.
type FlowCounts struct {
	Active, Total, LowGoodput uint32
}

// DeviceRow is one thing in the house. What has "one device" in its comment is left
// out of lists.
type DeviceRow struct {
	ID             uint32   // stable for the life of the database: the handle of Key
	IDs            []uint32 // of all series that are its history: ID, then those of its members
	Name           string   // the best that is known
	NameBy         string   // where Name is from: "user", "static_lease", "lease", "dhcp", "mdns" …
	Key            string   // what names it in series: its first MAC
	MACs           []packet.MAC
	Hardware       []MACRow     // one device: MACs and what is known of them
	IPs            []netip.Addr // at most 16, newest first
	Addrs          []AddrRow    // one device: IPs and what is known of them
	RandomMAC      bool
	Router         bool
	Vendor         string      // who made the hardware, "" where it is not known
	Type           device.Type // what it seems to be
	OS             device.OS
	Evidence       []device.Evidence // one device: the most trusted first
	Members        []MemberRow       // devices that it was found to be, too
	Link           *device.Link      // over which it is connected by radio, nil when it is not
	Port           string            // port of a bridge that it is behind, "" where that is not known
	Interface      string
	VLAN           uint16
	Network, Zone  string // where it was last seen, as SetSegments has it
	Pool           string // group that it is in
	Online         bool
	Since          int64 // when it came, 0 while it is away
	First, Last    int64
	Bytes, Packets Pair[uint64] // since First
	BpsNow         Pair[uint64]
	ActiveFlows    uint32
	TotalFlows     uint64
}

// AddrRow is an address of a device. Times are microseconds since the Unix epoch.
type AddrRow struct {
	IP          netip.Addr
	By          string // "static_lease", "ethers", "lease", "link_local", "eui64", "random", or "" for none of these
	Expires     int64  // of a lease, 0 for never or not known
	First, Last int64  // as long as it is known to be seen, 0 for not lately
}

// MACRow is a hardware address of a device. Times are microseconds since the Unix
// epoch, 0 where they are not known.
type MACRow struct {
	MAC         packet.MAC
	Vendor      string // "" where it is not known
	First, Last int64
}

// MemberRow is a device that is part of another one.
type MemberRow struct {
	ID          uint32
	Key         string
	MACs        []packet.MAC
	First, Last int64 // as one of its own, microseconds since the Unix epoch
	Configured  bool  // the configuration says so, and not the user
}

// InterfaceRow is one observation point and what was made of its frames.
type InterfaceRow struct {
	Name        string
	Frames      uint64 // frames handed over
	Wire        uint64 // bytes on the wire, link headers included
	Packets     uint64 // IP packets accounted, super-frames taken apart
	Bytes       uint64 // IP bytes accounted
	Outcomes    [packet.NumOutcomes]uint64
	Fragments   uint64 // later fragments
	FragOrphans uint64 // of those, whose first fragment was not seen
	ActiveFlows uint32
	Rate        Pair[uint64] // bits per second: sent and received by local hosts
	PPS         uint32
	LastPacket  int64 // microseconds since the Unix epoch
}

// PortRow sums the live flows of one server port.
type PortRow struct {
	Proto          uint8
	Port           uint16
	Service        string
	Bytes, Packets Pair[uint64] // tx: from clients
	Flows          uint32
}

// Untracked counts TCP connections between the house and elsewhere that frames
// showed being answered and that connection tracking never told of.
type Untracked struct{ IPv4, IPv6 uint64 }

// Stats are the engine's own figures.
type Stats struct {
	Flows, MaxFlows                       int
	NewFlows, Evicted, Expired, Completed uint64
	Devices, MaxDevices                   int
	Hosts, MaxHosts                       int
	DeviceDrops                           uint64 // devices not tracked because the table was full
	HostDrops                             uint64 // hosts given up for another one
	Packets, Bytes                        uint64
	Rate                                  Pair[uint64]
	PPS                                   uint32
	Connections                           uint64 // entries of connection tracking accounted
	ConnectionsLeft                       uint64 // and left out: this machine's with itself, and those to groups
	ConnectionDrops                       uint64 // dropped, because no observation point is known for them
	Unwatched                             uint64 // bytes of those of them that have no end in a known network
	Aliases                               int    // second views of connections known now
	AliasDrops                            uint64 // and those for which there was no room
	Untracked                             Untracked
	Tracking                              bool   // connection tracking counts; else packets do
	SlotDrops                             uint64 // 10-second slots dropped before their hour was over, to bound memory
}
