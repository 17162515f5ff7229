package device

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// told is something that a device was told to be.
type told struct {
	kind  Kind
	value string
}

func TestNameByTrust(t *testing.T) {
	tests := []struct {
		name   string
		given  string
		static bool
		told   []told
		want   string
		by     Kind
	}{
		{"nothing", "", false, nil, "", NoKind},
		{"no names", "", false, []told{{DHCPVendor, "MSFT 5.0"}, {MDNSService, "ipp"}}, "", NoKind},
		{"the most trusted, whatever came first", "", false,
			[]told{{FromNetBIOS, "ANNA-PC"}, {FromLease, "anna"}, {FromMDNS, "Annas-PC"}}, "anna", FromLease},
		{"what people call it before what it calls itself", "", false,
			[]told{{FromMDNS, "d34db33f"}, {FromFriendly, "Living Room TV"}}, "Living Room TV", FromFriendly},
		{"the user before all", "Anna's PC", false, []told{{FromEthers, "annapc"}}, "Anna's PC", FromUser},
		{"a static lease before ethers", "annapc", true, []told{{FromEthers, "x"}}, "annapc", FromHost},
		{"the newest of one kind", "", false, []told{{FromDHCP, "old"}, {FromDHCP, "new"}}, "new", FromDHCP},
		{"the domain of the link goes", "", false, []told{{FromMDNS, "Printer.LOCAL."}, {FromDHCP, "printer.lan"}}, "printer", FromDHCP},
		{"names of nobody", "", false, []told{
			{FromDHCP, "localhost"}, {FromLease, "*"}, {FromMDNS, "9b2e8a1c-0000-4000-8000-0123456789ab.local"}, {FromNetBIOS, " \x00"},
		}, "", NoKind},
		{"what cannot be shown goes", "", false, []told{{FromDHCP, " \x1b[31mBjörn\u202e\xff "}}, "[31mBjörn", FromDHCP},
		{"a long name", "", false, []told{{FromDHCP, strings.Repeat("é", 40)}}, strings.Repeat("é", maxValue/2), FromDHCP},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := NewDevices(4, 0, handles(4))
			d := s.Seen(mac(1), 0, 0, minute)
			if tt.given != "" {
				s.Configure([]Named{{Name: tt.given, Static: tt.static, MACs: d.MACs}}, minute)
			}
			for i, e := range tt.told {
				d.Tell(e.kind, []byte(e.value), minute+int64(i)*second)
			}
			if d.Name != tt.want || d.NameBy != tt.by {
				t.Errorf("%q by %q, want %q by %q", d.Name, d.NameBy, tt.want, tt.by)
			}
			if s.Configure(nil, 2*minute); tt.given != "" && (d.Name == tt.given || d.NameBy == FromUser || d.NameBy == FromHost) {
				t.Errorf("%q is the name that the configuration gave", d.Name)
			}
		})
	}
}

