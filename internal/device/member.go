package device

import (
	"errors"
	"fmt"
	"slices"

	"weir/internal/packet"
)

// Member is a device that another one was found to be, too: its history is the
// other one's, and what it moved until then stands here.
type Member struct {
	ID          uint32
	Key         string
	MACs        []packet.MAC // of those of the whole device
	First, Last int64
	Flows       uint64
	Traffic

	why reason
}

// Configured reports whether the configuration says that it is, not the user.
func (m *Member) Configured() bool { return m.why == configured }

// reason says who found that devices are one.
type reason uint8

const (
	byUser reason = iota
	configured
)

// Bounds of what is joined.
const (
	maxMembers = maxMACs - 1
	maxMerges  = 512 // rows of merges and of devices that are to stay apart
	maxUndo    = 16
)

// Errors of Merge, Split, Undo and Forget.
var (
	ErrNoDevice   = errors.New("there is no such device")
	ErrSame       = errors.New("is the same device already")
	ErrTooMany    = errors.New("a device has at most 8 hardware addresses and 7 members")
	ErrOnly       = errors.New("it is the only hardware address of its device")
	ErrConfigured = errors.New("the configuration says so: change the section device that names it")
	ErrNoRoom     = errors.New("all devices that can be kept are in use: raise max_devices")
	ErrNoUndo     = errors.New("there is nothing to undo")
)

// merges are what the user decided about which devices are one.
type merges struct {
	into    map[string]string   // by the key of the member
	apart   map[[2]string]bool  // pairs of keys, the lower first
	changed map[string]struct{} // keys of rows that are to be stored
	undo    []decision          // the newest last
}

type decision struct {
	merged     bool // else split
	into, from string
}

// root returns the key of the device that the one with that key belongs to.
func (m *merges) root(key string) string {
	for range maxMembers {
		into, ok := m.into[key]
		if !ok {
			break
		}
		key = into
	}
	return key
}

func pair(a, b string) [2]string { return [2]string{min(a, b), max(a, b)} }

// set writes down that one device is another one, or with apart that it is not.
func (m *merges) set(into, from string, apart bool) {
	if m.into == nil {
		m.into, m.apart, m.changed = make(map[string]string), make(map[[2]string]bool), make(map[string]struct{})
	}
	p := pair(into, from)
	switch {
	case len(m.into)+len(m.apart) >= maxMerges: // what is not written down ends with the process
		return
	case apart:
		m.apart[p] = true
		delete(m.into, from)
	default:
		m.into[from] = into
		delete(m.apart, p)
	}
	m.changed[from], m.changed[p[0]+"|"+p[1]] = struct{}{}, struct{}{}
}

// drop forgets what was decided about a device.
func (m *merges) drop(key string) {
	for from, into := range m.into {
		if from == key || into == key {
			delete(m.into, from)
			m.changed[from] = struct{}{}
		}
	}
	for p := range m.apart {
		if p[0] == key || p[1] == key {
			delete(m.apart, p)
			m.changed[p[0]+"|"+p[1]] = struct{}{}
		}
	}
}

// Merge makes the device from a part of the device into: what it has and does is
// the other one's from now on, and so is its history, see Members. It is undone by
// Split or Undo, and lasts with MergeRows.
func (s *Devices) Merge(into, from *Device) error {
	switch {
	case into == nil || from == nil:
		return ErrNoDevice
	case into == from:
		return ErrSame
	case !s.join(into, from, byUser):
		return ErrTooMany
	}
	for i := range into.Members {
		if m := &into.Members[i]; m.why == byUser {
			s.merges.set(into.Key, m.Key, false)
		}
	}
	s.decided(decision{true, into.Key, from.Key})
	return nil
}

func (s *Devices) decided(d decision) {
	if len(s.merges.undo) == maxUndo {
		s.merges.undo = slices.Delete(s.merges.undo, 0, 1)
	}
	s.merges.undo = append(s.merges.undo, d)
}

