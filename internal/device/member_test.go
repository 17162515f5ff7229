package device

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/packet"
)

// two returns a set with two devices that moved something.
func two(t *testing.T) (s *Devices, a, b *Device) {
	t.Helper()
	s = NewDevices(8, 0, handles(16))
	a, b = s.Seen(mac(1), 1, 0, minute), s.Seen(mac(2), 2, 7, 2*minute)
	a.Add(100, 10, 1, 1)
	b.Add(1000, 1, 1, 1)
	a.Flows, b.Flows = 1, 2
	a.learn(addr("192.168.1.1"))
	b.learn(addr("192.168.1.2"))
	b.learn(addr("fe80::211:32ff:fe00:2"))
	return s, a, b
}

func TestMerge(t *testing.T) {
	s, a, b := two(t)
	bID := b.ID
	b.Tell(FromDHCP, []byte("phone"), minute)
	if err := s.Merge(a, b); err != nil {
		t.Fatal(err)
	}
	total, flows := a.Total()
	if s.Len() != 1 || b.ID != 0 || total.TxBytes != 1100 || a.TxBytes != 100 || flows != 3 || a.Name != "phone" || a.Last != 2*minute || a.Point != 2 {
		t.Errorf("%d devices, %+v", s.Len(), a)
	}
	if !slices.Equal(a.IDs(), []uint32{a.ID, bID}) || s.ByID(bID) != a || s.ByMAC(mac(2)) != a || len(a.Addrs) != 3 {
		t.Errorf("IDs %v, addresses %v", a.IDs(), a.Addrs)
	}
	if s.Seen(mac(2), 2, 0, 3*minute) != a {
		t.Error("the member comes back as another device")
	}
	h := NewHosts(4, 0)
	host := h.Seen(addr("192.168.1.2"), Guess(), 0, minute)
	host.Device = b
	if h.Rebind(); host.Device != a {
		t.Error("its address is nobody's")
	}

	a.Add(5, 0, 1, 0) // of both by now
	own, err := s.Split(a, mac(2))
	if err != nil || own.ID != bID || own.TxBytes != 1000 || own.First != 2*minute || s.ByMAC(mac(2)) != own || s.Len() != 2 || len(a.Members) != 0 {
		t.Errorf("%v: %+v", err, own)
	}
	if len(own.Addrs) != 1 || own.Addrs[0] != *addr("fe80::211:32ff:fe00:2") || a.HasMAC(mac(2)) || a.TxBytes != 105 {
		t.Errorf("addresses %v, of the other one %v", own.Addrs, a.Addrs)
	}
	if !s.merges.apart[pair(a.Key, own.Key)] || s.merges.root(own.Key) != own.Key {
		t.Error("that the user split them is forgotten")
	}
}

func TestMergeErrors(t *testing.T) {
	s, a, b := two(t)
	check := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	check("nobody", s.Merge(a, nil), ErrNoDevice)
	check("itself", s.Merge(a, a), ErrSame)
	check("nothing decided", s.Undo(), ErrNoUndo)
	_, err := s.Split(a, mac(1))
	check("one address", err, ErrOnly)
	_, err = s.Split(a, mac(2))
	check("another one's", err, ErrNoDevice)
	for i := range maxMACs - 2 {
		check("room", s.Merge(a, s.Seen(mac(10+i), 0, 0, minute)), nil)
	}
	check("the last one", s.Merge(a, b), nil)
	if want := fmt.Sprintf("a device has at most %d hardware addresses and %d members", maxMACs, maxMembers); ErrTooMany.Error() != want {
		t.Errorf("%v, want %s", ErrTooMany, want)
	}
	check("no room", s.Merge(a, s.Seen(mac(99), 0, 0, minute)), ErrTooMany)
	if len(a.MACs) != maxMACs || s.Len() != 2 {
		t.Errorf("%d addresses, %d devices", len(a.MACs), s.Len())
	}
	_, err = s.Split(a, mac(1))
	if err == nil {
		t.Error("the one that names the device left it")
	}
	for i := range 6 {
		s.Seen(mac(50+i), 0, 0, minute)
	}
	_, err = s.Split(a, mac(2))
	check("a full table", err, ErrNoRoom)
	s.Configure([]Named{{Name: "A", MACs: []packet.MAC{mac(1)}}}, minute)
	_, err = s.Forget(a)
	check("a configured one", err, ErrConfigured)
	_, err = s.Forget(b)
	check("one that is not there", err, ErrNoDevice)
}

