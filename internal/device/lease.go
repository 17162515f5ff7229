package device

import (
	"bytes"
	"slices"
	"sort"

	"weir/internal/packet"
)

// Lease says whose an address is, by DHCP or by a file of the router's.
type Lease struct {
	Kind     Kind       // FromLease, or FromHost or FromEthers for what was set up
	MAC      packet.MAC // zero for DHCPv6, which names clients by DUID
	DUID     []byte     // nil for none
	ClientID []byte     // of DHCPv4, where it is neither the hardware address nor has a DUID
	Name     string     // host name, "" for none
	Addrs    []packet.Addr
	Expires  int64 // microseconds since the Unix epoch, 0 for never or not known
}

// Holding is a lease that a device has.
type Holding struct {
	Addr    packet.Addr
	Kind    Kind
	Expires int64 // microseconds since the Unix epoch, 0 for never or not known
}

// leased is one address of a Lease.
type leased struct {
	addr  packet.Addr
	mac   packet.MAC
	kind  Kind
	until uint32 // seconds since the Unix epoch
}

// leasesPer is how many addresses of leases are kept for each device that fits.
const leasesPer = 2

// SetLeases says which leases there are from now on, and nothing else of leases. It
// returns the addresses that another device has than before by a lease that was
// given out: their traffic is the new one's from now on.
func (s *Devices) SetLeases(all []Lease, now int64) []packet.Addr {
	before := s.leases
	s.leases = make([]leased, 0, min(len(all), leasesPer*s.max))
	for i := range all {
		l := &all[i]
		d := s.holder(l, now)
		if d == nil {
			continue
		}
		d.Tell(l.Kind, []byte(l.Name), now)
		d.note(DUID, l.DUID, now)
		d.note(ClientID, l.ClientID, now)
		if len(d.MACs) == 0 {
			continue
		}
		mac := l.MAC
		if mac == (packet.MAC{}) {
			mac = d.MACs[0]
		}
		for _, a := range l.Addrs {
			if len(s.leases) < leasesPer*s.max {
				s.leases = append(s.leases, leased{a, mac, l.Kind, uint32(max(l.Expires, 0) / second)})
			}
		}
	}
	sort.SliceStable(s.leases, func(i, j int) bool {
		a, b := &s.leases[i], &s.leases[j]
		if c := bytes.Compare(a.addr[:], b.addr[:]); c != 0 {
			return c < 0
		}
		return a.kind > b.kind // what was given out tells more than what was set up
	})
	s.leases = slices.CompactFunc(s.leases, func(a, b leased) bool { return a.addr == b.addr })
	s.forgetUnset(now)
	return s.movedLeases(before)
}

// holder returns the device that a lease is for, making it when it is told by its
// hardware address.
func (s *Devices) holder(l *Lease, now int64) *Device {
	if l.MAC != (packet.MAC{}) {
		if d := s.byMAC[l.MAC]; d != nil {
			return d
		}
		d := s.ofMAC(l.MAC, now)
		if d != nil && d.fresh && d.First == now {
			d.First = 0 // it is known, but nobody heard it yet
		}
		return d
	}
	return s.ByDUID(l.DUID)
}

// ByDUID returns the device that identifies itself by a DUID, or by a hardware
// address that is in it (RFC 8415 sections 11.2 and 11.4), or nil.
func (s *Devices) ByDUID(duid []byte) *Device {
	if len(duid) == 0 {
		return nil
	}
	for _, d := range s.list {
		for i := 0; i < len(d.notes); {
			k, _, v, next := noteAt(d.notes, i)
			if i = next; k == DUID && bytes.Equal(v, duid[:min(len(duid), maxValue)]) {
				return d
			}
		}
	}
	switch {
	case len(duid) == 14 && string(duid[:4]) == "\x00\x01\x00\x01", len(duid) == 10 && string(duid[:4]) == "\x00\x03\x00\x01":
		return s.byMAC[packet.MAC(duid[len(duid)-6:])]
	}
	return nil
}

// forgetUnset forgets names of files that have them no more.
func (s *Devices) forgetUnset(now int64) {
	for _, d := range s.list {
		for i := 0; i < len(d.notes); {
			k, at, _, next := noteAt(d.notes, i)
			if (k == FromHost || k == FromEthers) && at/second != now/second {
				d.unnote(i)
				d.changed()
				continue
			}
			i = next
		}
	}
}

// movedLeases returns the addresses that were given to another device since.
func (s *Devices) movedLeases(before []leased) (moved []packet.Addr) {
	if before == nil {
		return nil // nothing was known
	}
	for i := range s.leases {
		l := &s.leases[i]
		at, found := find(before, &l.addr)
		if l.kind == FromLease && (!found || before[at].mac != l.mac) {
			moved = append(moved, l.addr)
		}
	}
	return moved
}

func find(all []leased, a *packet.Addr) (int, bool) {
	return slices.BinarySearchFunc(all, a, func(l leased, a *packet.Addr) int { return bytes.Compare(l.addr[:], a[:]) })
}

// leaseholder returns the device that has a lease of the address, or nil.
func (s *Devices) leaseholder(a *packet.Addr) *Device {
	if i, ok := find(s.leases, a); ok {
		return s.byMAC[s.leases[i].mac]
	}
	return nil
}

// Leased notes that a server gave an address to a hardware address, as an answer
// that passed by tells. It returns the device.
func (s *Devices) Leased(a *packet.Addr, m packet.MAC, seconds uint32, now int64) *Device {
	d := s.byMAC[m]
	if d == nil {
		return nil
	}
	l := leased{*a, m, FromLease, uint32(now/second) + seconds}
	if seconds == 1<<32-1 {
		l.until = 0
	}
	i, found := find(s.leases, a)
	switch {
	case found:
		s.leases[i] = l
	case len(s.leases) < leasesPer*s.max:
		s.leases = append(s.leases, leased{})
		copy(s.leases[i+1:], s.leases[i:])
		s.leases[i] = l
	}
	return d
}

// Holdings returns the leases that a device has.
func (s *Devices) Holdings(d *Device) []Holding {
	var all []Holding
	for i := range s.leases {
		if l := &s.leases[i]; d.HasMAC(l.mac) {
			all = append(all, Holding{l.addr, l.kind, int64(l.until) * second})
		}
	}
	return all
}
