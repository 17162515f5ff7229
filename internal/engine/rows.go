package engine

import (
	"net/netip"

	"weir/internal/packet"
)

// MaxRows bounds the rows that one query copies out under the lock.
const MaxRows = 200

// Pair holds a value for each direction of a flow: from the client and from the
// server, or sent (tx) and received (rx) by a device or host.
type Pair[T any] struct{ Tx, Rx T }

// FlowRow is one live flow, copied out. Times are microseconds since the Unix
// epoch, durations and latencies microseconds, rates bits per second.
type FlowRow struct {
	ID        uint64 // stable while the flow lives
	Interface string
	VLAN      uint16
	Proto     uint8
	Protocol  string  // above IP: "tls", "dns" …, "" when it is not known
	By        string  // how Protocol is known: "content", "guess" or "port"
	App       string  // application, "" when it is not known
	AppBy     string  // how App is known: "own", "name", "network" or "port"
	Category  string  // of the application, or of the protocol; "other" when neither tells
	CDN       string  // whose infrastructure the name leads to, "" when it tells none
	Host      string  // the name that the client asked for, as far as it may be kept
	HostBy    string  // where Host is from: "content", "dns" or "house"
	ECH       bool    // the name asked for is encrypted, and Host is the outer one
	Detail    *Detail // nil when the payload told nothing more

	Client, Server Endpoint

	State      string // "S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"; "" for other protocols than TCP
	Completed  bool   // ended by FIN or RST, leaves memory soon
	OneWay     bool
	LowGoodput bool
	Sampled    bool   // counters are estimates; faults, gaps and latencies are not known
	Tunnel     string // "6in4", "gre", "ipip" or ""
	Carries    string // interface whose packets it carries: "wg0" …; then it is not counted as the house's once more
	Source     string // what counts it: "packets", "conntrack" or "records"
	Uncounted  bool   // the kernel has no counters for it: bytes and packets are not known
	Observed   bool   // every packet was seen: payload, faults, gaps and latencies are known
	Dir        string // "out", "in" or "local": who opened it
	Uplink     string // the way out that it takes, "" when it stays in the house or is not known
	Offload    string // "none", "software", "hardware", "" when nothing told
	NAT        *NAT   // nil when nothing told
	First      int64
	Last       int64

	Bytes, Packets, Payload      Pair[uint64]
	TCPFlags                     Pair[uint8]
	Retrans, OutOfOrder, Lost    Pair[uint32] // TCP only
	GapMin, GapAvg, GapMax       Pair[uint32] // inter-arrival; 0 with fewer than two packets
	RTTClient, RTTServer, RTTApp uint32       // 0 = not seen
	BpsNow, BpsPeak              uint64
}

// Endpoint is one end of a flow.
type Endpoint struct {
	IP     netip.Addr
	Port   uint16
	Scope  string // "local", "remote", "multicast", "broadcast", "router"
	Device uint32 // device ID, 0 for none
	Name   string // device or host name, "" when unknown
}

// HostRow is one address that was seen, local or remote.
type HostRow struct {
	IP                        netip.Addr
	Scope                     string
	Device                    uint32
	Name                      string
	MAC                       packet.MAC // zero when not on link
	Interface                 string
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

// DeviceRow is one thing in the house.
type DeviceRow struct {
	ID             uint32 // stable for the life of the database: the handle of Key
	Name           string
	Key            string // what names it in series: its first MAC
	MACs           []packet.MAC
	IPs            []netip.Addr // at most 16, newest first
	RandomMAC      bool
	Router         bool
	Interface      string
	VLAN           uint16
	Online         bool
	First, Last    int64
	Bytes, Packets Pair[uint64] // since First
	BpsNow         Pair[uint64]
	ActiveFlows    uint32
	TotalFlows     uint64
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
