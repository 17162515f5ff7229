package link

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func set(l Link) Event { return Event{Op: LinkSet, Link: l} }

func address(index int, prefix string) Event {
	return Event{Op: AddressSet, Address: Address{Index: index, Prefix: netip.MustParsePrefix(prefix)}}
}

func neighbour(index int, addr string, mac MAC) Event {
	return Event{Op: NeighbourSet, Neighbour: Neighbour{Index: index, Addr: netip.MustParseAddr(addr), MAC: mac}}
}

func portVLAN(port int, vid uint16, pvid bool) Event {
	return Event{Op: PortVLANSet, PortVLAN: PortVLAN{Port: port, VID: vid, PVID: pvid, Untagged: pvid}}
}

// gone turns an event that sets something into the one that takes it away.
func gone(e Event) Event {
	e.Op++
	return e
}

func stateOf(events ...Event) *State {
	s := new(State)
	for _, e := range events {
		s.Apply(e)
	}
	return s
}

func TestApply(t *testing.T) {
	eth := Link{Index: 2, Name: "eth0"}
	counted, renamed := eth, eth
	counted.Counters.RxBytes = 99
	renamed.Name = "wan"
	host := neighbour(2, "192.0.2.9", MAC{2})
	tests := []struct {
		name      string
		before    []Event
		event     Event
		changed   bool
		links     int
		addresses int
		others    int // neighbours and VLANs
	}{
		{"new link", nil, set(eth), true, 1, 0, 0},
		{"same link", []Event{set(eth)}, set(eth), false, 1, 0, 0},
		{"counters alone", []Event{set(eth)}, set(counted), false, 1, 0, 0},
		{"renamed", []Event{set(eth)}, set(renamed), true, 1, 0, 0},
		{"gone with what is on it", []Event{set(eth), address(2, "192.0.2.1/24"), address(3, "192.0.2.1/24"),
			host, neighbour(3, "192.0.2.9", MAC{2}), portVLAN(2, 1, true), portVLAN(3, 1, true)}, gone(set(eth)), true, 0, 1, 2},
		{"gone twice", []Event{set(eth), gone(set(eth))}, gone(set(eth)), false, 0, 0, 0},
		{"new address", []Event{set(eth)}, address(2, "192.0.2.1/24"), true, 1, 1, 0},
		{"same address", []Event{set(eth), address(2, "192.0.2.1/24")}, address(2, "192.0.2.1/24"), false, 1, 1, 0},
		{"other length", []Event{set(eth), address(2, "192.0.2.1/24")}, address(2, "192.0.2.1/25"), true, 1, 2, 0},
		{"address gone", []Event{set(eth), address(2, "192.0.2.1/24")}, gone(address(2, "192.0.2.1/24")), true, 1, 0, 0},
		{"address gone twice", []Event{set(eth)}, gone(address(2, "192.0.2.1/24")), false, 1, 0, 0},
		{"new neighbour", nil, host, true, 0, 0, 1},
		{"same neighbour", []Event{host}, host, false, 0, 0, 1},
		{"neighbour with another card", []Event{host}, neighbour(2, "192.0.2.9", MAC{4}), true, 0, 0, 1},
		{"same address on another link", []Event{host}, neighbour(3, "192.0.2.9", MAC{2}), true, 0, 0, 2},
		{"neighbour gone", []Event{host}, gone(host), true, 0, 0, 0},
		{"neighbour gone twice", []Event{host, gone(host)}, gone(host), false, 0, 0, 0},
		{"new VLAN", nil, portVLAN(2, 20, false), true, 0, 0, 1},
		{"same VLAN", []Event{portVLAN(2, 20, false)}, portVLAN(2, 20, false), false, 0, 0, 1},
		{"VLAN becomes PVID", []Event{portVLAN(2, 20, false)}, portVLAN(2, 20, true), true, 0, 0, 1},
		{"VLAN gone", []Event{portVLAN(2, 20, false)}, gone(portVLAN(2, 20, false)), true, 0, 0, 0},
		{"VLAN gone twice", nil, gone(portVLAN(2, 20, false)), false, 0, 0, 0},
		{"synced", []Event{set(eth)}, Event{Op: Synced}, false, 1, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := stateOf(tt.before...)
			if got := s.Apply(tt.event); got != tt.changed {
				t.Errorf("Apply reports %v", got)
			}
			if l, a := len(s.Links()), len(s.Addresses(0)); l != tt.links || a != tt.addresses {
				t.Errorf("%d links and %d addresses, want %d and %d", l, a, tt.links, tt.addresses)
			}
			if o := len(s.Neighbours(0)) + len(s.PortVLANs(0)); o != tt.others {
				t.Errorf("%d neighbours and VLANs, want %d", o, tt.others)
			}
		})
	}
}

