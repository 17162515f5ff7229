package engine

import (
	"net/netip"
	"sort"

	"weir/internal/packet"
)

// HostFacts is what is known of one address beside what lists tell.
type HostFacts struct {
	Prefix netip.Prefix // network of the house that it is in, invalid for none
	Called []CalledRow  // at most maxCalled
}

// CalledRow is a name of an address, and where that is from, as of a flow.
type CalledRow struct{ Name, By string }

const maxCalled = 16

// HostFacts returns what is known of an address that was seen.
func (e *Engine) HostFacts(ip netip.Addr) (HostFacts, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	a := packet.AddrOf(ip)
	if e.hosts.Find(&a) == nil {
		return HostFacts{}, false
	}
	var h HostFacts
	h.Prefix, _ = e.nets.Prefix(&a)
	h.Called = e.called(&a)
	return h, true
}

// called returns what clients of live flows asked for at an address, and what its
// owner calls it: those that are surest first, alike ones in the order of the
// alphabet.
func (e *Engine) called(a *packet.Addr) []CalledRow {
	by := make(map[uint32]uint8) // handles of texts, and the surest that tells
	add := func(host uint32, how uint8) {
		if was, ok := by[host]; host != 0 && (!ok || how < was) {
			by[host] = how
		}
	}
	for f, l := range e.table.Labels {
		if server := f.Client().Other(); *f.Key.Addr(server) == *a && callsServer(l) {
			add(l.Host, l.HostBy)
		}
	}
	add(e.naming.names.Reverse.Name(a), hostReverse)
	type named struct {
		name string
		by   uint8
	}
	var all []named
	for host, how := range by {
		all = append(all, named{string(e.naming.text(host)), how})
	}
	sort.Slice(all, func(i, j int) bool {
		x, y := &all[i], &all[j]
		return x.by < y.by || x.by == y.by && x.name < y.name
	})
	var rows []CalledRow
	for _, n := range all[:min(len(all), maxCalled)] {
		rows = append(rows, CalledRow{n.name, hostNames[n.by]})
	}
	return rows
}
