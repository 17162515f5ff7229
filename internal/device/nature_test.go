package device

import (
	"strings"
	"testing"
)

// TestNature tells devices as real ones were seen to tell.
func TestNature(t *testing.T) {
	options := func(list ...byte) string { return string(list) }
	tests := []struct {
		name   string
		told   []told
		vendor string
		want   Nature
	}{
		{"nothing", nil, "", Nature{}},
		{"Android phone", []told{{DHCPVendor, "android-dhcp-13"}, {DHCPOptions, options(1, 3, 6, 15, 26, 28, 51, 58, 59, 43, 114, 108)}, {FromDHCP, "Pixel-7"}}, "", Nature{Phone, Android}},
		{"iPhone", []told{{DHCPOptions, options(1, 121, 3, 6, 15, 108, 114, 119, 252)}, {FromDHCP, "Annas-iPhone"}}, "", Nature{Phone, IOS}},
		{"iPad, which asks as an iPhone does", []told{{DHCPOptions, options(1, 121, 3, 6, 15, 119, 252)}, {FromDHCP, "Annas-iPad"}}, "Apple, Inc.", Nature{Tablet, IOS}},
		{"MacBook", []told{{DHCPOptions, options(1, 121, 3, 6, 15, 119, 252, 95, 44, 46)}, {MDNSModel, "MacBookPro18,3"}, {MDNSService, "airplay"}}, "", Nature{Computer, MacOS}},
		{"Windows", []told{{DHCPVendor, "MSFT 5.0"}, {DHCPOptions, options(1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252)}, {FromDHCP, "DESKTOP-9ABC"}}, "", Nature{Computer, Windows}},
		{"Linux by NetworkManager", []told{{DHCPOptions, options(1, 2, 6, 12, 15, 26, 28, 121, 3, 33, 40, 41, 42, 119, 249, 252, 17)}}, "Dell", Nature{Computer, Linux}},
		{"Apple TV, which offers what speakers do", []told{{MDNSService, "airplay"}, {MDNSService, "raop"}, {MDNSService, "mediaremotetv"}, {MDNSModel, "AppleTV6,2"}}, "", Nature{Television, TVOS}},
		{"HomePod", []told{{MDNSService, "raop"}, {MDNSModel, "AudioAccessory5,1"}}, "", Nature{Speaker, TVOS}},
		{"Chromecast", []told{{MDNSService, "googlecast"}, {MDNSModel, "Chromecast Ultra"}}, "", Nature{Television, NoOS}},
		{"Nest Mini, which is cast to as well", []told{{MDNSService, "googlecast"}, {MDNSModel, "Google Nest Mini"}}, "", Nature{Speaker, NoOS}},
		{"printer", []told{{MDNSService, "ipp"}, {MDNSService, "ipps"}, {MDNSModel, "HP LaserJet M15w"}, {FromDHCP, "NPI123456"}}, "", Nature{Printer, Embedded}},
		{"Samsung television", []told{{SSDPServer, "SHP, UPnP/1.0, Samsung UPnP SDK/1.0"}, {SSDPType, "device:MediaRenderer:1"}, {SSDPType, "dial-multiscreen-org:service:dial:1"}}, "", Nature{Television, Tizen}},
		{"Sonos, a renderer too", []told{{SSDPServer, "Linux UPnP/1.0 Sonos/79.1 (ZPS9)"}, {SSDPType, "device:ZonePlayer:1"}, {SSDPType, "device:MediaRenderer:1"}}, "Sonos, Inc.", Nature{Speaker, Embedded}},
		{"Hue bridge", []told{{SSDPServer, "FreeRTOS/6.0.5, UPnP/1.0, IpBridge/0.1"}, {FromDHCP, "Philips-hue"}}, "Signify B.V.", Nature{Thing, Embedded}},
		{"lamp by its vendor alone", nil, "Espressif Inc.", Nature{Thing, Embedded}},
		{"console by its vendor alone", nil, "Nintendo Co.,Ltd", Nature{Console, NoOS}},
		{"phone, whose vendor makes other things", []told{{DHCPVendor, "android-dhcp-12"}}, "Sony Interactive", Nature{Phone, Android}},
		{"camera", []told{{Discovered, "IPC-HDW1230"}, {FromDHCP, "IPCAM"}}, "Zhejiang Dahua Technology", Nature{Camera, Embedded}},
		{"NAS", []told{{SSDPServer, "Synology/DSM/192.168.1.5"}, {FromDHCP, "DiskStation"}, {MDNSService, "smb"}}, "", Nature{Storage, Linux}},
		{"PlayStation", []told{{DHCPVendor, "PS4"}, {UserAgent, "PlayStation 4"}}, "", Nature{Console, NoOS}},
		{"desk phone", []told{{DHCPVendor, "yealink"}}, "", Nature{Telephone, Embedded}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Device
			for _, e := range tt.told {
				d.Tell(e.kind, []byte(e.value), minute)
			}
			if got := d.Nature().OfVendor(tt.vendor); got != tt.want {
				t.Errorf("%v %v, want %v %v; evidence %v", got.Type, got.OS, tt.want.Type, tt.want.OS, d.Evidence())
			}
		})
	}
}