func TestStateIsBounded(t *testing.T) {
	var s State
	for i := range MaxLinks + 5 {
		s.Apply(set(Link{Index: i + 1, Name: fmt.Sprint("e", i)}))
	}
	for i := range MaxAddresses + 7 {
		ip := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		s.Apply(Event{Op: AddressSet, Address: Address{Index: 1, Prefix: netip.PrefixFrom(ip, 32)}})
	}
	for i := range MaxNeighbours + 3 {
		s.Apply(Event{Op: NeighbourSet, Neighbour: Neighbour{Index: 1, Addr: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), MAC: MAC{2}}})
	}
	for i := range MaxPortVLANs + 2 {
		s.Apply(portVLAN(1+i/maxVID, uint16(1+i%maxVID), false))
	}
	if len(s.Links()) != MaxLinks || len(s.Addresses(0)) != MaxAddresses || len(s.Neighbours(0)) != MaxNeighbours ||
		len(s.PortVLANs(0)) != MaxPortVLANs || s.Dropped != 17 {
		t.Errorf("%d links, %d addresses, %d neighbours, %d VLANs, %d dropped",
			len(s.Links()), len(s.Addresses(0)), len(s.Neighbours(0)), len(s.PortVLANs(0)), s.Dropped)
	}
	// What is known already still changes.
	if !s.Apply(set(Link{Index: 1, Name: "e0", Up: true})) {
		t.Error("a full state refuses a change")
	}
}

// router is a state like that of a router.
func router() *State {
	return stateOf(
		set(Link{Index: 1, Name: "lo", Type: TypeLoopback}),
		set(Link{Index: 2, Name: "eth0", MAC: MAC{0: 0xee}}),
		set(Link{Index: 3, Name: "br-lan", Kind: "bridge", MAC: MAC{0: 0xa0}}),
		set(Link{Index: 4, Name: "lan1", Master: 3, Parent: 2, PortOf: "bridge", MAC: MAC{0: 0xa1}}),
		set(Link{Index: 5, Name: "lan2", Master: 3, Parent: 2, PortOf: "bridge", MAC: MAC{0: 0xa0}}),
		set(Link{Index: 6, Name: "br-lan.20", Kind: "vlan", Parent: 3, VLAN: 20, MAC: MAC{0: 0xa6}}),
		set(Link{Index: 7, Name: "vrrp", Kind: "macvlan", Parent: 6, MAC: MAC{0: 0xa7}}),
		set(Link{Index: 8, Name: "eth0.2", Kind: "vlan", Parent: 2, MAC: MAC{0: 0xe8}}),
		// Both ends of a pair in one namespace: the inner one is a station's.
		set(Link{Index: 10, Name: "veth0", Kind: "veth", Master: 3, Parent: 11, PortOf: "bridge", MAC: MAC{0: 0xaa}}),
		set(Link{Index: 11, Name: "veth1", Kind: "veth", Parent: 10, MAC: MAC{0: 0xbb}}),
		set(Link{Index: 12, Name: "pppoe-wan", Kind: "ppp", Type: TypePPP}),
		address(3, "192.168.1.1/24"), address(3, "2001:db8::1/64"), address(2, "203.0.113.1/24"),
		neighbour(3, "192.168.1.20", MAC{0x20}), neighbour(3, "2001:db8::20", MAC{0x20}), neighbour(2, "203.0.113.254", MAC{0xfe}),
		portVLAN(4, 20, false), portVLAN(4, 1, true), portVLAN(5, 20, true), portVLAN(3, 1, true),
	)
}

func names(links []Link) (all []string) {
	for _, l := range links {
		all = append(all, l.Name)
	}
	return all
}

