package afpacket

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/link"
	"weir/internal/packet"
)

func TestVLANRule(t *testing.T) {
	only := vlanRule{only: 20}
	access := vlanRule{only: 20, untaggedIn: true, untaggedOut: true}
	except := vlanRule{except: []uint16{5, 20}, untaggedIn: true, untaggedOut: true}
	trunk := vlanRule{except: []uint16{20}}
	plain := ethernet(routerMAC, laptopMAC, 4, rules[0].packet(4))
	tests := []struct {
		name  string
		rule  vlanRule
		frame seen
		pass  bool
	}{
		{"no rule", vlanRule{}, seen{data: plain, tagged: true, tci: 7}, true},
		{"its VLAN", only, seen{data: plain, tagged: true, tci: 20}, true},
		{"its VLAN, with a priority", only, seen{data: plain, tagged: true, tci: 0xa014}, true},
		{"its VLAN in the frame", only, seen{data: withTag(plain, 20)}, true},
		{"another", only, seen{data: plain, tagged: true, tci: 21}, false},
		{"another in the frame", only, seen{data: withTag(plain, 21)}, false},
		{"none, on a trunk", only, seen{data: plain}, false},
		{"none, on an access port", access, seen{data: plain}, true},
		{"a priority alone, on an access port", access, seen{data: plain, tagged: true, tci: 0xe000}, true},
		{"a priority alone, on a trunk", only, seen{data: plain, tagged: true, tci: 0xe000}, false},
		{"another, on an access port", access, seen{data: plain, tagged: true, tci: 21}, false},
		{"captured elsewhere", except, seen{data: plain, tagged: true, tci: 20}, false},
		{"captured elsewhere, in the frame", except, seen{data: withTag(plain, 5)}, false},
		{"not captured elsewhere", except, seen{data: plain, tagged: true, tci: 6}, true},
		{"none, but another's by default", trunk, seen{data: plain}, false},
		{"none", except, seen{data: plain}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.frame.length = uint32(len(tt.frame.data))
			for _, hybrid := range []bool{false, true} {
				for _, d := range []direction{bothWays, bridgePort} {
					for _, outgoing := range []bool{false, true} {
						f := filter{direction: d, link: packet.LinkEthernet, hybrid: hybrid, snaplen: 96, own: []link.MAC{routerMAC, laptopMAC}, vlan: tt.rule}
						tt.frame.outgoing = outgoing
						if hybrid && d == bridgePort && outgoing {
							f.direction = bridgeItself // which sees it instead
						}
						if got := assembled(t, f).run(&tt.frame) > 0; got != tt.pass {
							t.Errorf("hybrid %v, direction %d, sent %v: passes %v, want %v", hybrid, d, outgoing, got, tt.pass)
						}
					}
				}
			}
		})
	}
}

// TestUntaggedByDirection has a port that receives without a tag what it sends
// with one.
func TestUntaggedByDirection(t *testing.T) {
	f := filter{direction: bridgePort, snaplen: 96, own: []link.MAC{routerMAC}, vlan: vlanRule{only: 20, untaggedIn: true}}
	m := assembled(t, f)
	in := seen{data: ethernet(routerMAC, laptopMAC, 4, rules[0].packet(4))}
	out := seen{data: ethernet(laptopMAC, routerMAC, 4, rules[0].packet(4)), outgoing: true}
	if m.run(&in) == 0 || m.run(&out) != 0 {
		t.Errorf("received %d, sent %d; want only what is received", m.run(&in), m.run(&out))
	}
}

func TestVLANOf(t *testing.T) {
	ports := []link.PortVLAN{{VID: 1, Untagged: true}, {VID: 10}, {VID: 20, PVID: true}}
	tests := []struct {
		name   string
		only   uint16
		except []uint16
		vlans  []link.PortVLAN
		want   vlanRule
	}{
		{"all of a device", 0, nil, nil, vlanRule{untaggedIn: true, untaggedOut: true}},
		{"one, no bridge", 20, nil, nil, vlanRule{only: 20}},
		{"one, by default", 20, nil, ports, vlanRule{only: 20, untaggedIn: true}},
		{"one, untagged when sent", 1, nil, ports, vlanRule{only: 1, untaggedOut: true}},
		{"one, tagged", 10, nil, ports, vlanRule{only: 10}},
		{"the rest, tagged", 0, []uint16{10}, ports, vlanRule{except: []uint16{10}, untaggedIn: true, untaggedOut: true}},
		{"the rest, not the default", 0, []uint16{20}, ports, vlanRule{except: []uint16{20}, untaggedOut: true}},
		{"one and no exceptions", 20, []uint16{10}, nil, vlanRule{only: 20}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, vlanOf(tt.only, tt.except, tt.vlans), cmp.AllowUnexported(vlanRule{})); d != "" {
				t.Error(d)
			}
		})
	}
}

