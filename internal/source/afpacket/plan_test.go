package afpacket

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/link"
	"weir/internal/packet"
)

func router(change func(*link.Link)) *link.State {
	s := new(link.State)
	for _, l := range []link.Link{
		{Index: 1, Name: "lo", Type: link.TypeLoopback, Up: true},
		{Index: 2, Name: "wan", Type: link.TypeEthernet, Up: true, MAC: link.MAC{0xb}},
		{Index: 3, Name: "br-lan", Kind: "bridge", Type: link.TypeEthernet, Up: true, MAC: link.MAC{0xa}},
		{Index: 4, Name: "lan1", Type: link.TypeEthernet, Up: true, Master: 3, MAC: link.MAC{0xa}},
		{Index: 5, Name: "lan2", Type: link.TypeEthernet, Master: 3, MAC: link.MAC{0xc}},
		{Index: 6, Name: "pppoe-wan", Type: link.TypePPP, Up: true},
		{Index: 7, Name: "wg0", Type: link.TypeNone, Up: true},
		{Index: 8, Name: "can0", Type: 280, Up: true},
		{Index: 9, Name: "br-guest", Kind: "bridge", Type: link.TypeEthernet, Up: true},
	} {
		if change != nil {
			change(&l)
		}
		s.Apply(link.Event{Op: link.LinkSet, Link: l})
	}
	return s
}

// planOne plans for one interface alone.
func planOne(point int, i Interface, s *link.State) ([]tap, string) {
	cfg := Config{Interfaces: make([]Interface, point+1)}
	cfg.Interfaces[point] = i
	return planner{cfg, s}.plan(point)
}

func TestPlan(t *testing.T) {
	tests := []struct {
		name   string
		want   Interface
		change func(*link.Link)
		taps   string
		note   string
	}{
		{name: "bridge as a device", want: Interface{Device: "br-lan"}, taps: "br-lan#3/0"},
		{name: "bridge by its ports", want: Interface{Device: "br-lan", Ports: true}, taps: "lan1#4/2 lan2#5/2 br-lan#3/3"},
		{name: "ports of what is no bridge", want: Interface{Device: "wan", Ports: true}, taps: "wan#2/0"},
		{name: "bridge without ports", want: Interface{Device: "br-guest", Ports: true}, note: "bridge br-guest has no ports; waiting for one"},
		{name: "loopback", want: Interface{Device: "lo"}, taps: "lo#1/1"},
		{name: "down", want: Interface{Device: "lan2"}, taps: "lan2#5/0", note: "lan2 is down"},
		{name: "missing", want: Interface{Device: "eth9"}, note: "eth9 does not exist; waiting for it"},
		{name: "unknown hardware", want: Interface{Device: "can0"}, note: "can0 has hardware type 280, which cannot be captured"},
		{name: "bridge down", want: Interface{Device: "br-lan", Ports: true},
			change: func(l *link.Link) { l.Up = false }, taps: "lan1#4/2 lan2#5/2 br-lan#3/3", note: "br-lan is down"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			taps, note := planOne(1, tt.want, router(tt.change))
			var got []string
			for _, tap := range taps {
				got = append(got, fmt.Sprintf("%s#%d/%d", tap.device, tap.id.index, tap.direction))
				if tap.id.point != 1 {
					t.Errorf("point %d", tap.id.point)
				}
			}
			if s := strings.Join(got, " "); s != tt.taps || note != tt.note {
				t.Errorf("plan: %q, note %q; want %q, %q", s, note, tt.taps, tt.note)
			}
		})
	}
}

func TestPlanLinkTypes(t *testing.T) {
	for device, want := range map[string]packet.LinkType{"wan": packet.LinkEthernet, "lo": packet.LinkEthernet,
		"pppoe-wan": packet.LinkRaw, "wg0": packet.LinkRaw} {
		taps, _ := planOne(0, Interface{Device: device}, router(nil))
		if len(taps) != 1 || taps[0].link != want {
			t.Errorf("%s: %+v, want %v", device, taps, want)
		}
	}
}

func TestPlanOwnAddresses(t *testing.T) {
	s := router(nil)
	taps, _ := planOne(0, Interface{Device: "br-lan", Ports: true}, s)
	if d := cmp.Diff([]link.MAC{{0xa}, {0xc}}, taps[0].own); d != "" {
		t.Error(d)
	}
	for i := range maxOwnMACs {
		s.Apply(link.Event{Op: link.LinkSet, Link: link.Link{Index: 100 + i, Name: fmt.Sprint("mv", i),
			Kind: "macvlan", Parent: 3, Type: link.TypeEthernet, MAC: link.MAC{0xd, byte(i)}}})
	}
	taps, note := planOne(0, Interface{Device: "br-lan", Ports: true}, s)
	if len(taps[0].own) != maxOwnMACs || !strings.Contains(note, "50 hardware addresses") {
		t.Errorf("%d addresses, note %q", len(taps[0].own), note)
	}
}

// A port that is captured alone gets frames for the bridge, whose address need not
// be the port's.
func TestPlanOwnAddressesOfPort(t *testing.T) {
	cfg := Config{Interfaces: []Interface{{Device: "lan2"}}, Hybrid: true}
	taps, _ := planner{cfg, router(nil)}.plan(0)
	if d := cmp.Diff([]link.MAC{{0xa}, {0xc}}, taps[0].own); d != "" {
		t.Error(d)
	}
}

func TestTapChanges(t *testing.T) {
	a := tap{id: tapID{0, 4}, device: "lan1", link: packet.LinkEthernet, direction: bridgePort, own: []link.MAC{{1}}}
	again, alone, learned := a, a, a
	again.id.index = 9
	alone.direction, alone.own = bothWays, nil
	learned.own = []link.MAC{{1}, {2}}
	tests := []struct {
		name             string
		b                tap
		same, sameFilter bool
	}{
		{"nothing", a, true, true},
		{"made again", again, false, true},
		{"no port any more", alone, true, false},
		{"another address", learned, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a.same(tt.b) != tt.same || a.sameFilter(tt.b) != tt.sameFilter {
				t.Errorf("same %v, same filter %v", a.same(tt.b), a.sameFilter(tt.b))
			}
		})
	}
}
