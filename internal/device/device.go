// Package device knows the things in the house and the addresses that they talk
// to.
//
// A Device is keyed by identity: it has a key for good and holds the hardware and
// IP addresses that are its own over time, the evidence of what it is called and
// what it is, and the devices that the user found to be the same (Members). A Host
// is an IP address, local or remote, and a local one belongs to a device. Who was
// there when is a Visit, and what happens to devices is told as an Event.
//
// Everything is bounded. A full Devices table gives up the unnamed device that was
// quiet longest, but none that was heard lately, and takes new ones in at a limited
// pace; a full Hosts table gives up the host that was quiet longest among those it
// looks at; what a device may hold of each is limited, see the constants. What
// others say of themselves is taken as it may be: cleaned, cut and counted.
//
// Nothing here is safe for concurrent use: the engine's lock guards it, and
// pointers are valid only until the next call that may add or remove.
package device

import (
	"slices"
	"strings"

	"weir/internal/packet"
)

// Bounds of what one device may hold.
const (
	maxMACs  = 8
	maxAddrs = 16
)

// onlineFor is how long after its last packet, in microseconds, a device still
// counts as online: longer than the pauses of a sleeping phone's keep-alives.
const onlineFor = 5 * 60 * second

const second = int64(1_000_000)

// Traffic counts what a device or host sent (Tx) and received (Rx). Rates are
// bytes a second over the last tick.
type Traffic struct {
	TxBytes, RxBytes     uint64
	TxPackets, RxPackets uint64
	TxRate, RxRate       uint32

	tickTx, tickRx uint64
}

// Add counts bytes and packets of one flow.
func (t *Traffic) Add(txBytes, rxBytes, txPackets, rxPackets uint64) {
	t.TxBytes += txBytes
	t.RxBytes += rxBytes
	t.TxPackets += txPackets
	t.RxPackets += rxPackets
	t.tickTx += txBytes
	t.tickRx += rxBytes
}

// Tick turns what was counted since the tick before into a rate.
func (t *Traffic) Tick(elapsed int64) {
	t.TxRate, t.RxRate = perSecond(t.tickTx, elapsed), perSecond(t.tickRx, elapsed)
	t.tickTx, t.tickRx = 0, 0
}

func perSecond(bytes uint64, elapsed int64) uint32 {
	if bytes == 0 {
		return 0 // most hosts are quiet, and a 64-bit division is dear on 32-bit machines
	}
	return uint32(min(bytes*1e6/uint64(max(elapsed, 1)), 1<<32-1))
}

// Device is one thing in the house. Times are microseconds since the Unix epoch.
type Device struct {
	ID          uint32 // the handle of Key, never 0 while the device is in the set
	Key         string // what names it for good: its first hardware address, or address
	Name        string // the best that is known, "" for none
	NameBy      Kind   // where Name is from
	Point       uint8  // observation point where it was seen last
	VLAN        uint16 // likewise
	Router      bool   // forwards traffic of others
	Private     bool   // nothing is kept of the names of what it talks to
	Hidden      bool   // it is to be left out of lists
	MACs        []packet.MAC
	Addrs       []packet.Addr // newest first
	First, Last int64
	Flows       uint64   // flows since First, as is Traffic, without those of Members
	Members     []Member // devices that are this one, too
	Link        *Link    // over which it is connected by radio, nil when it is not
	Traffic

	given   string // name by the configuration
	givenBy Kind
	role    Type // by the configuration
	fresh   bool // nobody was told yet that it is new
	judged  bool // nature is of the notes as they are
	noted   bool // the notes changed since they were handed out
	nature  Nature
	since   int64    // when it came, 0 while it is away
	notes   []byte   // evidence, see note
	lastOf  []uint32 // when MACs were heard last, by their index, in seconds; 0 where that is not known
	heir    *Device  // that it became a member of, when it is not in the set any more
}

// RandomMAC reports whether the device's first hardware address was made up by
// the device itself (locally administered, IEEE 802 section 8.4).
func (d *Device) RandomMAC() bool { return len(d.MACs) > 0 && made(d.MACs[0]) }

// made reports whether a hardware address was given by nobody but its user.
func made(m packet.MAC) bool { return m[0]&2 != 0 }