// dsa is a router whose bridge filters VLANs: lan1 is of VLAN 10, lan2 of 20, and
// lan3 carries both with tags.
func dsa() *link.State {
	s := new(link.State)
	for _, l := range []link.Link{
		{Index: 3, Name: "br-lan", Kind: "bridge", Type: link.TypeEthernet, Up: true, MAC: routerMAC, VLANFiltering: true},
		{Index: 4, Name: "lan1", Type: link.TypeEthernet, Up: true, Master: 3, MAC: otherMAC},
		{Index: 5, Name: "lan2", Type: link.TypeEthernet, Up: true, Master: 3, MAC: otherMAC},
		{Index: 6, Name: "lan3", Type: link.TypeEthernet, Up: true, Master: 3, MAC: otherMAC},
		{Index: 7, Name: "br-lan.10", Kind: "vlan", Type: link.TypeEthernet, Up: true, Parent: 3, VLAN: 10, MAC: routerMAC},
		{Index: 8, Name: "br-lan.20", Kind: "vlan", Type: link.TypeEthernet, Up: true, Parent: 3, VLAN: 20, MAC: routerMAC},
		{Index: 9, Name: "eth0", Type: link.TypeEthernet, Up: true, MAC: link.MAC{2, 9}},
		{Index: 10, Name: "eth0.5", Kind: "vlan", Type: link.TypeEthernet, Up: true, Parent: 9, VLAN: 5, MAC: link.MAC{2, 9}},
	} {
		s.Apply(link.Event{Op: link.LinkSet, Link: l})
	}
	for _, v := range []link.PortVLAN{
		{Port: 3, VID: 10}, {Port: 3, VID: 20},
		{Port: 4, VID: 10, PVID: true, Untagged: true}, {Port: 5, VID: 20, PVID: true, Untagged: true},
		{Port: 6, VID: 10}, {Port: 6, VID: 20},
	} {
		s.Apply(link.Event{Op: link.PortVLANSet, PortVLAN: v})
	}
	return s
}

// describe returns what taps capture of VLANs.
func describe(taps []tap) string {
	var all []string
	for _, t := range taps {
		s := fmt.Sprintf("%s/%d", t.device, t.direction)
		if t.vlan.only != 0 {
			s += fmt.Sprintf(" only %d", t.vlan.only)
		}
		if len(t.vlan.except) > 0 {
			s += fmt.Sprint(" not ", t.vlan.except)
		}
		if t.vlan.untaggedIn {
			s += " untagged"
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

func TestPlanVLANs(t *testing.T) {
	tests := []struct {
		name string
		want []Interface
		taps []string // of each interface
	}{
		{"two networks by their ports", []Interface{{Name: "lan", Device: "br-lan.10", Ports: true}, {Name: "guest", Device: "br-lan.20", Ports: true}},
			[]string{"lan1/2 only 10 untagged, lan2/2 only 10, lan3/2 only 10, br-lan/3 only 10",
				"lan1/2 only 20, lan2/2 only 20 untagged, lan3/2 only 20, br-lan/3 only 20"}},
		{"a VLAN of a bridge", []Interface{{Name: "guest", Device: "br-lan", VLAN: 20, Ports: true}},
			[]string{"lan1/2 only 20, lan2/2 only 20 untagged, lan3/2 only 20, br-lan/3 only 20"}},
		{"two VLANs of a device", []Interface{{Name: "a", Device: "br-lan", VLAN: 10}, {Name: "b", Device: "br-lan", VLAN: 20}},
			[]string{"br-lan/0 only 10", "br-lan/0 only 20"}},
		{"the bridge and a VLAN of it, by ports", []Interface{{Name: "lan", Device: "br-lan", Ports: true}, {Name: "guest", Device: "br-lan.20", Ports: true}},
			[]string{"lan1/2 not [20] untagged, lan2/2 not [20], lan3/2 not [20] untagged, br-lan/3 not [20] untagged",
				"lan1/2 only 20, lan2/2 only 20 untagged, lan3/2 only 20, br-lan/3 only 20"}},
		{"the bridge and a VLAN of it, as devices", []Interface{{Name: "lan", Device: "br-lan"}, {Name: "guest", Device: "br-lan.20"}},
			[]string{"br-lan/0 not [20] untagged", "br-lan.20/0 untagged"}},
		{"a device and its VLAN", []Interface{{Name: "wan", Device: "eth0"}, {Name: "tv", Device: "eth0.5"}},
			[]string{"eth0/0 not [5] untagged", "eth0.5/0 untagged"}},
		{"a device alone", []Interface{{Name: "wan", Device: "eth0"}}, []string{"eth0/0 untagged"}},
		{"a VLAN of no bridge", []Interface{{Name: "tv", Device: "eth0.5", Ports: true}}, []string{"eth0.5/0 untagged"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, hybrid := range []bool{false, true} {
				cfg, err := Config{Interfaces: tt.want, Hybrid: hybrid}.withDefaults()
				if err != nil {
					t.Fatal(err)
				}
				for i, want := range tt.taps {
					taps, note := planner{cfg, dsa()}.plan(i)
					if got := describe(taps); got != want || note != "" {
						t.Errorf("%s: %s, note %q; want %s", tt.want[i].Name, got, note, want)
					}
					for _, tap := range taps {
						if hybrid && len(tap.own) == 0 {
							t.Errorf("%s on %s knows no address of the router", tt.want[i].Name, tap.device)
						}
					}
				}
			}
		})
	}
}

func TestPlanHybridAddresses(t *testing.T) {
	s := dsa()
	cfg := Config{Hybrid: true, Interfaces: []Interface{{Name: "lan", Device: "br-lan.10", Ports: true}}}
	taps, _ := planner{cfg, s}.plan(0)
	if d := cmp.Diff([]link.MAC{routerMAC, otherMAC}, taps[0].own); d != "" {
		t.Error(d)
	}
	for i := range maxOwnMACsHybrid {
		s.Apply(link.Event{Op: link.LinkSet, Link: link.Link{Index: 100 + i, Name: fmt.Sprint("mv", i),
			Kind: "macvlan", Parent: 3, Type: link.TypeEthernet, MAC: link.MAC{0xd, byte(i)}}})
	}
	taps, note := planner{cfg, s}.plan(0)
	if len(taps[0].own) != maxOwnMACsHybrid || taps[0].own[0] != routerMAC || !strings.Contains(note, fmt.Sprint(maxOwnMACsHybrid+2, " hardware addresses")) {
		t.Errorf("%d addresses, the first %v, note %q", len(taps[0].own), taps[0].own[0], note)
	}
}
