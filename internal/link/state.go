package link

import (
	"cmp"
	"net/netip"
	"slices"
	"sort"
)

// MaxLinks and MaxAddresses bound a State. What is beyond them is dropped and
// counted.
const (
	MaxLinks     = 4096
	MaxAddresses = 16384
)

// State is the set of interfaces and addresses at one moment. The zero State is
// empty and ready. It is kept current by Apply.
type State struct {
	// Dropped counts the entries refused because the state was full.
	Dropped uint64

	links     map[int]Link
	addresses map[addressKey]Address
}

// addressKey is what the kernel tells addresses of an interface apart by.
type addressKey struct {
	index  int
	prefix netip.Prefix
	peer   netip.Addr
}

func (a Address) key() addressKey { return addressKey{a.Index, a.Prefix, a.Peer} }

// Apply brings the state up to date with e. It reports whether that changed
// anything but counters.
func (s *State) Apply(e Event) bool {
	switch e.Op {
	case LinkSet:
		return s.setLink(e.Link)
	case LinkGone:
		if _, ok := s.links[e.Link.Index]; !ok {
			return false
		}
		delete(s.links, e.Link.Index)
		for k := range s.addresses {
			if k.index == e.Link.Index {
				delete(s.addresses, k)
			}
		}
		return true
	case AddressSet:
		return s.setAddress(e.Address)
	case AddressGone:
		_, ok := s.addresses[e.Address.key()]
		delete(s.addresses, e.Address.key())
		return ok
	}
	return false
}

func (s *State) setLink(l Link) bool {
	old, ok := s.links[l.Index]
	if !ok && len(s.links) >= MaxLinks {
		s.Dropped++
		return false
	}
	if s.links == nil {
		s.links = make(map[int]Link)
	}
	s.links[l.Index] = l
	return !ok || !l.same(old)
}

func (s *State) setAddress(a Address) bool {
	k := a.key()
	old, ok := s.addresses[k]
	if !ok && len(s.addresses) >= MaxAddresses {
		s.Dropped++
		return false
	}
	if s.addresses == nil {
		s.addresses = make(map[addressKey]Address)
	}
	s.addresses[k] = a
	return !ok || a != old
}

// Links returns all interfaces in order of their indexes.
func (s *State) Links() []Link { return s.linksWhere(func(Link) bool { return true }) }

// Ports returns the ports of the bridge (or bond) with that index, in order of
// their indexes.
func (s *State) Ports(bridge int) []Link {
	return s.linksWhere(func(l Link) bool { return l.Master == bridge && bridge != 0 })
}

func (s *State) linksWhere(ok func(Link) bool) []Link {
	var all []Link
	for _, l := range s.links {
		if ok(l) {
			all = append(all, l)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Index < all[j].Index })
	return all
}

// ByName returns the interface called name.
func (s *State) ByName(name string) (Link, bool) {
	for _, l := range s.links {
		if l.Name == name {
			return l, true
		}
	}
	return Link{}, false
}

// ByIndex returns the interface with that index.
func (s *State) ByIndex(index int) (Link, bool) {
	l, ok := s.links[index]
	return l, ok
}

// Addresses returns the addresses of the interface with that index, or of all
// interfaces for index 0, in order of interface and prefix.
func (s *State) Addresses(index int) []Address {
	var all []Address
	for _, a := range s.addresses {
		if index == 0 || a.Index == index {
			all = append(all, a)
		}
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := &all[i], &all[j]
		return cmp.Or(cmp.Compare(a.Index, b.Index), a.Prefix.Compare(b.Prefix), a.Peer.Compare(b.Peer)) < 0
	})
	return all
}

// MACs returns the hardware addresses of the interface with that index, of its
// ports, and of whatever is stacked on any of them (VLANs, macvlans): frames
// sent by this host leave it with one of these. Each occurs once, in ascending
// order.
func (s *State) MACs(index int) []MAC {
	if index == 0 {
		return nil
	}
	family := map[int]bool{index: true}
	// Stacks are a few links deep; each round adds the links one step up. The
	// parent of a veth is its other end, which belongs to somebody else.
	for grown := true; grown; {
		grown = false
		for i, l := range s.links {
			if !family[i] && (family[l.Parent] || l.Master == index) && l.Kind != "veth" {
				family[i], grown = true, true
			}
		}
	}
	var all []MAC
	for i, l := range s.links {
		if (family[i] || l.Master == index) && l.MAC != (MAC{}) {
			all = append(all, l.MAC)
		}
	}
	sort.Slice(all, func(i, j int) bool { return slices.Compare(all[i][:], all[j][:]) < 0 })
	return slices.Compact(all)
}

// Events returns what turns the state from into s: first what is gone, then
// what is new or changed; links before their addresses. Counters alone are no
// change.
func (s *State) Events(from *State) []Event {
	var all []Event
	for _, l := range from.Links() {
		if _, ok := s.links[l.Index]; !ok {
			all = append(all, Event{Op: LinkGone, Link: l})
		}
	}
	for _, a := range from.Addresses(0) {
		_, there := s.addresses[a.key()]
		if _, ok := s.links[a.Index]; ok && !there {
			all = append(all, Event{Op: AddressGone, Address: a})
		}
	}
	for _, l := range s.Links() {
		if old, ok := from.links[l.Index]; !ok || !l.same(old) {
			all = append(all, Event{Op: LinkSet, Link: l})
		}
	}
	for _, a := range s.Addresses(0) {
		if old, ok := from.addresses[a.key()]; !ok || old != a {
			all = append(all, Event{Op: AddressSet, Address: a})
		}
	}
	return all
}
