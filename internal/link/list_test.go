package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"
)

// TestChanges has a State follow messages, and wants only what matters told.
func TestChanges(t *testing.T) {
	const set, left = rtmNewLink, rtmDelLink
	order := binary.NativeEndian
	host := func(typ netlink.HeaderType, state uint16, mac ...byte) netlink.Message {
		m := neighbourMessage(order, familyIPv4, 3, state, 0).attr(neighbourAddress, []byte{192, 168, 1, 20})
		return netlink.Message{Header: netlink.Header{Type: typ}, Data: m.attr(neighbourMAC, mac).b}
	}
	port := func(typ netlink.HeaderType, infos ...vlanInfo) netlink.Message {
		return netlink.Message{Header: netlink.Header{Type: typ}, Data: portMessage(order, 4, infos...).b}
	}
	a, b := []byte{2, 0, 0, 0, 0, 0xa}, []byte{2, 0, 0, 0, 0, 0xb}
	tests := []struct {
		name     string
		topics   Topic
		messages []netlink.Message
		want     []string
	}{
		{"trust swings", everything, []netlink.Message{
			host(rtmNewNeighbour, nudIncomplete), host(rtmNewNeighbour, nudReachable, a...), host(rtmNewNeighbour, nudStale, a...),
			host(rtmNewNeighbour, nudDelay, a...), host(rtmNewNeighbour, nudProbe, a...), host(rtmNewNeighbour, nudReachable, a...),
		}, []string{"neighbour set a"}},
		{"another host takes the address", everything, []netlink.Message{
			host(rtmNewNeighbour, nudReachable, a...), host(rtmNewNeighbour, nudReachable, b...),
		}, []string{"neighbour set a", "neighbour set b"}},
		{"no answer, then forgotten", everything, []netlink.Message{
			host(rtmNewNeighbour, nudStale, a...), host(rtmNewNeighbour, nudFailed, a...), host(rtmDelNeighbour, nudFailed, a...),
		}, []string{"neighbour set a", "neighbour gone 0"}},
		{"forgotten while known", everything, []netlink.Message{
			host(rtmNewNeighbour, nudStale, a...), host(rtmDelNeighbour, nudStale, a...),
		}, []string{"neighbour set a", "neighbour gone a"}},
		{"a port's VLANs change", everything, []netlink.Message{
			port(set, vlanInfo{vlanPVID | vlanUntagged, 1}), port(set, vlanInfo{vlanPVID | vlanUntagged, 1}), // spanning tree speaks, say
			port(set, vlanInfo{0, 1}, vlanInfo{vlanRangeBegin, 5}, vlanInfo{vlanRangeEnd, 6}),
			port(set, vlanInfo{0, 6}),
		}, []string{"port VLAN set 1 true", "port VLAN set 1 false", "port VLAN set 5 false", "port VLAN set 6 false",
			"port VLAN gone 1 false", "port VLAN gone 5 false"}},
		{"a port leaves", everything, []netlink.Message{
			port(set, vlanInfo{0, 7}), port(left, vlanInfo{0, 7}),
		}, []string{"port VLAN set 7 false", "port VLAN gone 7 false"}},
		{"VLANs are not asked for", Addresses, []netlink.Message{port(set, vlanInfo{0, 7})}, nil},
		{"malformed", everything, []netlink.Message{
			{Header: netlink.Header{Type: rtmNewLink}}, {Header: netlink.Header{Type: rtmNewAddress}},
			{Header: netlink.Header{Type: rtmNewNeighbour}}, {Header: netlink.Header{Type: rtmNewLink}, Data: []byte{familyBridge}},
			{Header: netlink.Header{Type: 3}},
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s State
			var told []string
			for _, m := range tt.messages {
				for _, e := range events(m, &s, tt.topics) {
					if !s.Apply(e) {
						continue
					}
					if e.Neighbour.Index != 0 {
						told = append(told, fmt.Sprintf("%s %x", e.Op, e.Neighbour.MAC[5]))
					} else {
						told = append(told, fmt.Sprint(e.Op, " ", e.PortVLAN.VID, " ", e.PortVLAN.PVID))
					}
				}
			}
			if d := cmp.Diff(tt.want, told); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestTopics(t *testing.T) {
	tests := []struct {
		name   string
		topics []Topic
		want   Topic
		groups uint32
	}{
		{"none is all", nil, everything, groupLink | groupNeighbour | groupIPv4Address | groupIPv6Address},
		{"one", []Topic{PortVLANs}, PortVLANs, groupLink},
		{"two", []Topic{Addresses, PortVLANs}, Addresses | PortVLANs, groupLink | groupIPv4Address | groupIPv6Address},
		{"neighbours", []Topic{Neighbours}, Neighbours, groupLink | groupNeighbour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := union(tt.topics); got != tt.want || got.groups() != tt.groups {
				t.Errorf("topics %b in groups %b, want %b in %b", got, got.groups(), tt.want, tt.groups)
			}
		})
	}
}

var errBroken = errors.New("broken")

func TestSettle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		if err := settle(func() (bool, error) { tries++; return tries == 3, nil }); err != nil || tries != 3 {
			t.Errorf("%d tries, %v", tries, err)
		}
		began := time.Now()
		if err := settle(func() (bool, error) { return false, nil }); err != ErrUnsettled {
			t.Errorf("tables that never settle: %v", err)
		}
		if d := time.Since(began); d != 45*dumpPause {
			t.Errorf("gives up after %v", d)
		}
		if err := settle(func() (bool, error) { return false, errBroken }); err != errBroken {
			t.Errorf("an error: %v", err)
		}
	})
}
