package device

import (
	"encoding/hex"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/packet"
)

func lease(kind Kind, m packet.MAC, name string, ips ...string) Lease {
	l := Lease{Kind: kind, MAC: m, Name: name}
	for _, ip := range ips {
		l.Addrs = append(l.Addrs, packet.AddrOf(netip.MustParseAddr(ip)))
	}
	return l
}

func TestLeases(t *testing.T) {
	s := NewDevices(8, 0, handles(8))
	phone := s.Seen(mac(1), 3, 0, minute)
	duid, _ := hex.DecodeString("0003000100113200000a") // with a hardware address that nobody has
	moved := s.SetLeases([]Lease{
		lease(FromLease, mac(1), "phone", "192.168.1.20"),
		lease(FromHost, mac(2), "nas", "192.168.1.5"),
		lease(FromEthers, mac(1), "annas-phone"),
		{Kind: FromLease, Name: "nobody", Addrs: []packet.Addr{*addr("2001:db8::9")}},
		{Kind: FromLease, Name: "nobody", DUID: duid, Addrs: []packet.Addr{*addr("2001:db8::8")}},
	}, 2*minute)
	nas := s.ByMAC(mac(2))
	if len(moved) != 0 || s.Len() != 2 || nas == nil || nas.First != 0 || nas.Name != "nas" || nas.NameBy != FromHost {
		t.Fatalf("%d moved, %d devices, NAS %+v", len(moved), s.Len(), nas)
	}
	if phone.Name != "annas-phone" || phone.NameBy != FromEthers || s.ByAddr(addr("192.168.1.20")) != phone || s.ByAddr(addr("192.168.1.5")) != nas {
		t.Errorf("phone %q", phone.Name)
	}
	want := []Holding{{*addr("192.168.1.20"), FromLease, 0}}
	if diff := cmp.Diff(want, s.Holdings(phone)); diff != "" {
		t.Error(diff)
	}

	s.SetLeases([]Lease{lease(FromLease, mac(1), "phone", "192.168.1.20")}, 3*minute)
	if phone.Name != "phone" || nas.Name != "" || s.ByAddr(addr("192.168.1.5")) != nil {
		t.Errorf("names of files that are gone: %q, %q", phone.Name, nas.Name)
	}
	moved = s.SetLeases([]Lease{lease(FromLease, mac(2), "nas", "192.168.1.20"), lease(FromLease, mac(1), "phone", "192.168.1.21")}, 4*minute)
	if len(moved) != 2 || s.ByAddr(addr("192.168.1.20")) != nas || s.ByAddr(addr("192.168.1.21")) != phone {
		t.Errorf("moved %v", moved)
	}
	if phone.Name != "phone" {
		t.Errorf("%q after its lease went", phone.Name)
	}
}

// TestLeasesByDUID gives DHCPv6 leases to who said the DUID over DHCP, or has the
// hardware address in it.
func TestLeasesByDUID(t *testing.T) {
	s := NewDevices(8, 0, handles(8))
	a, b := s.Seen(mac(1), 0, 0, minute), s.Seen(mac(2), 0, 0, minute)
	uuid := append([]byte{0, 4}, make([]byte, 16)...)
	a.Tell(DUID, uuid, minute)
	ll := append([]byte{0, 1, 0, 1, 9, 9, 9, 9}, b.MACs[0][:]...)
	s.SetLeases([]Lease{
		{Kind: FromLease, DUID: uuid, Name: "a", Addrs: []packet.Addr{*addr("2001:db8::a")}},
		{Kind: FromLease, DUID: ll, Name: "b", Addrs: []packet.Addr{*addr("2001:db8::b")}},
	}, minute)
	if s.ByAddr(addr("2001:db8::a")) != a || s.ByAddr(addr("2001:db8::b")) != b || a.Name != "a" || b.Name != "b" {
		t.Errorf("%q, %q", a.Name, b.Name)
	}
	if s.ByDUID(nil) != nil || s.ByDUID([]byte{0, 3, 0, 1}) != nil {
		t.Error("nobody has a DUID")
	}
}

func TestLeasesAreBounded(t *testing.T) {
	s := NewDevices(4, 0, handles(99))
	var all []Lease
	for i := range 100 {
		all = append(all, lease(FromLease, mac(i), "", netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}).String(), netip.AddrFrom4([4]byte{10, 0, 1, byte(i)}).String(), netip.AddrFrom4([4]byte{10, 0, 2, byte(i)}).String()))
	}
	s.SetLeases(all, minute)
	for i := range 100 {
		a := packet.AddrOf(netip.AddrFrom4([4]byte{10, 9, 0, byte(i)}))
		s.Leased(&a, mac(1), 60, minute)
	}
	if s.Len() != 4 || len(s.leases) != 4*leasesPer || s.Dropped != 96 {
		t.Errorf("%d devices, %d leases, %d dropped", s.Len(), len(s.leases), s.Dropped)
	}
}