func TestUndo(t *testing.T) {
	s, a, b := two(t)
	c := s.Seen(mac(3), 0, 0, minute)
	for _, err := range []error{s.Merge(b, c), s.Merge(a, b)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(a.Members) != 2 || s.merges.root(mac(3).String()) != a.Key {
		t.Fatalf("members %+v", a.Members)
	}
	if err := s.Undo(); err != nil || len(a.Members) != 1 || s.Len() != 2 {
		t.Errorf("%v, members %+v", err, a.Members)
	}
	own, err := s.Split(a, a.Members[0].MACs[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Undo(); err != nil || s.Len() != 2 || own.ID != 0 || len(a.Members) != 1 || len(s.merges.apart) != 0 {
		t.Errorf("%v: %d devices, members %+v", err, s.Len(), a.Members)
	}
	for i := range 3 * maxUndo {
		d := s.Seen(mac(100+i), 0, 0, minute)
		if s.Merge(a, d) == nil {
			s.Split(a, mac(100+i))
		}
		s.Forget(s.ByMAC(mac(100 + i)))
	}
	if len(s.merges.undo) > maxUndo {
		t.Errorf("%d to undo", len(s.merges.undo))
	}
	for s.Undo() == nil { // what is left of them cannot be undone, and does no harm
	}
	sound(t, s)
}

// sound checks that what refers to each other in a set does.
func sound(t *testing.T, s *Devices) {
	t.Helper()
	macs := 0
	for _, d := range s.list {
		if d.ID == 0 || s.ByKey(d.Key) != d {
			t.Fatalf("%s is not found", d.Key)
		}
		macs += len(d.MACs)
		for _, m := range d.MACs {
			if s.byMAC[m] != d {
				t.Fatalf("%s of %s is another one's", m, d.Key)
			}
		}
		for _, m := range d.Members {
			for _, mac := range m.MACs {
				if !d.HasMAC(mac) {
					t.Fatalf("%s of member %s is not of %s", mac, m.Key, d.Key)
				}
			}
		}
		if len(d.MACs) > maxMACs || len(d.Members) > maxMembers || len(d.notes) > maxNotes || len(d.Addrs) > maxAddrs {
			t.Fatalf("%s has %d hardware addresses, %d members, %d addresses, %d bytes of notes", d.Key, len(d.MACs), len(d.Members), len(d.Addrs), len(d.notes))
		}
	}
	if macs != len(s.byMAC) || s.Len() > s.max {
		t.Fatalf("%d hardware addresses, %d are found; %d devices", macs, len(s.byMAC), s.Len())
	}
}

// TestMergesOutliveRestarts stores what the user decided, and the devices by their
// own keys, and restores both in any order of the devices.
func TestMergesOutliveRestarts(t *testing.T) {
	s, a, b := two(t)
	c, d := s.Seen(mac(3), 0, 0, minute), s.Seen(mac(4), 0, 0, minute)
	if err := errors.Join(s.Merge(a, b), s.Merge(a, c), s.Merge(a, d)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Split(a, mac(4)); err != nil {
		t.Fatal(err)
	}
	rows := slices.DeleteFunc(s.MergeRows(), func(r Row) bool { return r.Value == nil }) // as the store does
	if len(rows) != 3 || len(s.MergeRows()) != 0 {
		t.Errorf("%d rows, and some again", len(rows))
	}
	kept := []Kept{
		{Key: mac(1).String(), MACs: []packet.MAC{mac(1)}, First: minute, Last: minute, Flows: 1, Traffic: Traffic{TxBytes: 100}},
		{Key: mac(2).String(), MACs: []packet.MAC{mac(2)}, First: 2 * minute, Last: 2 * minute, Flows: 2, Traffic: Traffic{TxBytes: 1000}},
		{Key: mac(4).String(), MACs: []packet.MAC{mac(4)}, First: minute, Last: minute},
	}
	for round := range 2 {
		next := NewDevices(8, 0, handles(16))
		if err := next.LoadMerges(rows); err != nil {
			t.Fatal(err)
		}
		if round == 1 {
			next.Seen(mac(2), 0, 0, 3*minute) // it is heard before it is restored
		}
		next.Restore(kept)
		whole := next.ByMAC(mac(2))
		if next.Len() != 2 || whole != next.ByKey(mac(1).String()) || next.ByMAC(mac(4)) == whole {
			t.Fatalf("round %d: %d devices", round, next.Len())
		}
		total, _ := whole.Total()
		if want := []uint64{1100, 1000}[round]; total.TxBytes != want { // what came before the restore stays what it was
			t.Errorf("round %d: %d bytes, want %d; %+v", round, total.TxBytes, want, whole)
		}
		if next.Seen(mac(3), 0, 0, 4*minute) != whole {
			t.Error("a member that the store did not have is another device")
		}
		if g := next.Suggest(4 * minute); len(g) != 0 || !next.merges.apart[pair(mac(1).String(), mac(4).String())] {
			t.Error("that the user split two is forgotten")
		}
		if len(next.MergeRows()) != 0 {
			t.Error("what was loaded is stored again")
		}
		sound(t, next)
	}
}

func TestDamagedMergeRows(t *testing.T) {
	s := NewDevices(4, 0, handles(4))
	bad := []Row{
		{"a", nil}, {"a", []byte{9, rowMerged, 1, 'b'}}, {"a", []byte{1, 3, 1, 'b'}}, {"a", []byte{1, rowMerged, 9, 'b'}},
		{"a", []byte{1, rowMerged, 1, 'b', 'c'}}, {"a", []byte{1, rowMerged, 0}}, {"a", []byte{1, rowMerged, 1, 'a'}},
		{"ab", []byte{1, rowApart, 1, 'a'}}, {"a|", []byte{1, rowApart, 1, 'a'}},
	}
	for _, row := range bad {
		if err := s.LoadMerges([]Row{row}); err == nil || len(s.merges.into)+len(s.merges.apart) != 0 {
			t.Errorf("%q: %v", row.Value, err)
		}
	}
	loop := []Row{{"a", []byte{1, rowMerged, 1, 'b'}}, {"b", []byte{1, rowMerged, 1, 'a'}}}
	if err := s.LoadMerges(loop); err != nil {
		t.Error(err)
	}
	s.Restore([]Kept{{Key: "a"}, {Key: "b"}}) // must end
	sound(t, s)
}

// TestConfigurationJoins names two devices that were seen as one, for as long as
// the configuration does.
func TestConfigurationJoins(t *testing.T) {
	s, a, b := two(t)
	key := b.Key
	known := []Named{{Name: "Laptop", MACs: []packet.MAC{mac(1), mac(2)}}}
	for range 2 { // a reload changes nothing
		s.Configure(known, 3*minute)
		if total, _ := a.Total(); s.Len() != 1 || a.Name != "Laptop" || total.TxBytes != 1100 || len(a.Members) != 1 {
			t.Fatalf("%d devices, %+v", s.Len(), a)
		}
	}
	if _, err := s.Split(a, mac(2)); !errors.Is(err, ErrConfigured) {
		t.Errorf("split: %v", err)
	}
	if len(s.MergeRows()) != 0 {
		t.Error("what the configuration says is stored")
	}
	s.Configure([]Named{{Name: "Laptop", MACs: []packet.MAC{mac(1)}}}, 4*minute)
	if own := s.ByKey(key); s.Len() != 2 || own == nil || own.TxBytes != 1000 || own.Name != "" || s.ByMAC(mac(2)) != own {
		t.Errorf("%d devices, %+v", s.Len(), own)
	}
	sound(t, s)
}

func TestForget(t *testing.T) {
	s, a, b := two(t)
	if err := s.Merge(a, b); err != nil {
		t.Fatal(err)
	}
	s.SetLeases([]Lease{{Kind: FromLease, MAC: mac(2), Name: "x", Addrs: []packet.Addr{*addr("192.168.1.9")}}}, minute)
	keys, err := s.Forget(a)
	if err != nil || !slices.Equal(keys, []string{mac(1).String(), mac(2).String()}) || s.Len() != 0 || s.ByAddr(addr("192.168.1.9")) != nil {
		t.Errorf("%v %v, %d devices", keys, err, s.Len())
	}
	if rows := s.MergeRows(); len(rows) == 0 || rows[0].Value != nil {
		t.Errorf("rows %v", rows)
	}
	if d := s.Seen(mac(2), 0, 0, 9*minute); d == nil || d.Key != mac(2).String() || d.First != 9*minute || d.Name != "" {
		t.Errorf("it comes back as %+v", d)
	}
}

func TestNote(t *testing.T) {
	n := Note{"Anna's old phone", 5 * minute}
	got, err := ParseNote(n.Encode())
	if diff := cmp.Diff(n, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	long := Note{Text: fmt.Sprintf("%*d", 9*maxNote, 1)}
	if got, err := ParseNote(long.Encode()); err != nil || len(got.Text) != maxNote {
		t.Errorf("%d bytes, %v", len(got.Text), err)
	}
	for _, b := range [][]byte{nil, {1}, {2, 0}, {1, 0x80}, append([]byte{1, 0}, make([]byte, maxNote+1)...)} {
		if _, err := ParseNote(b); err == nil {
			t.Errorf("%d bytes are a note", len(b))
		}
	}
}

// FuzzIdentity does anything that can be done to devices, in any order.
func FuzzIdentity(f *testing.F) {
	f.Add([]byte("\x00\x01\x00\x02\x01\x12\x02\x12\x03\x00\x04\x12\x05\x01\x06\x02"))
	f.Add([]byte("\x00\x01\x00\x02\x00\x03\x01\x12\x01\x13\x07\x12\x03\x00\x03\x00\x08\x12\x09\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := NewDevices(4, 20*minute, handles(64))
		now := minute
		for ; len(b) >= 2; b = b[2:] {
			x, y := mac(int(b[1]>>4)), mac(int(b[1]&15))
			switch b[0] % 12 {
			case 0:
				s.Seen(y, 0, 0, now)
			case 1:
				s.Merge(s.ByMAC(x), s.ByMAC(y))
			case 2:
				s.Split(s.ByMAC(x), y)
			case 3:
				s.Undo()
			case 4:
				s.Configure([]Named{{Name: "a", MACs: []packet.MAC{x, y}}}, now)
			case 5:
				s.Configure(nil, now)
			case 6:
				s.Forget(s.ByMAC(y))
			case 7:
				s.SetLeases([]Lease{{Kind: FromLease, MAC: x, Name: "x", Addrs: []packet.Addr{*addr("10.0.0.1")}}, {Kind: FromEthers, MAC: y, Name: "y"}}, now)
			case 8:
				s.Restore([]Kept{{Key: x.String(), MACs: []packet.MAC{x, y}, First: 1, Last: now}})
			case 9:
				now += int64(b[1]) * minute
				s.Tick(now, minute)
			case 10:
				s.SetStations([]Station{{MAC: x, SSID: "home"}, {MAC: y, SSID: "guest"}}, now)
			case 11:
				rows := s.MergeRows()
				if err := s.LoadMerges(rows); err != nil && len(rows) > 0 && !slices.ContainsFunc(rows, func(r Row) bool { return r.Value == nil }) {
					t.Fatal(err)
				}
			}
			sound(t, s)
		}
		s.Suggest(now)
		for _, row := range s.PresenceRows(now) {
			if _, err := ParsePresence(row.Value); err != nil {
				t.Fatal(err)
			}
		}
	})
}
