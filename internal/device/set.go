package device

import (
	"net/netip"
	"slices"

	"weir/internal/packet"
)

// Named is a device that the configuration knows.
type Named struct {
	Name    string
	Static  bool // the router's own files name it: trusted less than weir's configuration
	Type    Type // what it is, NoType to find out
	Private bool // nothing is kept of the names of what it talks to
	Hidden  bool // it is to be left out of lists
	MACs    []packet.MAC
	IPs     []netip.Addr // of devices behind another router, whose MAC is not seen
}

// Devices is a bounded set of devices. Make it with NewDevices.
type Devices struct {
	max     int
	stale   int64 // microseconds after which an unnamed device may be given up; 0 = never before it is full
	now     int64 // of the last tick
	list    []*Device
	byMAC   map[packet.MAC]*Device
	byAddr  map[packet.Addr]*Device // configured by address
	handle  func(key string) uint32
	pace    pace
	Dropped uint64 // devices not tracked because all others are named or fresh, or too many came at once
	Evicted uint64 // devices given up for another one

	merges  merges
	leases  []leased // sorted by address
	visits  visits
	events  []Event
	Unheard uint64 // events dropped because nobody asked for them
}

// NewDevices returns an empty set of at most limit devices. A device that the
// configuration does not know leaves stale microseconds after it was last seen.
// handle turns a device's key into its ID, the same one every time, or into 0 when
// it has no more.
func NewDevices(limit int, stale int64, handle func(key string) uint32) *Devices {
	return &Devices{max: limit, stale: stale, handle: handle, pace: pace{left: burst * limit},
		byMAC: make(map[packet.MAC]*Device), byAddr: make(map[packet.Addr]*Device)}
}

// Len returns the number of devices, Max the most that fit.
func (s *Devices) Len() int { return len(s.list) }

// Max returns the most devices that fit.
func (s *Devices) Max() int { return s.max }

// All returns the devices in the order in which they came. The slice is the
// set's own.
func (s *Devices) All() []*Device { return s.list }

// ByID returns the device with that ID, or that has it as a member's, or nil.
func (s *Devices) ByID(id uint32) *Device {
	for _, d := range s.list {
		if d.ID == id {
			return d
		}
	}
	for _, d := range s.list {
		for i := range d.Members {
			if d.Members[i].ID == id {
				return d
			}
		}
	}
	return nil
}

// ByKey returns the device with that key, or nil.
func (s *Devices) ByKey(key string) *Device {
	for _, d := range s.list {
		if d.Key == key {
			return d
		}
	}
	return nil
}

// ByMAC returns the device that uses the hardware address, or nil.
func (s *Devices) ByMAC(m packet.MAC) *Device { return s.byMAC[m] }

// Configure names devices. One that was named before and is not any more loses
// its name; hardware addresses that have one name are one device, as long as the
// configuration says so.
func (s *Devices) Configure(known []Named, now int64) {
	for _, d := range s.list {
		d.given, d.givenBy, d.Private, d.Hidden, d.role = "", NoKind, false, false, NoType
	}
	clear(s.byAddr)
	s.leaveConfigured(known)
	for i := range known {
		s.configure(&known[i], now)
	}
	for _, d := range s.list {
		d.judged = false
		d.rename()
	}
}

