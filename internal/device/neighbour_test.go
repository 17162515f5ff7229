package device

import "testing"

// TestKnown has the kernel remember two devices, of which one is heard.
func TestKnown(t *testing.T) {
	s := NewDevices(8, 10*minute, handles(8))
	old := s.Known(mac(1), 2, minute)
	if old == nil || old.First != 0 || old.Last != minute || old.Point != 2 || !old.HasMAC(mac(1)) {
		t.Fatalf("%+v", old)
	}
	if again := s.Known(mac(1), 3, 5*minute); again != old || old.Last != minute || old.Point != 3 {
		t.Errorf("remembering a device keeps it: %+v", old)
	}
	s.Known(mac(2), 2, minute).Heard(8 * minute)
	s.Tick(11*minute+1, minute)
	if s.Len() != 1 || s.All()[0].First != 8*minute {
		t.Errorf("%d devices, want the one that was heard", s.Len())
	}
	d := s.Seen(mac(3), 1, 7, 9*minute)
	if s.Known(mac(3), 1, 10*minute) != d || d.First != 9*minute || d.Last != 9*minute || d.VLAN != 7 {
		t.Errorf("what is remembered changes what was seen: %+v", d)
	}
	if s.Known([6]byte{}, 1, minute) != nil || s.Known([6]byte{1}, 1, minute) != nil {
		t.Error("a group is a device")
	}
}

func TestKnownIsBounded(t *testing.T) {
	s := NewDevices(2, 0, handles(8))
	for i := range 4 {
		s.Known(mac(i+1), 0, minute)
	}
	if s.Len() != 2 || s.Dropped != 2 {
		t.Errorf("%d devices, %d dropped", s.Len(), s.Dropped)
	}
}

// TestMove has an address go from one device to another: the first has it no
// more, but what it moved stays its own.
func TestMove(t *testing.T) {
	s := NewDevices(8, 0, handles(8))
	a, b := s.Seen(mac(1), 0, 0, minute), s.Seen(mac(2), 0, 0, minute)
	h := NewHosts(4, 0).Seen(addr("192.168.1.5"), Guess(), 0, minute)
	h.Move(a)
	a.learn(addr("192.168.1.6"))
	h.Move(b)
	if h.Device != b || len(a.Addrs) != 1 || a.Addrs[0] != *addr("192.168.1.6") || len(b.Addrs) != 1 {
		t.Errorf("first %v, second %v", a.Addrs, b.Addrs)
	}
	h.Move(b)
	if len(b.Addrs) != 1 {
		t.Errorf("an address that stays is listed %d times", len(b.Addrs))
	}
}

// TestKnownAgain has the kernel and a lease tell of a device that the store kept
// without its hardware address: when it was here first stands.
func TestKnownAgain(t *testing.T) {
	for name, tell := range map[string]func(*Devices){
		"neighbour": func(s *Devices) { s.Known(mac(1), 2, 9*minute) },
		"lease":     func(s *Devices) { s.SetLeases([]Lease{{Kind: FromLease, MAC: mac(1)}}, 9*minute) },
	} {
		s := NewDevices(8, 0, handles(8))
		s.Restore([]Kept{{Key: mac(1).String(), First: minute, Last: 9 * minute}})
		tell(s)
		if d := s.ByMAC(mac(1)); d == nil || s.Len() != 1 || d.First != minute {
			t.Errorf("%s: %+v", name, d)
		}
	}
}
