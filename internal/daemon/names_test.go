package daemon

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"weir/internal/device"
	"weir/internal/packet"
	"weir/uci"
)

func TestNamedDevices(t *testing.T) {
	ip := netip.MustParseAddr("192.168.1.9")
	a, b, c := uci.MAC{2, 0, 0, 0, 0, 1}, uci.MAC{2, 0, 0, 0, 0, 2}, uci.MAC{2, 0, 0, 0, 0, 3}
	cfg := &uci.Config{
		Devices: []uci.Device{
			{Name: "anna", MACs: []uci.MAC{a, b}},
			{MACs: []uci.MAC{c}},                                      // the router names it
			{MACs: []uci.MAC{{2, 0, 0, 0, 0, 4}}},                     // nobody does
			{MACs: []uci.MAC{{2, 0, 0, 0, 0, 6}, {2, 0, 0, 0, 0, 7}}}, // nor these, but they are one
			{MACs: []uci.MAC{{2, 0, 0, 0, 0, 8}}, Type: "printer"},
			{MACs: []uci.MAC{{2, 0, 0, 0, 0, 9}}, Hidden: true},
			{MACs: []uci.MAC{{2, 0, 0, 0, 0, 5}}, Private: true}, // which does not make it less private
			{Name: "camera", IPs: []netip.Addr{ip}},
		},
		Router: uci.Router{Hosts: []uci.Host{
			{Name: "annas-phone", MACs: []uci.MAC{b}}, // is anna's already
			{Name: "printer", MACs: []uci.MAC{c}},
			{Name: "nobody"},
		}},
	}
	want := []device.Named{
		{Name: "anna", MACs: []packet.MAC{packet.MAC(a), packet.MAC(b)}},
		{Name: "printer", Static: true, MACs: []packet.MAC{packet.MAC(c)}},
		{MACs: []packet.MAC{{2, 0, 0, 0, 0, 6}, {2, 0, 0, 0, 0, 7}}},
		{Type: device.Printer, MACs: []packet.MAC{{2, 0, 0, 0, 0, 8}}},
		{Hidden: true, MACs: []packet.MAC{{2, 0, 0, 0, 0, 9}}},
		{Private: true, MACs: []packet.MAC{{2, 0, 0, 0, 0, 5}}},
		{Name: "camera", IPs: []netip.Addr{ip}},
	}
	if diff := cmp.Diff(want, namedDevices(cfg), cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Error(diff)
	}
}

func TestTypeOf(t *testing.T) {
	for word, want := range map[string]device.Type{"phone": device.Phone, "laptop": device.Computer, "computer": device.Computer, "kettle": device.NoType, "": device.NoType} {
		if got := typeOf(word); got != want {
			t.Errorf("%q is %v, want %v", word, got, want)
		}
	}
}
