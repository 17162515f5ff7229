// Package device knows the things in the house and the addresses that they talk
// to.
//
// A Device is keyed by identity, so far its hardware addresses; a Host is an IP
// address, local or remote, and a local one belongs to a device. Both live in
// bounded tables: a full Devices table gives up the unnamed device that was
// quiet longest, a full Hosts table the host that was quiet longest among those
// it looks at. Nothing here is safe for concurrent use: the engine's lock guards
// it, and pointers are valid only until the next call that may add or remove.
package device

import (
	"net/netip"
	"slices"
	"strings"

	"weir/internal/packet"
)

// Bounds of what one device may hold.
const (
	maxMACs  = 8
	maxAddrs = 16
)

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
	Name        string // given by the user, else ""
	MACs        []packet.MAC
	Addrs       []packet.Addr // newest first
	First, Last int64
	Point       uint8  // observation point where it was seen last
	VLAN        uint16 // likewise
	Router      bool   // forwards traffic of others
	Private     bool   // nothing is kept of the names of what it talks to
	Flows       uint64 // flows since First, as is Traffic
	Traffic
}

// RandomMAC reports whether the device's first hardware address was made up by
// the device itself (locally administered, IEEE 802 section 8.4).
func (d *Device) RandomMAC() bool { return len(d.MACs) > 0 && d.MACs[0][0]&2 != 0 }

// ByKey returns the device with that key, or nil.
func (s *Devices) ByKey(key string) *Device {
	for _, d := range s.list {
		if d.Key == key {
			return d
		}
	}
	return nil
}

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

// Named is a device that the configuration knows.
type Named struct {
	Name    string
	Private bool // nothing is kept of the names of what it talks to
	MACs    []packet.MAC
	IPs     []netip.Addr // of devices behind another router, whose MAC is not seen
}

// Devices is a bounded set of devices. Make it with NewDevices.
type Devices struct {
	max     int
	stale   int64 // microseconds after which an unnamed device may be given up; 0 = never before it is full
	list    []*Device
	byMAC   map[packet.MAC]*Device
	byAddr  map[packet.Addr]*Device // configured by address
	handle  func(key string) uint32
	Dropped uint64 // devices not tracked because all others are named or fresh
	Evicted uint64 // devices given up for another one
}

// NewDevices returns an empty set of at most limit devices. A device that the
// configuration does not know leaves stale microseconds after it was last seen.
// handle turns a device's key into its ID, the same one every time, or into 0 when
// it has no more.
func NewDevices(limit int, stale int64, handle func(key string) uint32) *Devices {
	return &Devices{max: limit, stale: stale, handle: handle,
		byMAC: make(map[packet.MAC]*Device), byAddr: make(map[packet.Addr]*Device)}
}

// Len returns the number of devices, Max the most that fit.
func (s *Devices) Len() int { return len(s.list) }

// Max returns the most devices that fit.
func (s *Devices) Max() int { return s.max }

// All returns the devices in the order in which they came. The slice is the
// set's own.
func (s *Devices) All() []*Device { return s.list }

// ByID returns the device with that ID, or nil.
func (s *Devices) ByID(id uint32) *Device {
	for _, d := range s.list {
		if d.ID == id {
			return d
		}
	}
	return nil
}

// Configure names devices. One that was named before and is not any more loses
// its name; a name given to several hardware addresses joins them in one device
// as far as they are not known as two already.
func (s *Devices) Configure(known []Named, now int64) {
	for _, d := range s.list {
		d.Name, d.Private = "", false
	}
	clear(s.byAddr)
	for _, k := range known {
		var d *Device
		for _, m := range k.MACs {
			if d = s.byMAC[m]; d != nil {
				break
			}
		}
		if d == nil {
			d = s.ByKey(k.key())
		}
		if d == nil {
			if d = s.add(k.key(), now); d == nil {
				continue
			}
			d.First, d.Last = 0, 0 // not seen yet
		}
		d.Name, d.Private = k.Name, d.Private || k.Private
		for _, m := range k.MACs {
			if other := s.byMAC[m]; other != nil { // known as two, which stay two
				other.Private = other.Private || k.Private
			}
		}
		s.own(d, k.MACs)
		for _, ip := range k.IPs {
			a := packet.AddrOf(ip)
			s.byAddr[a] = d
			d.learn(&a)
		}
	}
}

// key returns what names the device in series.
func (k *Named) key() string {
	if len(k.MACs) > 0 {
		return k.MACs[0].String()
	}
	if len(k.IPs) > 0 {
		return k.IPs[0].String()
	}
	return ""
}

// own gives hardware addresses that nobody has to d.
func (s *Devices) own(d *Device, macs []packet.MAC) {
	for _, m := range macs {
		if s.byMAC[m] == nil && len(d.MACs) < maxMACs {
			s.byMAC[m] = d
			d.MACs = append(d.MACs, m)
		}
	}
}

