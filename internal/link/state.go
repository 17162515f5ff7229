package link

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"sort"
)

// The most entries that a State holds. What is beyond them is dropped and
// counted.
const (
	MaxLinks      = 4096
	MaxAddresses  = 16384
	MaxNeighbours = 8192
	MaxPortVLANs  = 16384
)

// maxStack is how many links the kernel stacks at most, MAX_NEST_DEV of
// linux/netdevice.h.
const maxStack = 8

// State is the set of interfaces, addresses, neighbours and VLANs at one moment.
// The zero State is empty and ready. It is kept current by Apply.
type State struct {
	// Dropped counts the entries refused because the state was full.
	Dropped uint64

	links      map[int]Link
	addresses  map[addressKey]Address
	neighbours map[neighbourKey]Neighbour
	vlans      map[vlanKey]PortVLAN
}

// The keys are what the kernel tells entries apart by.
type (
	addressKey struct {
		index  int
		prefix netip.Prefix
		peer   netip.Addr
	}
	neighbourKey struct {
		index int
		addr  netip.Addr
	}
	vlanKey struct {
		port int
		vid  uint16
	}
)

func (a Address) key() addressKey     { return addressKey{a.Index, a.Prefix, a.Peer} }
func (n Neighbour) key() neighbourKey { return neighbourKey{n.Index, n.Addr} }
func (v PortVLAN) key() vlanKey       { return vlanKey{v.Port, v.VID} }

// Apply brings the state up to date with e. It reports whether that changed
// anything but counters.
func (s *State) Apply(e Event) bool {
	switch e.Op {
	case LinkSet:
		old := s.links[e.Link.Index]
		return put(s, &s.links, e.Link.Index, e.Link, MaxLinks) && !e.Link.same(old)
	case LinkGone:
		return s.removeLink(e.Link.Index)
	case AddressSet:
		return put(s, &s.addresses, e.Address.key(), e.Address, MaxAddresses)
	case AddressGone:
		return remove(s.addresses, e.Address.key())
	case NeighbourSet:
		return put(s, &s.neighbours, e.Neighbour.key(), e.Neighbour, MaxNeighbours)
	case NeighbourGone:
		return remove(s.neighbours, e.Neighbour.key())
	case PortVLANSet:
		return put(s, &s.vlans, e.PortVLAN.key(), e.PortVLAN, MaxPortVLANs)
	case PortVLANGone:
		return remove(s.vlans, e.PortVLAN.key())
	}
	return false
}

// put stores v in a table of s unless that grows beyond limit. It reports whether
// the table differs now.
func put[K, V comparable](s *State, table *map[K]V, k K, v V, limit int) bool {
	old, ok := (*table)[k]
	if !ok && len(*table) >= limit {
		s.Dropped++
		return false
	}
	if *table == nil {
		*table = make(map[K]V)
	}
	(*table)[k] = v
	return !ok || v != old
}

// remove reports whether there was anything to remove.
func remove[K comparable, V any](table map[K]V, k K) bool {
	_, ok := table[k]
	delete(table, k)
	return ok
}

// removeLink removes a link and everything that was on it.
func (s *State) removeLink(index int) bool {
	if !remove(s.links, index) {
		return false
	}
	maps.DeleteFunc(s.addresses, func(k addressKey, _ Address) bool { return k.index == index })
	maps.DeleteFunc(s.neighbours, func(k neighbourKey, _ Neighbour) bool { return k.index == index })
	maps.DeleteFunc(s.vlans, func(k vlanKey, _ PortVLAN) bool { return k.port == index })
	return true
}

// Links returns all interfaces in order of their indexes.
func (s *State) Links() []Link {
	return sorted(s.links, func(Link) bool { return true }, byIndex)
}

// Ports returns the ports of the bridge (or bond) with that index, in order of
// their indexes.
func (s *State) Ports(bridge int) []Link {
	return sorted(s.links, func(l Link) bool { return l.Master == bridge && bridge != 0 }, byIndex)
}