func TestByAddr(t *testing.T) {
	s := NewDevices(8, 0, handles(8))
	d := s.Seen(mac(0x102), 0, 0, minute) // 00:11:32:00:01:02
	if s.ByAddr(addr("fe80::211:32ff:fe00:102")) != d || s.ByAddr(addr("2001:db8::211:32ff:fe00:102")) != d {
		t.Error("an address made of its hardware address is nobody's")
	}
	if s.ByAddr(addr("2001:db8::211:32ff:fe00:103")) != nil || s.ByAddr(addr("10.255.254.1")) != nil {
		t.Error("addresses of nobody are somebody's")
	}
	a := addr("192.168.1.7")
	if s.Leased(a, mac(9), 60, minute) != nil || s.Leased(a, mac(0x102), 60, minute) != d || s.ByAddr(a) != d {
		t.Error("an answer of DHCP counts for nothing, or for nobody")
	}
	if h := s.Holdings(d); len(h) != 1 || h[0].Expires != 2*minute {
		t.Errorf("holdings %+v", h)
	}
	if s.Leased(a, mac(0x102), 1<<32-1, minute); s.Holdings(d)[0].Expires != 0 {
		t.Error("for ever ends")
	}
	for ip, want := range map[string]string{
		"192.168.1.7": "", "fe80::1": "link_local", "2001:db8::211:32ff:fe00:102": "eui64",
		"2001:db8::8d2e:1f00:33:9": "random", "2001:db8::7": "",
	} {
		if got := d.Formed(addr(ip)); got != want {
			t.Errorf("%s is %q, want %q", ip, got, want)
		}
	}
}

// TestAtAddr knows devices by their addresses alone.
func TestAtAddr(t *testing.T) {
	s := NewDevices(8, 0, handles(8))
	d := s.AtAddr(addr("10.8.0.2"), 4, minute)
	if d == nil || d.Key != "10.8.0.2" || d.First != 0 || d.Point != 4 || len(d.MACs) != 0 || d.RandomMAC() {
		t.Fatalf("%+v", d)
	}
	if s.AtAddr(addr("10.8.0.2"), 4, 2*minute) != d || s.Len() != 1 {
		t.Error("it is two")
	}
	phone := s.Seen(mac(1), 0, 0, minute)
	if err := s.Merge(phone, d); err != nil {
		t.Fatal(err)
	}
	if s.AtAddr(addr("10.8.0.2"), 4, 2*minute) != phone {
		t.Error("a phone on its way is another one")
	}
}

func TestStations(t *testing.T) {
	s := NewDevices(8, 0, handles(8))
	d := s.Seen(mac(1), 0, 0, minute)
	s.SetStations([]Station{{MAC: mac(1), Point: "phy0-ap0", SSID: "home", Freq: 2437, Signal: -60}, {MAC: mac(2), Point: "phy1-ap0", SSID: "home", Freq: 5180}}, 10*minute)
	quiet := s.ByMAC(mac(2))
	if l := d.Link; l == nil || l.SSID != "home" || l.Band() != "2.4 GHz" || l.Since != 10*minute || !d.Online(11*minute) {
		t.Errorf("%+v", l)
	}
	if quiet == nil || quiet.Link.Band() != "5 GHz" || !quiet.Online(11*minute) {
		t.Errorf("a quiet station is %+v", quiet)
	}
	s.SetStations([]Station{{MAC: mac(1), Point: "phy1-ap0", SSID: "home", Freq: 5180, RxRate: 866000}, {MAC: mac(1), Point: "phy2-ap0", Freq: 6100}}, 12*minute)
	if l := d.Link; l.Point != "phy1-ap0" || l.Roamed != 1 || l.Since != 12*minute || l.RxRate != 866000 || quiet.Link != nil {
		t.Errorf("%+v, %+v", l, quiet.Link)
	}
	if values(d, StationOf)[0] != "home" {
		t.Errorf("evidence %v", d.Evidence())
	}
	for freq, want := range map[uint16]string{0: "", 5955: "6 GHz", 58320: "60 GHz"} {
		if got := (&Link{Freq: freq}).Band(); got != want {
			t.Errorf("%d MHz is %q", freq, got)
		}
	}
}