// HasMAC reports whether the device uses that hardware address.
func (d *Device) HasMAC(m packet.MAC) bool { return slices.Contains(d.MACs, m) }

// Mentions reports whether text, in lower case, is part of the device's name or
// of one of its addresses.
func (d *Device) Mentions(text string) bool {
	if strings.Contains(strings.ToLower(d.Name), text) {
		return true
	}
	for _, m := range d.MACs {
		if strings.Contains(strings.ToLower(m.String()), text) {
			return true
		}
	}
	for i := range d.Addrs {
		if strings.Contains(d.Addrs[i].String(), text) {
			return true
		}
	}
	return false
}

// Heard notes that the device sent or received something.
func (d *Device) Heard(now int64) {
	if d.First == 0 {
		d.First = now
	}
	d.Last = max(d.Last, now)
}

// heardOn notes which of several hardware addresses was heard.
func (d *Device) heardOn(m packet.MAC, now int64) {
	if i := slices.Index(d.MACs, m); i >= 0 {
		for len(d.lastOf) < len(d.MACs) {
			d.lastOf = append(d.lastOf, 0)
		}
		d.lastOf[i] = uint32(now / second)
	}
}

// Span returns when one of the device's hardware addresses was first and last heard,
// in microseconds since the Unix epoch, 0 where that is not known.
func (d *Device) Span(m packet.MAC) (first, last int64) {
	i := slices.Index(d.MACs, m)
	if i < 0 {
		return 0, 0
	}
	if len(d.MACs) == 1 {
		return d.First, d.Last
	}
	if i < len(d.lastOf) {
		last = int64(d.lastOf[i]) * second
	}
	for j := range d.Members {
		if o := &d.Members[j]; slices.Contains(o.MACs, m) {
			return o.First, max(last, o.Last)
		}
	}
	if m.String() == d.Key {
		first = d.First
	}
	return first, last
}

// Online reports whether d was heard lately. A device that the store kept may have
// been heard last in what the clock takes for the future.
func (d *Device) Online(now int64) bool {
	ago := now - d.Last
	return d.First != 0 && ago < onlineFor && ago > -onlineFor
}

// Since returns when the device came, 0 while it is away.
func (d *Device) Since() int64 { return d.since }

// configured reports whether the configuration knows the device: one that is
// private would not be any more if it came back as a new one.
func (d *Device) configured() bool { return d.given != "" || d.Private || d.Hidden || d.role != NoType }

// forget takes an address away that the device has no more.
func (d *Device) forget(a *packet.Addr) {
	d.Addrs = slices.DeleteFunc(d.Addrs, func(b packet.Addr) bool { return b == *a })
}

// learn notes an address of the device, newest first.
func (d *Device) learn(a *packet.Addr) {
	for i := range d.Addrs {
		if d.Addrs[i] == *a {
			copy(d.Addrs[1:i+1], d.Addrs[:i])
			d.Addrs[0] = *a
			return
		}
	}
	if len(d.Addrs) < maxAddrs {
		d.Addrs = append(d.Addrs, packet.Addr{})
	}
	copy(d.Addrs[1:], d.Addrs)
	d.Addrs[0] = *a
}

// Total returns what the device and its members moved, and their flows.
func (d *Device) Total() (t Traffic, flows uint64) {
	t, flows = d.Traffic, d.Flows
	for i := range d.Members {
		m := &d.Members[i]
		t.TxBytes += m.TxBytes
		t.RxBytes += m.RxBytes
		t.TxPackets += m.TxPackets
		t.RxPackets += m.RxPackets
		flows += m.Flows
	}
	return t, flows
}

// Formed says how an address of the device was made: "link_local", "eui64" of one of
// its hardware addresses, "random", as for privacy (RFC 8981) or to be stable and
// opaque (RFC 7217), or "" where that cannot be seen.
func (d *Device) Formed(a *packet.Addr) string {
	ip := a.IP()
	m, ok := eui64(a)
	switch {
	case ip.IsLinkLocalUnicast():
		return "link_local"
	case a.Is4():
		return ""
	case ok && d.HasMAC(m):
		return "eui64"
	case a[8]|a[9]|a[10]|a[11] != 0:
		return "random"
	}
	return ""
}