// join makes from a member of into, if there is room.
func (s *Devices) join(into, from *Device, why reason) bool {
	if len(into.Members)+1+len(from.Members) > maxMembers || len(into.MACs)+len(from.MACs) > maxMACs {
		return false
	}
	if from.since != 0 {
		s.visits.add(from.ID, from.since, from.Last)
	}
	m := Member{ID: from.ID, Key: from.Key, MACs: from.ownMACs(), First: from.First, Last: from.Last, Flows: from.Flows, Traffic: from.Traffic, why: why}
	if len(into.MACs) == 1 {
		into.heardOn(into.MACs[0], into.Last)
	}
	into.Members = append(append(into.Members, m), from.Members...)
	for _, mac := range from.MACs {
		s.byMAC[mac] = into
	}
	into.MACs = append(into.MACs, from.MACs...)
	for _, a := range slices.Backward(from.Addrs) {
		into.learn(&a)
	}
	for a, d := range s.byAddr {
		if d == from {
			s.byAddr[a] = into
		}
	}
	if into.given == "" {
		into.given, into.givenBy = from.given, from.givenBy
	}
	into.role, into.Private, into.Router = max(into.role, from.role), into.Private || from.Private, into.Router || from.Router
	into.Hidden = into.Hidden || from.Hidden
	if from.Last > into.Last {
		into.Last, into.Point, into.VLAN = from.Last, from.Point, from.VLAN
	}
	into.fresh = into.fresh && from.fresh
	into.setNotes(from.notes)
	into.noted = true
	s.list = slices.DeleteFunc(s.list, func(d *Device) bool { return d == from })
	from.ID, from.heir = 0, into
	return true
}

// ownMACs returns the hardware addresses that none of the members brought.
func (d *Device) ownMACs() []packet.MAC {
	own := make([]packet.MAC, 0, len(d.MACs))
	for _, m := range d.MACs {
		if !slices.ContainsFunc(d.Members, func(o Member) bool { return slices.Contains(o.MACs, m) }) {
			own = append(own, m)
		}
	}
	return own
}

// OwnMACs returns the hardware addresses that are of none of the members.
func (d *Device) OwnMACs() []packet.MAC { return d.ownMACs() }

// member returns which of the members has that key, -1 for none.
func (d *Device) member(key string) int {
	return slices.IndexFunc(d.Members, func(m Member) bool { return m.Key == key })
}

// IDs returns the handles of all series that are the device's history: its own
// first.
func (d *Device) IDs() []uint32 {
	ids := make([]uint32, 1, 1+len(d.Members))
	ids[0] = d.ID
	for i := range d.Members {
		ids = append(ids, d.Members[i].ID)
	}
	return ids
}

// Split makes the device that uses the hardware address one of its own again, and
// returns it. The others stay joined. The user decided it: the two are not proposed
// for a merge again.
func (s *Devices) Split(d *Device, mac packet.MAC) (*Device, error) {
	switch {
	case d == nil || s.byMAC[mac] != d:
		return nil, ErrNoDevice
	case len(d.MACs) == 1:
		return nil, ErrOnly
	}
	i := slices.IndexFunc(d.Members, func(m Member) bool { return slices.Contains(m.MACs, mac) })
	if i < 0 && mac.String() == d.Key { // the others leave the one that has the name
		if len(d.Members) != 1 {
			return nil, fmt.Errorf("%s gave the device its name: split the others off", d.Key)
		}
		i = 0
	}
	if i >= 0 && d.Members[i].why == configured {
		return nil, ErrConfigured
	}
	if i < 0 { // it never was one of its own
		if s.adopt(d, &Kept{Key: mac.String(), MACs: []packet.MAC{mac}}); len(d.Members) == 0 || d.Members[len(d.Members)-1].Key != mac.String() {
			return nil, ErrTooMany
		}
		i = len(d.Members) - 1
	}
	own, err := s.part(d, i)
	if err != nil {
		return nil, err
	}
	s.merges.set(d.Key, own.Key, true)
	s.decided(decision{false, d.Key, own.Key})
	return own, nil
}

