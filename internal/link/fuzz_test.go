package link

import (
	"encoding/binary"
	"slices"
	"testing"
)

// FuzzParse holds the parsers to their promises about what they accept: indexes,
// names, valid addresses, bounds.
func FuzzParse(f *testing.F) {
	for _, o := range orders {
		info := (&message{order: o.order}).text(infoKind, "vlan").attr(infoData, (&message{order: o.order}).attr(vlanID, []byte{0, 20}).b)
		f.Add(linkMessage(o.order, 0, TypeEthernet, 7, 1).text(iflaName, "lan1").attr(iflaLinkInfo, info.b).b)
		f.Add(addressMessage(o.order, familyIPv4, 24, 0, 0, 3).attr(ifaAddress, []byte{192, 0, 2, 1}).b)
		f.Add(neighbourMessage(o.order, familyIPv4, 3, nudStale, 0).attr(neighbourAddress, []byte{192, 0, 2, 1}).attr(neighbourMAC, make([]byte, 6)).b)
		f.Add(portMessage(o.order, 4, vlanInfo{vlanRangeBegin, 2}, vlanInfo{vlanRangeEnd, 4094}).b)
		f.Add(flowtableMessage(o.order, 1, "fw4", "ft", flowtableCounter, (&message{order: o.order}).text(hookDevicePrefix, "lan")).b)
	}
	for _, s := range []string{recordedNeighbour, recordedNeighbour6, recordedGroup, recordedPort, recordedBridge,
		recordedFlowtable, recordedFamily, recordedWireGuard, recordedStation, recordedOwn} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, o := range orders {
			checkParsers(t, b, byteOrder(o.order))
		}
	})
}

func checkParsers(t *testing.T, b []byte, order binary.ByteOrder) {
	if l, ok := ParseLink(b, order); ok && (l.Index <= 0 || l.Name == "" || len(l.Name) > MaxName || l.Parent == l.Index) {
		t.Errorf("accepted the link %+v", l)
	}
	if a, ok := ParseAddress(b, order); ok && (a.Index <= 0 || !a.Prefix.IsValid()) {
		t.Errorf("accepted the address %+v", a)
	}
	if n, ok := ParseNeighbour(b, order); ok && (n.Index <= 0 || !isHost(n.Addr) || n.MAC[0]&1 != 0) {
		t.Errorf("accepted the neighbour %+v", n)
	}
	if e, ok := ParseBehind(b, order); ok && (e.Port <= 0 || e.Bridge <= 0 || e.MAC == MAC{} || e.MAC[0]&1 != 0) {
		t.Errorf("accepted the entry %+v", e)
	}
	if port, vlans, ok := ParsePortVLANs(b, order); ok {
		ascending := slices.IsSortedFunc(vlans, func(x, y PortVLAN) int { return int(x.VID) - int(y.VID) })
		strange := slices.ContainsFunc(vlans, func(v PortVLAN) bool { return v.Port != port || v.VID < 1 || v.VID > maxVID })
		if port <= 0 || len(vlans) > maxVID || !ascending || strange {
			t.Errorf("accepted %d VLANs of port %d: %v", len(vlans), port, vlans)
		}
	}
	if f, ok := ParseFlowtable(b, order); ok && (f.Name == "" || len(f.Devices) > MaxFlowtableDevices) {
		t.Errorf("accepted the flowtable %+v", f)
	}
	parseGeneric16(b, wireGuardPort, order)
}