func TestEvidenceRow(t *testing.T) {
	var d Device
	d.Tell(DHCPOptions, []byte{1, 3, 28, 6}, minute)
	d.Tell(DUID, []byte{0, 3, 0, 1, 0xaa}, 2*minute)
	d.Tell(FromDHCP, []byte("ESP_1234"), 3*minute)
	d.Tell(FromDHCP, []byte("ESP_1234"), 4*minute)
	d.Tell(MDNSService, []byte("EspHomeLib"), 5*minute)
	want := []Evidence{
		{FromDHCP, "ESP_1234", 4 * minute, Nature{Thing, Embedded}},
		{DHCPOptions, "1,3,28,6", minute, Nature{Thing, Embedded}},
		{DUID, "00030001aa", 2 * minute, Nature{}},
		{MDNSService, "esphomelib", 5 * minute, Nature{Thing, Embedded}},
	}
	if diff := cmp.Diff(want, d.Evidence()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestEvidenceIsBounded tells a device more than fits: the least trusted goes, and
// of one kind what was seen longest ago.
func TestEvidenceIsBounded(t *testing.T) {
	var d Device
	for i := range 20 {
		d.Tell(MDNSService, fmt.Appendf(nil, "service-%d", i), int64(i)*second)
	}
	d.Tell(MDNSService, []byte("service-12"), 99*second)
	d.Tell(MDNSService, []byte("last"), 100*second)
	got := fmt.Sprint(values(&d, MDNSService))
	if got != "[service-14 service-15 service-16 service-17 service-18 service-19 service-12 last]" && got != "[service-12 service-14 service-15 service-16 service-17 service-18 service-19 last]" {
		t.Errorf("services %s", got)
	}
	for k := FromLease; k < numKinds; k++ {
		for i := range 12 {
			d.Tell(k, fmt.Appendf(nil, "%d android %s %d", i, strings.Repeat("x", 60), k), int64(200+i)*second)
			if len(d.notes) > maxNotes || cap(d.notes) > maxNotes {
				t.Fatalf("%d bytes of notes, room for %d", len(d.notes), cap(d.notes))
			}
		}
	}
	if len(values(&d, FromLease)) != 1 || len(values(&d, StationOf)) != 0 {
		t.Errorf("the least trusted stays: %v", d.Evidence())
	}
	if d.note(StationOf, bytes.Repeat([]byte("z"), maxValue), 999*second) {
		t.Error("what is trusted least was kept for what is trusted more")
	}
}

func values(d *Device, k Kind) (all []string) {
	for _, e := range d.Evidence() {
		if e.Kind == k {
			all = append(all, e.Value)
		}
	}
	return all
}

func TestTellingAgainAllocatesNothing(t *testing.T) {
	var d Device
	tell := func() {
		d.Tell(FromDHCP, []byte("Annas-iPhone.local"), minute)
		d.Tell(MDNSService, []byte("AirPlay"), minute)
		d.Tell(DHCPOptions, []byte{1, 3, 6}, minute)
		d.Tell(UserAgent, []byte("iPhone; CPU iPhone OS 17_0"), minute)
		d.Tell(FromLLMNR, []byte("localhost"), minute)
	}
	if n := testing.AllocsPerRun(100, tell); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestUserAgentsThatTellNothing(t *testing.T) {
	var d Device
	d.Tell(UserAgent, []byte("curl/8.5.0"), minute)
	d.Tell(UserAgent, []byte("Windows NT 10.0; Win64; x64"), minute)
	if got := values(&d, UserAgent); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

func TestEvidenceOutlivesRestarts(t *testing.T) {
	s := NewDevices(4, 0, handles(8))
	d := s.Seen(mac(1), 0, 0, minute)
	d.Tell(FromMDNS, []byte("tv"), minute)
	d.Tell(MDNSModel, []byte("BRAVIA 4K"), minute)
	s.Known(mac(2), 0, minute).Tell(FromNeighbour, []byte("lan"), minute) // never heard
	rows := s.EvidenceRows()
	if len(rows) != 1 || rows[0].Key != d.Key || len(s.EvidenceRows()) != 0 {
		t.Fatalf("rows %v", rows)
	}
	next := NewDevices(4, 0, handles(8))
	again := next.Seen(mac(1), 0, 0, 2*minute)
	again.Tell(FromMDNS, []byte("tv-2"), 2*minute)
	next.LoadEvidence(rows[0])
	if again.Name != "tv-2" || again.Nature() != (Nature{Television, Android}) {
		t.Errorf("%q, %v", again.Name, again.Nature())
	}
	if rows := next.EvidenceRows(); len(rows) != 1 {
		t.Error("what came since is not stored")
	}
	next.LoadEvidence(Row{d.Key, nil})
	next.LoadEvidence(Row{d.Key, []byte{9, 1, 2}})
	next.LoadEvidence(Row{"nobody", rows[0].Value})
	if again.Name != "tv-2" {
		t.Errorf("%q", again.Name)
	}
}

// FuzzEvidence reads any bytes as a stored row, and as what devices say.
func FuzzEvidence(f *testing.F) {
	var d Device
	d.Tell(FromDHCP, []byte("phone"), minute)
	d.Tell(DHCPOptions, []byte{1, 3, 6}, minute)
	f.Add(append([]byte{notesVersion}, d.notes...))
	f.Add([]byte{notesVersion, byte(FromUser), 255, 0, 0, 0, 0})
	f.Add([]byte{notesVersion, 99, 1, 0, 0, 0, 0, 'x', byte(FromMDNS), 2, 1, 1, 1, 1, 0xff, 0x1b})
	f.Fuzz(func(t *testing.T, b []byte) {
		s := NewDevices(2, 0, handles(2))
		d := s.Seen(mac(1), 0, 0, minute)
		s.LoadEvidence(Row{d.Key, b})
		for i, c := range b {
			d.Tell(Kind(c%byte(numKinds+1)), b[i:], int64(i)*second)
		}
		if len(d.notes) > maxNotes {
			t.Fatalf("%d bytes", len(d.notes))
		}
		for _, e := range d.Evidence() {
			if e.Kind.String() == "" || !utf8.ValidString(e.Value) || strings.ContainsFunc(e.Value, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Fatalf("%+v", e)
			}
		}
		d.Nature()
		notes := string(d.notes)
		s.LoadEvidence(Row{d.Key, append([]byte{notesVersion}, notes...)})
		if len(d.notes) != len(notes) {
			t.Fatalf("%q reads back as %q", notes, d.notes)
		}
	})
}
