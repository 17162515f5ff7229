package engine

import "net/netip"

// Page selects the part of a sorted result that a query returns.
type Page struct {
	Sort   string // a sort key of that query; "" = its default
	Desc   bool
	Limit  int // 1 to MaxRows
	Offset int
}

// Filter narrows a query; zero fields do not filter. All given fields must
// hold. Fields that name one end match either end.
type Filter struct {
	Interface   string
	Device      uint32
	IP          netip.Prefix
	MAC         string // upper case with colons
	VLAN        uint16
	App         string // application, or the protocol of flows that have none
	Service     string // protocol above IP: "tls", "dns"
	Category    string
	Host        string // substring of the name that the client asked for, case-insensitive
	Proto       uint8
	HasProto    bool // Proto counts, even as 0
	Port        uint16
	Name        string // substring of a device's or host's name, case-insensitive
	State       string
	IPVersion   uint8 // 4 or 6
	MinBytes    uint64
	MinDuration int64  // microseconds
	Dir         string // "in", "out" or "local": who opened it
	Text        string // substring of any text or address of the row
	Scope       string // hosts and flows
	Network     string // hosts, flows and devices; so is the next
	Zone        string // of the firewall
	Online      bool   // devices only; so is the next
	Listed      bool   // not those that the configuration leaves out of lists
	Source      string // flows only, as of FlowRow; so are the next three
	Offload     string
	Uplink      string
	Mapping     string  // name of the Mapping that let it in
	Country     [2]byte // flows only, of the far end (ISO 3166-1 alpha-2)
	ASN         uint32  // likewise, its autonomous system
}

// FlowSorts, HostSorts, DeviceSorts and PortSorts are the keys a Page may name
// for each query, the default first.
var (
	FlowSorts   = []string{"bytes", "last", "first", "duration", "bps", "packets", "client", "server", "port", "app", "category", "host", "proto", "name", "network", "zone"}
	HostSorts   = []string{"bytes", "last", "first", "bps", "flows", "ip", "name", "scope", "network", "zone"}
	DeviceSorts = []string{"bytes", "last", "first", "bps", "flows", "name"}
	PortSorts   = []string{"bytes", "flows", "port"}
)