func TestNatureByTheUserAndTheRouter(t *testing.T) {
	s := NewDevices(4, 0, handles(4))
	d := s.Seen(mac(1), 0, 0, minute)
	d.Tell(DHCPVendor, []byte("MSFT 5.0"), minute)
	if d.Router = true; d.Nature() != (Nature{RouterType, Windows}) {
		t.Errorf("what forwards is %v", d.Nature())
	}
	s.Configure([]Named{{Type: Console, MACs: d.MACs}}, minute)
	if d.Nature() != (Nature{Console, Windows}) {
		t.Errorf("what the user says is %v", d.Nature())
	}
	if s.Configure(nil, minute); d.Nature().Type != RouterType {
		t.Errorf("without the user it is %v", d.Nature())
	}
}

// TestRules checks the table itself: patterns are in lower case and none hides a
// later one for good.
func TestRules(t *testing.T) {
	for i, r := range rules {
		if r.match != strings.ToLower(r.match) || r.match == "" || r.weight == 0 || r.weight > 9 || r.typ == NoType && r.os == NoOS {
			t.Errorf("rule %d: %+v", i, r)
		}
		if r.kind < numKinds && kinds[r.kind].binary && r.kind != DHCPOptions {
			t.Errorf("rule %d is for bytes", i)
		}
		text := strings.TrimSuffix(strings.TrimPrefix(r.match, "^"), "$")
		for j, o := range rules[:i] {
			if o.kind == r.kind && o.matches(text) {
				t.Errorf("%q is never asked: %q comes before it (rules %d and %d)", r.match, o.match, i, j)
			}
		}
	}
}

func TestTypeNames(t *testing.T) {
	for v := Phone; v < numTypes; v++ {
		if got, ok := ParseType(v.String()); !ok || got != v || v.String() == "" {
			t.Errorf("%q reads back as %v", v, got)
		}
	}
	if _, ok := ParseType(""); ok {
		t.Error("nothing is a type")
	}
	for o := Android; o < numOSes; o++ {
		if o.String() == "" {
			t.Errorf("system %d has no name", o)
		}
	}
	for k := FromUser; k < numKinds; k++ {
		if k.String() == "" || kinds[k].values == 0 {
			t.Errorf("kind %d: %+v", k, kinds[k])
		}
	}
	if NoKind.String() != "" || Kind(200).String() != "" {
		t.Error("no kind has a name")
	}
}

func BenchmarkNature(b *testing.B) {
	var d Device
	for _, e := range []told{
		{DHCPVendor, "android-dhcp-13"}, {DHCPOptions, "\x01\x03\x06\x0f\x1a\x1c"}, {FromDHCP, "Pixel-7"}, {MDNSService, "googlecast"}, {UserAgent, "Android 13; Pixel"},
	} {
		d.Tell(e.kind, []byte(e.value), minute)
	}
	for b.Loop() {
		d.judged = false
		d.Nature()
	}
}