// Kept is a device as the store kept it.
type Kept struct {
	Key         string
	MACs        []packet.MAC
	Addrs       []packet.Addr
	First, Last int64
	Flows       uint64
	Traffic
}

// Restore puts back a device that the store kept, if there is room and none of
// its hardware addresses belongs to another one by now.
func (s *Devices) Restore(k *Kept) {
	if len(s.list) >= s.max {
		return
	}
	for _, m := range k.MACs {
		if s.byMAC[m] != nil {
			return
		}
	}
	if d := s.add(k.Key, k.Last); d != nil {
		s.own(d, k.MACs)
		d.First, d.Last, d.Flows, d.Traffic = k.First, k.Last, k.Flows, k.Traffic
		d.Addrs = k.Addrs[:min(len(k.Addrs), maxAddrs)]
	}
}

// Seen returns the device with that hardware address, which was seen at the
// observation point with the given VLAN, making it when it is new. It returns nil
// when there is no room, and for group and zero addresses.
func (s *Devices) Seen(m packet.MAC, point uint8, vlan uint16, now int64) *Device {
	if m[0]&1 != 0 || m == (packet.MAC{}) {
		return nil
	}
	d := s.ofMAC(m, now)
	if d == nil {
		return nil
	}
	d.Heard(now)
	d.Point, d.VLAN = point, vlan
	return d
}

// ofMAC returns the device with that hardware address, making it when it is new
// and there is room.
func (s *Devices) ofMAC(m packet.MAC, now int64) *Device {
	if d := s.byMAC[m]; d != nil {
		return d
	}
	d := s.add(m.String(), now)
	if d != nil {
		s.own(d, []packet.MAC{m})
	}
	return d
}

// Known is Seen for what the kernel remembers of its neighbours: a device that
// may have left hours ago. A new one is known from now on, but was not heard yet.
func (s *Devices) Known(m packet.MAC, point uint8, now int64) *Device {
	if m[0]&1 != 0 || m == (packet.MAC{}) {
		return nil
	}
	d := s.byMAC[m]
	if d == nil {
		if d = s.ofMAC(m, now); d == nil {
			return nil
		}
		d.First = 0 // Last stays, which is what the device is kept for
	}
	d.Point = point
	return d
}

// Heard notes that the device sent or received something.
func (d *Device) Heard(now int64) {
	if d.First == 0 {
		d.First = now
	}
	d.Last = max(d.Last, now)
}

// ByAddr returns the device that the configuration gives the address to, or nil.
func (s *Devices) ByAddr(a *packet.Addr) *Device { return s.byAddr[*a] }

// add makes a device without addresses, giving up a stale one if it must.
func (s *Devices) add(key string, now int64) *Device {
	full := len(s.list) >= s.max
	old := -1
	if full {
		old = s.stalest(now)
	}
	if full && old < 0 || s.ByKey(key) != nil {
		s.Dropped++
		return nil
	}
	id := s.handle(key)
	if id == 0 {
		s.Dropped++
		return nil
	}
	if full {
		s.remove(old)
		s.Evicted++
	}
	d := &Device{ID: id, Key: key, First: now, Last: now}
	s.list = append(s.list, d)
	return d
}

// fresh is how long ago, in microseconds, a device must have been seen at most
// to be kept when the table is full: a flood of made-up addresses must not push
// out the devices in use.
const fresh = 10 * 60 * 1e6

// configured reports whether the configuration knows the device: one that is
// private would not be any more if it came back as a new one.
func (d *Device) configured() bool { return d.Name != "" || d.Private }

// stalest returns the index of the unnamed device that was quiet longest, -1 if
// none may be given up.
func (s *Devices) stalest(now int64) int {
	oldest := -1
	for i, d := range s.list {
		if !d.configured() && !d.Router && now-d.Last > fresh && (oldest < 0 || d.Last < s.list[oldest].Last) {
			oldest = i
		}
	}
	return oldest
}

func (s *Devices) remove(i int) {
	d := s.list[i]
	for _, m := range d.MACs {
		delete(s.byMAC, m)
	}
	s.list = append(s.list[:i], s.list[i+1:]...)
	d.ID = 0
}

// Tick computes rates over elapsed microseconds and lets stale devices go.
func (s *Devices) Tick(now, elapsed int64) {
	for i := len(s.list) - 1; i >= 0; i-- {
		d := s.list[i]
		d.Traffic.Tick(elapsed)
		if s.stale > 0 && !d.configured() && now-d.Last > s.stale {
			s.remove(i)
		}
	}
}

// Shift moves times by delta microseconds because the wall clock was set, but
// only those from the time from to the time to, which the wrong clock gave: what
// the store kept, and what came since, is right already.
func (s *Devices) Shift(delta, from, to int64) {
	for _, d := range s.list {
		shift(&d.First, delta, from, to)
		shift(&d.Last, delta, from, to)
	}
}

func shift(t *int64, delta, from, to int64) {
	if *t >= from && *t <= to {
		*t += delta
	}
}

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
