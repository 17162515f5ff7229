package device

import (
	"fmt"
	"net/netip"
	"testing"

	"weir/internal/packet"
)

const minute = int64(60_000_000)

// handles gives every key a number, at most limit of them.
func handles(limit int) func(string) uint32 {
	known := map[string]uint32{}
	return func(key string) uint32 {
		if known[key] == 0 && len(known) < limit {
			known[key] = uint32(len(known) + 1)
		}
		return known[key]
	}
}

func mac(n int) packet.MAC { return packet.MAC{0, 0x11, 0x32, 0, byte(n >> 8), byte(n)} }

func TestSeen(t *testing.T) {
	s := NewDevices(4, 0, handles(10))
	d := s.Seen(mac(1), 2, 20, minute)
	if d == nil || d.ID == 0 || d.Key != "00:11:32:00:00:01" || d.First != minute {
		t.Fatalf("%+v", d)
	}
	if again := s.Seen(mac(1), 3, 0, 2*minute); again != d || d.Last != 2*minute || d.Point != 3 || d.VLAN != 0 || d.First != minute {
		t.Errorf("seen again: %+v", d)
	}
	if s.Seen(mac(1), 3, 0, minute); d.Last != 2*minute {
		t.Error("a late packet set the time back")
	}
	for _, m := range []packet.MAC{{}, {0x01, 0, 0x5e, 0, 0, 1}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}} {
		if s.Seen(m, 0, 0, minute) != nil {
			t.Errorf("%v became a device", m)
		}
	}
	if !(&Device{MACs: []packet.MAC{{2}}}).RandomMAC() || d.RandomMAC() {
		t.Error("locally administered addresses are not told apart")
	}
	if s.ByID(d.ID) != d || s.ByKey(d.Key) != d || s.ByID(99) != nil {
		t.Error("devices are not found")
	}
}

// A flood of made-up addresses fills the table but pushes out neither named nor
// fresh devices, and what finds no room is counted.
func TestFullTable(t *testing.T) {
	s := NewDevices(3, 0, handles(100))
	s.Configure([]Named{{Name: "NAS", MACs: []packet.MAC{mac(1)}}}, 0)
	s.Seen(mac(2), 0, 0, 0)
	s.Seen(mac(3), 0, 0, 5*minute)
	if s.Seen(mac(4), 0, 0, 6*minute) != nil || s.Dropped != 1 {
		t.Errorf("%d dropped", s.Dropped)
	}
	d := s.Seen(mac(4), 0, 0, 11*minute)
	if d == nil || s.Evicted != 1 || s.Len() != 3 || s.Max() != 3 {
		t.Fatalf("%d evicted, %d devices", s.Evicted, s.Len())
	}
	if s.ByKey(mac(2).String()) != nil || s.ByKey(mac(3).String()) == nil || s.ByKey(mac(1).String()) == nil {
		t.Error("not the one that was quiet longest left")
	}
}

func TestHandlesRunOut(t *testing.T) {
	s := NewDevices(10, 0, handles(1))
	if s.Seen(mac(1), 0, 0, 0) == nil || s.Seen(mac(2), 0, 0, 0) != nil || s.Dropped != 1 {
		t.Errorf("%d devices, %d dropped", s.Len(), s.Dropped)
	}
}