// part makes a member a device of its own.
func (s *Devices) part(d *Device, i int) (*Device, error) {
	if len(s.list) >= s.max {
		old := s.stalest(s.now)
		if old < 0 {
			return nil, ErrNoRoom
		}
		s.remove(old)
		s.Evicted++
	}
	m := d.Members[i]
	d.Members = slices.Delete(d.Members, i, i+1)
	own := &Device{ID: m.ID, Key: m.Key, MACs: m.MACs, First: m.First, Last: m.Last, Flows: m.Flows, Traffic: m.Traffic, Point: d.Point, VLAN: d.VLAN}
	own.Private, own.Hidden = d.Private, d.Hidden // until it is configured anew: private stays private
	s.list = append(s.list, own)
	d.MACs, d.lastOf = slices.DeleteFunc(d.MACs, func(mac packet.MAC) bool { return slices.Contains(m.MACs, mac) }), nil
	for _, mac := range m.MACs {
		s.byMAC[mac] = own
	}
	for _, a := range slices.Backward(slices.Clone(d.Addrs)) { // others go to whom they are seen of next
		mac, ok := eui64(&a)
		if ok && s.byMAC[mac] == own || a.String() == own.Key {
			d.forget(&a)
			own.learn(&a)
		}
	}
	return own, nil
}

// adopt adds a member that is no device of its own at present.
func (s *Devices) adopt(d *Device, k *Kept) {
	id := s.handle(k.Key)
	if id == 0 || len(d.Members) >= maxMembers || d.member(k.Key) >= 0 || d.Key == k.Key {
		return
	}
	m := Member{ID: id, Key: k.Key, First: k.First, Last: k.Last, Flows: k.Flows, Traffic: k.Traffic}
	for _, mac := range k.MACs {
		if o := s.byMAC[mac]; o == nil || o == d {
			m.MACs = append(m.MACs, mac)
		}
	}
	s.own(d, m.MACs)
	d.Members = append(d.Members, m)
}

// leaveConfigured parts what the configuration had joined and does not any more.
func (s *Devices) leaveConfigured(known []Named) {
	for _, d := range slices.Clone(s.list) {
		for i := len(d.Members) - 1; i >= 0; i-- {
			m := &d.Members[i]
			still := m.why != configured || slices.ContainsFunc(known, func(k Named) bool {
				return slices.ContainsFunc(k.MACs, func(mac packet.MAC) bool { return slices.Contains(m.MACs, mac) }) &&
					slices.ContainsFunc(k.MACs, func(mac packet.MAC) bool { return s.byMAC[mac] == d && !slices.Contains(m.MACs, mac) })
			})
			if !still {
				s.part(d, i) // where there is no room they stay joined
			}
		}
	}
}

// Undo takes back what the user decided last: a merge or a split.
func (s *Devices) Undo() error {
	n := len(s.merges.undo)
	if n == 0 {
		return ErrNoUndo
	}
	last := s.merges.undo[n-1]
	into, from := s.ByKey(last.into), s.ByKey(last.from)
	if into == nil || !last.merged && from == nil {
		return ErrNoDevice
	}
	if last.merged {
		i := into.member(last.from)
		if i < 0 {
			return ErrNoDevice
		}
		if _, err := s.part(into, i); err != nil {
			return err
		}
		delete(s.merges.into, last.from)
		s.merges.changed[last.from] = struct{}{}
	} else {
		if !s.join(into, from, byUser) {
			return ErrTooMany
		}
		s.merges.set(last.into, last.from, false)
	}
	s.merges.undo = s.merges.undo[:n-1]
	return nil
}

// Forget lets a device go with all that is known about it, and returns its key and
// those of its members. It comes back as a new one when it is seen again.
func (s *Devices) Forget(d *Device) ([]string, error) {
	i := slices.Index(s.list, d)
	switch {
	case i < 0:
		return nil, ErrNoDevice
	case d.configured():
		return nil, ErrConfigured
	}
	keys := []string{d.Key}
	for i := range d.Members {
		keys = append(keys, d.Members[i].Key)
	}
	for _, key := range keys {
		s.merges.drop(key)
	}
	ids := d.IDs()
	s.visits.all = slices.DeleteFunc(s.visits.all, func(v visit) bool { return slices.Contains(ids, v.id) })
	s.leases = slices.DeleteFunc(s.leases, func(l leased) bool { return slices.Contains(d.MACs, l.mac) })
	s.remove(i)
	return keys, nil
}
