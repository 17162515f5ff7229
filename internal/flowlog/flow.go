package flowlog

import (
	"net/netip"

	"weir/internal/packet"
)

// Pair holds a value for each direction of a flow: from the client and from the
// server, or sent (tx) and received (rx) by a device or host.
type Pair[T any] struct{ Tx, Rx T }

// Flow is one flow, live or ended, copied out. Times are microseconds since the
// Unix epoch, durations and latencies microseconds, rates bits per second.
type Flow struct {
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
	HostBy    string  // where Host is from: "content", "dns", "link", "house" or "reverse"
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

	Country [2]byte // ISO 3166-1 alpha-2 of a remote address, zero when unknown
	ASN     uint32  // autonomous system that it is in, 0 when unknown

	// Of live flows, for the log keeps none of them:
	Network string // that it is in or, of a remote address, that leads there; "" when unknown
	Zone    string // that this is in
	ASName  string // whom ASN belongs to, where that was asked for
}

// Detail is what the payload of a flow told beside its protocol and name, as far
// as it was said and may be kept.
type Detail struct {
	ALPN, Version, JA4, Method, URL, UserAgent, Server, ContentType, Subject string

	Code uint16 // HTTP or SIP status, DNS response code + 1; 0 = none
}

// NAT is how a connection's addresses are translated.
type NAT struct {
	Orig, Reply packet.Tuple // as connection tracking has them
	Mapping     string       // the name of the Mapping that let it in, "" for none
	OpenedBy    string       // and what opened that
}