func TestConfigure(t *testing.T) {
	s := NewDevices(10, 0, handles(10))
	seen := s.Seen(mac(2), 0, 0, minute)
	s.Configure([]Named{
		{Name: "Phone", MACs: []packet.MAC{mac(2), mac(3)}},
		{Name: "Camera", IPs: []netip.Addr{netip.MustParseAddr("10.1.1.1")}},
		{Name: "Laptop", MACs: []packet.MAC{mac(9)}},
	}, 2*minute)
	if seen.Name != "Phone" || !seen.HasMAC(mac(3)) {
		t.Errorf("phone %+v", seen)
	}
	if d := s.Seen(mac(3), 0, 0, 3*minute); d != seen {
		t.Error("a second address of one device made another device")
	}
	if d := s.ByAddr(addr("10.1.1.1")); d == nil || d.Name != "Camera" || d.Key != "10.1.1.1" || !d.Mentions("10.1.1") {
		t.Errorf("camera %+v", d)
	}
	laptop := s.ByKey(mac(9).String())
	if laptop == nil || laptop.First != 0 {
		t.Fatalf("laptop %+v, want it known but not seen", laptop)
	}
	if s.Seen(mac(9), 0, 0, 4*minute); laptop.First != 4*minute {
		t.Error("the first packet is not the first time it was seen")
	}
	s.Configure(nil, 5*minute)
	if seen.Name != "" || s.ByAddr(addr("10.1.1.1")) != nil {
		t.Error("names outlived the configuration")
	}
}

func TestStaleDevicesLeave(t *testing.T) {
	s := NewDevices(10, 10*minute, handles(10))
	s.Configure([]Named{{Name: "NAS", MACs: []packet.MAC{mac(1)}}}, 0)
	s.Seen(mac(1), 0, 0, minute)
	gone := s.Seen(mac(2), 0, 0, minute)
	hosts := NewHosts(4, 0)
	h := hosts.Seen(addr("192.168.1.2"), NewNetworks(Private, nil), 0, minute)
	h.Bind(gone)
	s.Tick(11*minute, minute)
	if s.Len() != 2 {
		t.Error("left too early")
	}
	s.Tick(11*minute+1, minute)
	hosts.Tick(11*minute+1, minute)
	if s.Len() != 1 || gone.ID != 0 || h.Device != nil {
		t.Errorf("%d devices; the host still belongs to %v", s.Len(), h.Device)
	}
	if d := s.Seen(mac(2), 0, 0, 12*minute); d == nil || d.ID == 0 {
		t.Error("it cannot come back")
	}
}

// A private device that nobody named would come back as one that is not.
func TestPrivateDevicesStay(t *testing.T) {
	s := NewDevices(2, 10*minute, handles(10))
	s.Configure([]Named{{Private: true, MACs: []packet.MAC{mac(1)}}}, 0)
	s.Tick(100*minute, minute)
	s.Seen(mac(2), 0, 0, 100*minute)
	s.Seen(mac(3), 0, 0, 200*minute) // the table is full
	d := s.Seen(mac(1), 0, 0, 200*minute)
	if d == nil || !d.Private {
		t.Errorf("it came back as %+v", d)
	}
	if s.Configure(nil, 200*minute); d.Private {
		t.Error("it is private for ever")
	}
}

func TestRestoreAndShift(t *testing.T) {
	s := NewDevices(2, 0, handles(10))
	s.Seen(mac(1), 0, 0, 9*minute)
	for i := range 3 {
		s.Restore([]Kept{{Key: mac(i + 1).String(), MACs: []packet.MAC{mac(i + 1)}, First: minute, Last: 2 * minute, Addrs: make([]packet.Addr, 99)}})
	}
	if s.Len() != 2 || s.ByKey(mac(1).String()).First != 9*minute || s.ByKey(mac(2).String()).First != minute {
		t.Errorf("%d devices", s.Len())
	}
	if n := len(s.ByKey(mac(2).String()).Addrs); n > maxAddrs {
		t.Errorf("%d addresses", n)
	}
	// The clock was set an hour ahead after it had run from minute 9 to 10.
	s.Shift(60*minute, 9*minute, 10*minute)
	if d := s.ByKey(mac(1).String()); d.First != 69*minute || d.Last != 69*minute {
		t.Errorf("shifted to %d, %d", d.First, d.Last)
	}
	if d := s.ByKey(mac(2).String()); d.First != minute || d.Last != 2*minute {
		t.Errorf("times of an earlier run were moved to %d, %d", d.First, d.Last)
	}
}

