package device

import (
	"bytes"
	"sort"
)

// Suggestion proposes that two devices are one.
type Suggestion struct {
	Into, From uint32   // the one known longer, and the other
	Reasons    []string // names of what they have in common, see the constants
	Score      int      // how much speaks for it
}

// The reasons of a Suggestion.
const (
	SameClient      = "same_client_id"    // identifier of DHCP
	SameName        = "same_dhcp_name"    // host name told over DHCP
	SameOptions     = "same_dhcp_options" // and the options asked for
	SameNetwork     = "same_ssid"
	RandomMACs      = "random_mac" // at least one changes its hardware address
	NeverTogether   = "never_together"
	SameMDNSName    = "same_mdns_name"
	enoughToSuggest = 10
)

// maxSuggestions bounds what is proposed, the surest first.
const maxSuggestions = 32

// Suggest returns which devices may be one. A device that is here with another one
// is another one, unless both identify themselves alike, as a computer with a cable
// and a radio does. What the user split is not proposed.
func (s *Devices) Suggest(now int64) []Suggestion {
	var all []Suggestion
	for i, a := range s.list {
		all = s.suggest(all, a, s.list[i+1:], now)
	}
	return surest(all)
}

// SuggestFor is Suggest for one device, which is less work.
func (s *Devices) SuggestFor(d *Device, now int64) []Suggestion {
	return surest(s.suggest(nil, d, s.list, now))
}

// suggest appends which of others may be d, too.
func (s *Devices) suggest(all []Suggestion, d *Device, others []*Device, now int64) []Suggestion {
	if len(d.notes) == 0 || d.Router {
		return all
	}
	for _, o := range others {
		if o == d || len(o.notes) == 0 || o.Router || s.merges.apart[pair(d.Key, o.Key)] {
			continue
		}
		if g := s.alike(d, o, now); g.Score >= enoughToSuggest {
			all = append(all, g)
		}
	}
	return all
}

func surest(all []Suggestion) []Suggestion {
	sort.SliceStable(all, func(i, j int) bool { return all[i].Score > all[j].Score })
	return all[:min(len(all), maxSuggestions)]
}

// alike compares two devices.
func (s *Devices) alike(a, b *Device, now int64) (g Suggestion) {
	because := func(yes bool, reason string, score int) bool {
		if yes {
			g.Reasons, g.Score = append(g.Reasons, reason), g.Score+score
		}
		return yes
	}
	client := because(a.shares(b, DUID) || a.shares(b, ClientID), SameClient, 10)
	named := because(sameText(a.dhcpName(), b.dhcpName()), SameName, 5)
	if !client && !named || a.given != "" && b.given != "" && a.given != b.given {
		return Suggestion{}
	}
	because(a.shares(b, DHCPOptions), SameOptions, 3)
	because(sameText(a.value(FromMDNS), b.value(FromMDNS)), SameMDNSName, 3)
	random := because(a.RandomMAC() || b.RandomMAC(), RandomMACs, 3)
	together := a.Online(now) && b.Online(now) || s.visits.overlap(a, b)
	if together && !client || !random && !client {
		return Suggestion{} // two of a kind, such as plugs out of one box
	}
	because(!together, NeverTogether, 2)
	because(a.shares(b, StationOf), SameNetwork, 1)
	if g.Into, g.From = a.ID, b.ID; b.First != 0 && (a.First == 0 || b.First < a.First) || a.given == "" && b.given != "" {
		g.Into, g.From = b.ID, a.ID
	}
	return g
}

// dhcpName returns the name that the device tells over DHCP.
func (d *Device) dhcpName() []byte {
	if name := d.value(FromDHCP); name != nil {
		return name
	}
	return d.value(FromLease)
}

func sameText(a, b []byte) bool { return len(a) > 0 && bytes.EqualFold(a, b) }

// shares reports whether both have a value of a kind in common.
func (d *Device) shares(o *Device, k Kind) bool {
	for i := 0; i < len(d.notes); {
		have, _, v, next := noteAt(d.notes, i)
		if i = next; have != k {
			continue
		}
		for j := 0; j < len(o.notes); {
			other, _, w, next := noteAt(o.notes, j)
			if j = next; other == k && bytes.Equal(v, w) {
				return true
			}
		}
	}
	return false
}

// overlap reports whether two devices were there at one time, as far as the visits
// in memory tell.
func (v *visits) overlap(a, b *Device) bool {
	for i := range v.all {
		x := &v.all[i]
		if x.id != a.ID && x.id != b.ID {
			continue
		}
		other := b
		if x.id == b.ID {
			other = a
		}
		if other.since != 0 && uint32(other.since/second) < x.to {
			return true
		}
		for j := range v.all {
			if y := &v.all[j]; y.id == other.ID && x.from < y.to && y.from < x.to {
				return true
			}
		}
	}
	return false
}