func TestLookups(t *testing.T) {
	s := router()
	if d := cmp.Diff([]string{"lan1", "lan2", "veth0"}, names(s.Ports(3))); d != "" {
		t.Errorf("ports of the bridge: %s", d)
	}
	if p := s.Ports(0); p != nil {
		t.Errorf("ports of no bridge: %v", p)
	}
	want := []MAC{{0xa0}, {0xa1}, {0xa6}, {0xa7}, {0xaa}}
	if d := cmp.Diff(want, s.MACs(3)); d != "" {
		t.Errorf("addresses the router sends from on the bridge: %s", d)
	}
	if l, ok := s.ByName("br-lan"); !ok || l.Index != 3 {
		t.Errorf("ByName: %+v, %v", l, ok)
	}
	if _, ok := s.ByName("none"); ok {
		t.Error("ByName finds what is not there")
	}
	if l, ok := s.ByIndex(4); !ok || l.Name != "lan1" {
		t.Errorf("ByIndex: %+v, %v", l, ok)
	}
	got := s.Addresses(3)
	if len(got) != 2 || got[0].Prefix.String() != "192.168.1.1/24" {
		t.Errorf("Addresses: %v", got)
	}
	if n := s.Neighbours(3); len(n) != 2 || n[0].Addr.String() != "192.168.1.20" || n[1].MAC != (MAC{0x20}) || len(s.Neighbours(0)) != 3 {
		t.Errorf("Neighbours: %v", n)
	}
	vlans := []PortVLAN{{4, 1, true, true}, {4, 20, false, false}}
	if d := cmp.Diff(vlans, s.PortVLANs(4)); d != "" || len(s.PortVLANs(0)) != 4 {
		t.Errorf("PortVLANs: %s", d)
	}
}

func TestStack(t *testing.T) {
	s := router()
	// Nonsense that the kernel does not make.
	s.Apply(set(Link{Index: 20, Name: "a", Parent: 21}))
	s.Apply(set(Link{Index: 21, Name: "b", Parent: 20}))
	tests := []struct {
		name  string
		index int
		want  []string
	}{
		{"VLAN", 8, []string{"eth0"}},
		{"macvlan on a VLAN of a bridge", 7, []string{"br-lan.20", "br-lan"}},
		{"port of a switch", 4, []string{"eth0"}},
		{"bridge", 3, nil},
		{"hardware", 2, nil},
		{"PPPoE, whose carrier the kernel does not tell", 12, nil},
		{"end of a veth pair", 10, nil},
		{"none", 99, nil},
		{"circle", 20, []string{"b", "a", "b", "a", "b", "a", "b", "a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, names(s.Below(tt.index))); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestEvents goes from state to state by the events between them.
func TestEvents(t *testing.T) {
	empty, full := new(State), router()
	changed := router()
	lan1, _ := changed.ByName("lan1")
	changed.Apply(Event{Op: LinkGone, Link: Link{Index: 2}})
	changed.Apply(Event{Op: AddressGone, Address: Address{Index: 3, Prefix: netip.MustParsePrefix("2001:db8::1/64")}})
	lan1.Up = true
	changed.Apply(set(lan1))
	changed.Apply(address(3, "2001:db8:9::1/64"))
	changed.Apply(neighbour(3, "192.168.1.20", MAC{0x24}))
	changed.Apply(gone(neighbour(3, "2001:db8::20", MAC{})))
	changed.Apply(portVLAN(4, 20, true))
	changed.Apply(gone(portVLAN(4, 1, true)))
	counted := router()
	lan1.Up, lan1.Counters.TxBytes = false, 1
	counted.Apply(set(lan1))

	tests := []struct {
		name     string
		from, to *State
		want     int
	}{
		{"everything appears", empty, full, 21},
		{"everything vanishes", full, empty, 11}, // links take their addresses along
		{"some change", full, changed, 8},
		{"nothing changes", full, router(), 0},
		{"counters alone", full, counted, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			events := tt.to.Events(tt.from)
			if len(events) != tt.want {
				t.Errorf("%d events, want %d: %v", len(events), tt.want, events)
			}
			// Apply to a copy of from.
			got := stateOf(tt.from.Events(empty)...)
			for _, e := range events {
				got.Apply(e)
			}
			noCounters := cmpopts.IgnoreFields(Link{}, "Counters")
			if d := cmp.Diff(tt.to.Links(), got.Links(), noCounters, cmpopts.EquateEmpty()); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(fmt.Sprint(tt.to.Addresses(0)), fmt.Sprint(got.Addresses(0))); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(fmt.Sprint(tt.to.Neighbours(0), tt.to.PortVLANs(0)), fmt.Sprint(got.Neighbours(0), got.PortVLANs(0))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestOpString(t *testing.T) {
	for op, want := range map[Op]string{LinkSet: "link set", PortVLANGone: "port VLAN gone", Synced: "synced", 0: "op 0", 99: "op 99"} {
		if got := op.String(); got != want {
			t.Errorf("Op(%d) is %q, want %q", uint8(op), got, want)
		}
	}
}