// A device that is known by its address alone comes back with its history.
func TestRestoreByAddress(t *testing.T) {
	s := NewDevices(4, 0, handles(10))
	s.Restore([]Kept{{Key: "10.1.1.1", First: minute, Last: 2 * minute, Flows: 7, Traffic: Traffic{TxBytes: 99}}})
	s.Configure([]Named{{Name: "Camera", IPs: []netip.Addr{netip.MustParseAddr("10.1.1.1")}}}, 5*minute)
	d := s.ByAddr(addr("10.1.1.1"))
	if s.Len() != 1 || d == nil || d.Name != "Camera" || d.First != minute || d.Flows != 7 || d.TxBytes != 99 || s.Dropped != 0 {
		t.Errorf("%d devices, %+v", s.Len(), d)
	}
}

func TestLearnKeepsNewestFirst(t *testing.T) {
	var d Device
	for i := range maxAddrs + 5 {
		d.learn(addr(fmt.Sprintf("10.0.0.%d", i)))
	}
	d.learn(addr("10.0.0.10"))
	if len(d.Addrs) != maxAddrs || d.Addrs[0] != *addr("10.0.0.10") || d.Addrs[1] != *addr(fmt.Sprintf("10.0.0.%d", maxAddrs+4)) {
		t.Errorf("%d addresses, first %v, then %v", len(d.Addrs), d.Addrs[0], d.Addrs[1])
	}
}

func TestTraffic(t *testing.T) {
	var tr Traffic
	tr.Add(1000, 2000, 1, 2)
	tr.Add(500, 0, 1, 0)
	tr.Tick(2_000_000)
	if tr.TxBytes != 1500 || tr.RxPackets != 2 || tr.TxRate != 750 || tr.RxRate != 1000 {
		t.Errorf("%+v", tr)
	}
	if tr.Tick(1_000_000); tr.TxRate != 0 || tr.TxBytes != 1500 {
		t.Errorf("after a quiet tick %+v", tr)
	}
	tr.Add(1<<40, 0, 1, 0)
	if tr.Tick(0); tr.TxRate != 1<<32-1 {
		t.Errorf("rate %d, want it saturated", tr.TxRate)
	}
}

// TestNoHandleLeft has every new device refused a handle: none may be given up
// for it.
func TestNoHandleLeft(t *testing.T) {
	left := uint32(2)
	s := NewDevices(2, 0, func(string) uint32 {
		if left == 0 {
			return 0
		}
		left--
		return left + 1
	})
	for i := range byte(2) {
		s.Seen(packet.MAC{0, 0, 0, 0, 1, i}, 0, 0, 1)
	}
	if d := s.Seen(packet.MAC{0, 0, 0, 0, 2, 0}, 0, 0, 60*60*1e6); d != nil || s.Len() != 2 || s.Evicted != 0 || s.Dropped != 1 {
		t.Errorf("device %v, %d devices left, %d given up, %d dropped", d, s.Len(), s.Evicted, s.Dropped)
	}
}

// TestExpectedDevice tells nobody of a device that the configuration knew before it
// came, but of others.
func TestExpectedDevice(t *testing.T) {
	s := NewDevices(8, 0, handles(64))
	known, stranger := packet.MAC{2, 0, 0, 0, 0, 1}, packet.MAC{2, 0, 0, 0, 0, 2}
	s.Configure([]Named{{Name: "printer", MACs: []packet.MAC{known}}}, second)
	for at := int64(1); at <= 20; at++ {
		s.Seen(known, 0, 0, at*second)
		s.Seen(stranger, 0, 0, at*second)
		s.Tick(at*second, second)
	}
	var told []string
	for _, e := range s.Events() {
		if e.What == New {
			told = append(told, e.Key)
		}
	}
	if len(told) != 1 || told[0] != stranger.String() {
		t.Errorf("told of %v", told)
	}
}