func (s *Devices) configure(k *Named, now int64) {
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
		if d = s.make(k.key(), now); d == nil {
			return
		}
		d.First, d.Last = 0, 0 // not seen yet
		d.fresh = false        // and no stranger when it is
	}
	if d.given == "" || !k.Static {
		d.given, d.givenBy = k.Name, FromUser
		if k.Static {
			d.givenBy = FromHost
		}
	}
	d.Private, d.Hidden, d.role = d.Private || k.Private, d.Hidden || k.Hidden, max(d.role, k.Type)
	for _, m := range k.MACs {
		if other := s.byMAC[m]; other != nil && other != d && !s.join(d, other, configured) {
			other.Private = other.Private || k.Private // there is no room to join them
		}
	}
	s.own(d, k.MACs)
	for _, ip := range k.IPs {
		a := packet.AddrOf(ip)
		s.byAddr[a] = d
		d.learn(&a)
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

// Seen returns the device with that hardware address, which was seen at the
// observation point with the given VLAN, making it when it is new. It returns nil
// when there is no room, and for group and zero addresses.
func (s *Devices) Seen(m packet.MAC, point uint8, vlan uint16, now int64) *Device {
	d := s.ofMAC(m, now)
	if d == nil {
		return nil
	}
	d.Heard(now)
	if len(d.MACs) > 1 {
		d.heardOn(m, now)
	}
	d.Point, d.VLAN = point, vlan
	return d
}

// ofMAC returns the device with that hardware address, making it when it is new
// and there is room.
func (s *Devices) ofMAC(m packet.MAC, now int64) *Device {
	if m[0]&1 != 0 || m == (packet.MAC{}) {
		return nil
	}
	if d := s.byMAC[m]; d != nil {
		return d
	}
	key := m.String()
	root := s.merges.root(key)
	d := s.ByKey(root)
	if d == nil {
		if d = s.make(root, now); d == nil {
			return nil
		}
	}
	if root != key {
		s.adopt(d, &Kept{Key: key, MACs: []packet.MAC{m}})
	}
	s.own(d, []packet.MAC{m})
	return d
}

// Known is Seen for what the kernel remembers of its neighbours: a device that
// may have left hours ago. A new one is known from now on, but was not heard yet.
func (s *Devices) Known(m packet.MAC, point uint8, now int64) *Device {
	d := s.byMAC[m]
	if d == nil {
		if d = s.ofMAC(m, now); d == nil {
			return nil
		}
		if d.fresh && d.First == now {
			d.First = 0 // Last stays, which is what the device is kept for
		}
	}
	d.Point = point
	return d
}

// AtAddr returns the device without a hardware address of its own that is known by
// an address, as those behind a tunnel are, making it when it is new.
func (s *Devices) AtAddr(a *packet.Addr, point uint8, now int64) *Device {
	key := s.merges.root(a.String())
	d := s.ByKey(key)
	if d == nil {
		if d = s.make(key, now); d == nil {
			return nil
		}
		d.First = 0
	}
	d.Point = point
	return d
}

// ByAddr returns the device that the configuration or a lease gives the address
// to, or that made it of its hardware address (EUI-64), or nil.
func (s *Devices) ByAddr(a *packet.Addr) *Device {
	if d := s.byAddr[*a]; d != nil {
		return d
	}
	if d := s.leaseholder(a); d != nil {
		return d
	}
	if m, ok := eui64(a); ok {
		return s.byMAC[m]
	}
	return nil
}

// eui64 returns the hardware address that an address was made of (RFC 4291
// appendix A).
func eui64(a *packet.Addr) (m packet.MAC, ok bool) {
	if a.Is4() || a[11] != 0xff || a[12] != 0xfe {
		return m, false
	}
	copy(m[:3], a[8:11])
	copy(m[3:], a[13:])
	m[0] ^= 2
	return m, true
}

// make makes a device without addresses, giving up a stale one if it must.
func (s *Devices) make(key string, now int64) *Device {
	full := len(s.list) >= s.max
	old := -1
	if full {
		old = s.stalest(now)
	}
	if full && old < 0 || s.ByKey(key) != nil || !s.pace.take(s.max, now) {
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
	d := &Device{ID: id, Key: key, First: now, Last: now, fresh: true}
	s.list = append(s.list, d)
	return d
}

// recent is how long ago, in microseconds, a device must have been seen at most
// to be kept when the table is full: a flood of made-up addresses must not push
// out the devices in use.
const recent = 10 * 60 * second

// stalest returns the index of the unnamed device that was quiet longest, -1 if
// none may be given up.
func (s *Devices) stalest(now int64) int {
	oldest := -1
	for i, d := range s.list {
		if !d.configured() && len(d.Members) == 0 && !d.Router && now-d.Last > recent && (oldest < 0 || d.Last < s.list[oldest].Last) {
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
	s.list = slices.Delete(s.list, i, i+1)
	d.ID = 0
}

// Tick computes rates over elapsed microseconds, notes who came and left, and lets
// stale devices go.
func (s *Devices) Tick(now, elapsed int64) {
	s.now = now
	for i := len(s.list) - 1; i >= 0; i-- {
		d := s.list[i]
		d.Traffic.Tick(elapsed)
		s.attend(d, now)
		if s.stale > 0 && !d.configured() && len(d.Members) == 0 && now-d.Last > s.stale {
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
		shift(&d.since, delta, from, to)
	}
	s.visits.shift(delta, from, to)
	s.pace.at += delta
	s.now += delta
}

func shift(t *int64, delta, from, to int64) {
	if *t >= from && *t <= to {
		*t += delta
	}
}

// pace limits how many new devices are taken in: twice as many as fit at once, then
// an eighth of those that fit in an hour. Each takes a name of the series for good,
// and made-up addresses must not use them up.
type pace struct {
	left int
	at   int64 // when left was last raised
}

const burst = 2

func (p *pace) take(limit int, now int64) bool {
	every := 3600 * second / int64(max(limit/8, 1))
	if p.at == 0 || now < p.at {
		p.at = now
	}
	if n := (now - p.at) / every; n > 0 {
		p.left, p.at = int(min(int64(p.left)+n, int64(burst*limit))), p.at+n*every
	}
	if p.left <= 0 {
		return false
	}
	p.left--
	return true
}
