package link

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vlanInfo is one struct bridge_vlan_info.
type vlanInfo struct{ flags, vid uint16 }

func portMessage(order binary.AppendByteOrder, port uint32, infos ...vlanInfo) *message {
	spec := &message{order: order}
	for _, i := range infos {
		spec.attr(bridgeVLANInfo, (&message{order: order}).u16(i.flags).u16(i.vid).b)
	}
	m := linkMessage(order, familyBridge, TypeEthernet, port, flagUp).text(iflaName, "lan1").attr32(iflaMaster, 3)
	if infos != nil {
		m.attr(iflaAFSpec, spec.b)
	}
	return m
}

func TestParsePortVLANs(t *testing.T) {
	const begin, end = vlanRangeBegin, vlanRangeEnd
	tests := []struct {
		name  string
		port  uint32
		infos []vlanInfo
		want  []PortVLAN
		bad   bool
	}{
		{name: "no VLANs", port: 4},
		{name: "single ones", port: 4, infos: []vlanInfo{{vlanPVID | vlanUntagged, 1}, {vlanUntagged, 2}, {0, 4094}},
			want: []PortVLAN{{4, 1, true, true}, {4, 2, false, true}, {4, 4094, false, false}}},
		{name: "a range between others", port: 4, infos: []vlanInfo{{vlanPVID, 1}, {begin | vlanUntagged, 7}, {end | vlanUntagged, 9}, {0, 10}},
			want: []PortVLAN{{4, 1, true, false}, {4, 7, false, true}, {4, 8, false, true}, {4, 9, false, true}, {4, 10, false, false}}},
		{name: "flags of others", port: 4, infos: []vlanInfo{{1 | 1<<5 | 1<<6, 5}}, want: []PortVLAN{{4, 5, false, false}}},
		{name: "downwards", port: 4, infos: []vlanInfo{{0, 5}, {0, 4}}, bad: true},
		{name: "twice", port: 4, infos: []vlanInfo{{0, 5}, {0, 5}}, bad: true},
		{name: "VLAN 0", port: 4, infos: []vlanInfo{{0, 0}}, bad: true},
		{name: "VLAN 4095", port: 4, infos: []vlanInfo{{0, 4095}}, bad: true},
		{name: "range without beginning", port: 4, infos: []vlanInfo{{end, 7}}, bad: true},
		{name: "range without end", port: 4, infos: []vlanInfo{{begin, 7}}, bad: true},
		{name: "range in a range", port: 4, infos: []vlanInfo{{begin, 7}, {begin, 8}, {end, 9}}, bad: true},
		{name: "no port", infos: []vlanInfo{{0, 5}}, bad: true},
	}
	for _, o := range orders {
		for _, tt := range tests {
			t.Run(o.name+"/"+tt.name, func(t *testing.T) {
				port, got, ok := ParsePortVLANs(portMessage(o.order, tt.port, tt.infos...).b, byteOrder(o.order))
				if ok == tt.bad {
					t.Fatalf("ParsePortVLANs reports %v", ok)
				}
				if ok && (port != int(tt.port) || cmp.Diff(tt.want, got) != "") {
					t.Errorf("port %d: %s", port, cmp.Diff(tt.want, got))
				}
			})
		}
	}
}

func TestParsePortVLANsOfOthers(t *testing.T) {
	for _, o := range orders {
		card := (&message{order: o.order}).attr(bridgeFlags, []byte{0, 0}).attr(bridgeMode, []byte{0, 0})
		half := (&message{order: o.order}).attr(bridgeVLANInfo, []byte{1, 0})
		cut := (&message{order: o.order}).u16(9)
		tests := []struct {
			name string
			m    *message
		}{
			{"a network card that bridges", linkMessage(o.order, familyBridge, TypeEthernet, 4, 0).attr(iflaAFSpec, card.b)},
			{"an interface", linkMessage(o.order, familyUnspec, TypeEthernet, 4, 0).text(iflaName, "lan1")},
			{"half a VLAN", linkMessage(o.order, familyBridge, TypeEthernet, 4, 0).attr(iflaAFSpec, half.b)},
			{"bytes after the last VLAN", linkMessage(o.order, familyBridge, TypeEthernet, 4, 0).attr(iflaAFSpec, cut.b)},
			{"bytes after the last attribute", portMessage(o.order, 4).raw(1)},
			{"half a header", (&message{order: o.order}).raw(familyBridge, 0, 0)},
		}
		for _, tt := range tests {
			t.Run(o.name+"/"+tt.name, func(t *testing.T) {
				if port, vlans, ok := ParsePortVLANs(tt.m.b, byteOrder(o.order)); ok {
					t.Errorf("accepted: port %d, %v", port, vlans)
				}
			})
		}
	}
}

func TestParseRecordedPorts(t *testing.T) {
	want := []PortVLAN{{10, 1, false, true}, {10, 20, true, true}, {10, 30, false, false},
		{10, 31, false, false}, {10, 32, false, false}, {10, 33, false, false}}
	port, vlans, ok := ParsePortVLANs(unhex(t, recordedPort), binary.LittleEndian)
	if d := cmp.Diff(want, vlans); !ok || port != 10 || d != "" {
		t.Errorf("port %d, %v: %s", port, ok, d)
	}
	port, vlans, ok = ParsePortVLANs(unhex(t, recordedBridge), binary.LittleEndian)
	if d := cmp.Diff([]PortVLAN{{9, 1, true, true}}, vlans); !ok || port != 9 || d != "" {
		t.Errorf("port %d, %v: %s", port, ok, d)
	}
}

func TestParseLinkVLANFiltering(t *testing.T) {
	for _, o := range orders {
		for _, on := range []bool{false, true} {
			data := (&message{order: o.order}).attr(bridgeVLANFiltering, []byte{map[bool]byte{true: 1}[on]})
			info := (&message{order: o.order}).text(infoKind, "bridge").attr(infoData, data.b)
			l, ok := ParseLink(linkMessage(o.order, 0, TypeEthernet, 3, 0).text(iflaName, "br-lan").attr(iflaLinkInfo, info.b).b, byteOrder(o.order))
			if !ok || l.VLANFiltering != on {
				t.Errorf("%s: VLAN filtering %v is read as %v, %v", o.name, on, l.VLANFiltering, ok)
			}
		}
	}
}
