// Package openwrt reads what a router's own programs write down: the ports that
// miniupnpd opened for programs of the house.
//
// Input is bounded and may be anything: a file of [MaxLeaseFile] bytes,
// [MaxLeases] leases, [MaxLeaseName] bytes of a name. What is malformed is
// counted and hides nothing else. All functions may be called from several
// goroutines at a time.
package openwrt

import (
	"net/netip"
	"time"
)

// Bounds of what is read.
const (
	MaxLeaseFile = 256 << 10 // bytes of one file
	MaxLeases    = 1024      // of all files of one call
	MaxLeaseName = 64        // bytes; what miniupnpd keeps of a name itself
)

// PortLease is a port that miniupnpd opened: a mapping (IPv4) or a pinhole (IPv6).
type PortLease struct {
	Proto      uint8  // IANA protocol number
	Outside    uint16 // the port outside; of a pinhole, whose ports are not translated, TargetPort
	Target     netip.Addr
	TargetPort uint16
	Remote     netip.AddrPort // the only sender let through; invalid for any, port 0 for any port
	Expires    time.Time      // zero for never, and where miniupnpd does not tell
	Name       string         // what the program called it: printable, valid UTF-8
	PCP        bool           // asked for by NAT-PMP or PCP, else by UPnP
}

// PortLeases is what [ReadPortLeases] found.
type PortLeases struct {
	Leases    []PortLease
	Malformed int  // lines that are no lease
	Cut       bool // there was more than the bounds allow
}
