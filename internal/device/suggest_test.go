package device

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/packet"
)

// TestSuggest has one phone come with another hardware address, and things that
// only look alike.
func TestSuggest(t *testing.T) {
	random := func(n byte) packet.MAC { return packet.MAC{0x92, 0, 0, 0, 0, n} }
	ios := []byte{1, 121, 3, 6, 15, 119, 252}
	type one struct {
		mac        packet.MAC
		from, to   int64 // minutes
		name       string
		options    []byte
		client     string
		ssid, mdns string
	}
	tests := []struct {
		name string
		a, b one
		want []string
	}{
		{"a phone that changed its address",
			one{mac: random(1), from: 0, to: 60, name: "Annas-iPhone", options: ios, ssid: "home"},
			one{mac: random(2), from: 90, to: 120, name: "annas-iphone", options: ios, ssid: "home"},
			[]string{SameName, SameOptions, RandomMACs, NeverTogether, SameNetwork}},
		{"two phones that were here together",
			one{mac: random(1), from: 0, to: 60, name: "iPhone", options: ios}, one{mac: random(2), from: 30, to: 90, name: "iPhone", options: ios}, nil},
		{"two phones that are here together",
			one{mac: random(1), from: 0, to: 120, name: "iPhone", options: ios}, one{mac: random(2), from: 100, to: 120, name: "iPhone", options: ios}, nil},
		{"a computer with a cable and a radio",
			one{mac: mac(1), from: 0, to: 120, name: "laptop", client: "the same"}, one{mac: mac(2), from: 0, to: 120, client: "the same"},
			[]string{SameClient}},
		{"plugs out of one box",
			one{mac: mac(1), from: 0, to: 60, name: "plug", options: []byte{1, 3, 28, 6}}, one{mac: mac(2), from: 90, to: 120, name: "plug", options: []byte{1, 3, 28, 6}}, nil},
		{"only the name is the same", one{mac: random(1), from: 0, to: 60, name: "Android"}, one{mac: random(2), from: 90, to: 120, name: "Android"},
			[]string{SameName, RandomMACs, NeverTogether}},
		{"only the options are the same", one{mac: random(1), from: 0, to: 60, name: "a", options: ios}, one{mac: random(2), from: 90, to: 120, name: "b", options: ios}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := NewDevices(8, 0, handles(8))
			for at := int64(0); at <= 120; at++ {
				for _, o := range []one{tt.a, tt.b} {
					if at >= o.from && at <= o.to {
						s.Seen(o.mac, 0, 0, midnight+at*minute)
					}
				}
				s.Tick(midnight+at*minute, minute)
			}
			for _, o := range []one{tt.a, tt.b} {
				d := s.ByMAC(o.mac)
				d.Tell(FromDHCP, []byte(o.name), minute)
				d.Tell(DHCPOptions, o.options, minute)
				d.Tell(DUID, []byte(o.client), minute)
				d.Tell(StationOf, []byte(o.ssid), minute)
				d.Tell(FromMDNS, []byte(o.mdns), minute)
			}
			now := midnight + 120*minute
			got := s.Suggest(now)
			if tt.want == nil {
				if len(got) != 0 {
					t.Errorf("%+v", got)
				}
				return
			}
			a, b := s.ByMAC(tt.a.mac), s.ByMAC(tt.b.mac)
			if len(got) != 1 || got[0].Into != a.ID || got[0].From != b.ID {
				t.Fatalf("%+v", got)
			}
			if diff := cmp.Diff(tt.want, got[0].Reasons); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err := s.Merge(a, b); err != nil || len(s.Suggest(now)) != 0 {
				t.Error("proposed after it was done")
			}
			if _, err := s.Split(a, tt.b.mac); err != nil || len(s.Suggest(now)) != 0 {
				t.Error("proposed after the user parted them", err)
			}
		})
	}
}

func TestSuggestionsAreBounded(t *testing.T) {
	s := NewDevices(64, 0, handles(64))
	for i := range 64 {
		s.Seen(mac(i), 0, 0, minute).Tell(DUID, []byte("all of them"), minute)
	}
	if got := s.Suggest(2 * minute); len(got) != maxSuggestions {
		t.Errorf("%d", len(got))
	}
}