// sorted returns the values of a table that are wanted, in order. It takes
// sort.Slice, as each slices.SortFunc is some 10 KB of code on a small router.
func sorted[K comparable, V any](table map[K]V, wanted func(V) bool, order func(a, b V) int) []V {
	var all []V
	for _, v := range table {
		if wanted(v) {
			all = append(all, v)
		}
	}
	sort.Slice(all, func(i, j int) bool { return order(all[i], all[j]) < 0 })
	return all
}

func byIndex(a, b Link) int { return cmp.Compare(a.Index, b.Index) }

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
	return sorted(s.addresses, func(a Address) bool { return index == 0 || a.Index == index },
		func(a, b Address) int {
			return cmp.Or(cmp.Compare(a.Index, b.Index), a.Prefix.Compare(b.Prefix), a.Peer.Compare(b.Peer))
		})
}

// Neighbours returns the neighbours on the interface with that index, or on all
// interfaces for index 0, in order of interface and address.
func (s *State) Neighbours(index int) []Neighbour {
	return sorted(s.neighbours, func(n Neighbour) bool { return index == 0 || n.Index == index },
		func(a, b Neighbour) int {
			return cmp.Or(cmp.Compare(a.Index, b.Index), a.Addr.Compare(b.Addr))
		})
}

// PortVLANs returns the VLANs of the port (or bridge) with that index, or of all
// for index 0, in order of port and VLAN.
func (s *State) PortVLANs(port int) []PortVLAN {
	return sorted(s.vlans, func(v PortVLAN) bool { return port == 0 || v.Port == port },
		func(a, b PortVLAN) int {
			return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.VID, b.VID))
		})
}

// Below returns the links that the one with that index is stacked on, the nearest
// first: of eth0.7 it is eth0, of a port of a DSA switch the port of the CPU. The
// ports of a bridge are not below it, see Ports. The kernel does not tell what
// carries a PPP session, nor what carries WireGuard: nothing is below those.
func (s *State) Below(index int) []Link {
	var all []Link
	l, ok := s.links[index]
	// The parent of a veth is its other end, which belongs to somebody else.
	for ok && l.Kind != "veth" && len(all) < maxStack {
		if l, ok = s.links[l.Parent]; ok {
			all = append(all, l)
		}
	}
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
// what is new or changed; links before what is on them. Counters alone are no
// change.
func (s *State) Events(from *State) []Event {
	var all []Event
	for _, l := range from.Links() {
		if _, ok := s.links[l.Index]; !ok {
			all = append(all, Event{Op: LinkGone, Link: l})
		}
	}
	for _, a := range from.Addresses(0) {
		if !contains(s.addresses, a.key()) && contains(s.links, a.Index) {
			all = append(all, Event{Op: AddressGone, Address: a})
		}
	}
	for _, n := range from.Neighbours(0) {
		if !contains(s.neighbours, n.key()) && contains(s.links, n.Index) {
			all = append(all, Event{Op: NeighbourGone, Neighbour: n})
		}
	}
	for _, v := range from.PortVLANs(0) {
		if !contains(s.vlans, v.key()) && contains(s.links, v.Port) {
			all = append(all, Event{Op: PortVLANGone, PortVLAN: v})
		}
	}
	return s.appendNews(all, from)
}

// appendNews appends what is in s and not, or not so, in from.
func (s *State) appendNews(all []Event, from *State) []Event {
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
	for _, n := range s.Neighbours(0) {
		if old, ok := from.neighbours[n.key()]; !ok || old != n {
			all = append(all, Event{Op: NeighbourSet, Neighbour: n})
		}
	}
	for _, v := range s.PortVLANs(0) {
		if old, ok := from.vlans[v.key()]; !ok || old != v {
			all = append(all, Event{Op: PortVLANSet, PortVLAN: v})
		}
	}
	return all
}

func contains[K comparable, V any](table map[K]V, k K) bool {
	_, ok := table[k]
	return ok
}
