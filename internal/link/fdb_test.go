package link

import (
	"encoding/binary"
	"testing"
)

// Entries of a forwarding table, recorded from Linux 6.18 on amd64: a station behind
// the port lan1, the port's own address, and a group that the bridge listens to.
const (
	recordedStation = "0700000003000000020000000a0002000200000001010000080009000200000008000f000000000014000300000000006400000000" +
		"00000000000000"
	recordedOwn = "0700000003000000800000000a000200ca64a6c805350000080009000200000008000f0000000000140003000000000066000000660000" +
		"0000000000"
	recordedFilter = "0700000002000000800002000a00020001005e00006a0000"
)

func TestRecordedForwarding(t *testing.T) {
	tests := []struct {
		name, text string
		want       Behind
		ok         bool
	}{
		{"station", recordedStation, Behind{MAC: MAC{2, 0, 0, 0, 1, 1}, Port: 3, Bridge: 2}, true},
		{"the port's own", recordedOwn, Behind{}, false},
		{"group", recordedFilter, Behind{}, false},
		{"a neighbour", recordedNeighbour, Behind{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := unhex(t, tt.text)
			got, ok := ParseBehind(b, binary.LittleEndian)
			if ok != tt.ok || ok && got != tt.want {
				t.Errorf("%+v, %v", got, ok)
			}
			for n := range b {
				if _, ok := ParseBehind(b[:n], binary.LittleEndian); ok && n < 24 {
					t.Errorf("accepted the first %d bytes", n)
				}
			}
		})
	}
}

// TestParseBehind does so in both byte orders, with a VLAN.
func TestParseBehind(t *testing.T) {
	mac := []byte{2, 0, 0, 0, 0, 9}
	for _, o := range orders {
		vlan, master := o.order.AppendUint16(nil, 20), o.order.AppendUint32(nil, 4)
		entry := func(port uint32) *message { return neighbourMessage(o.order, familyBridge, port, nudStale, 0) }
		good := entry(5).attr(neighbourMAC, mac).attr(neighbourMaster, master).attr(neighbourVLAN, vlan)
		if got, ok := ParseBehind(good.b, byteOrder(o.order)); !ok || got != (Behind{MAC(mac), 5, 4, 20}) {
			t.Errorf("%s: %+v, %v", o.name, got, ok)
		}
		for name, m := range map[string]*message{
			"without a bridge":  entry(5).attr(neighbourMAC, mac),
			"of the bridge":     entry(4).attr(neighbourMAC, mac).attr(neighbourMaster, master),
			"without a station": entry(5).attr(neighbourMaster, master),
			"a group's":         entry(5).attr(neighbourMAC, []byte{1, 0, 0, 0, 0, 9}).attr(neighbourMaster, master),
			"no port":           entry(0).attr(neighbourMAC, mac).attr(neighbourMaster, master),
		} {
			if got, ok := ParseBehind(m.b, byteOrder(o.order)); ok {
				t.Errorf("%s, %s: %+v", o.name, name, got)
			}
		}
	}
}
