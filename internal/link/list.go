package link

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mdlayher/netlink"
)

// Messages and groups of linux/rtnetlink.h.
const (
	familyRoute = 0

	rtmNewLink      = 16
	rtmDelLink      = 17
	rtmGetLink      = 18
	rtmNewAddress   = 20
	rtmDelAddress   = 21
	rtmGetAddress   = 22
	rtmNewNeighbour = 28
	rtmDelNeighbour = 29
	rtmGetNeighbour = 30

	groupLink        = 1 << 0
	groupNeighbour   = 1 << 2
	groupIPv4Address = 1 << 4
	groupIPv6Address = 1 << 8
)

// Topic is a part of the kernel's view that can be asked for. Interfaces are
// always told.
type Topic uint8

// The topics.
const (
	Addresses Topic = 1 << iota
	Neighbours
	PortVLANs
)

// everything is asked for by who names no topic.
const everything = Addresses | Neighbours | PortVLANs

// union returns what topics ask for together.
func union(topics []Topic) (all Topic) {
	for _, t := range topics {
		all |= t
	}
	if all == 0 {
		return everything
	}
	return all
}

// groups returns the multicast groups in which the kernel tells of t.
func (t Topic) groups() uint32 {
	groups := uint32(groupLink) // in which bridges tell of their ports, too
	if t&Addresses != 0 {
		groups |= groupIPv4Address | groupIPv6Address
	}
	if t&Neighbours != 0 {
		groups |= groupNeighbour
	}
	return groups
}

// dumpAttempts bounds how often a list is taken again because the kernel's
// tables changed while it was read; dumpPause grows with each of them.
const (
	dumpAttempts = 10
	dumpPause    = 10 * time.Millisecond
)

// ErrUnsettled is returned when the kernel's tables change faster than they can
// be read.
var ErrUnsettled = errors.New("the kernel's tables keep changing while they are listed")

// List returns the interfaces of the network namespace the calling thread is in,
// and what topics ask for; everything where they are none.
func List(topics ...Topic) (*State, error) {
	c, err := netlink.Dial(familyRoute, nil)
	if err != nil {
		return nil, fmt.Errorf("open rtnetlink socket: %w", err)
	}
	defer c.Close()
	return dump(c, union(topics))
}

// dump reads everything that t asks for over c.
func dump(c *netlink.Conn, t Topic) (s *State, err error) {
	err = settle(func() (whole bool, err error) {
		s = new(State)
		return dumpInto(s, c, t)
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// settle calls read until it reports that nothing changed meanwhile.
func settle(read func() (whole bool, err error)) error {
	for i := range dumpAttempts {
		time.Sleep(time.Duration(i) * dumpPause)
		whole, err := read()
		if whole || err != nil {
			return err
		}
	}
	return ErrUnsettled
}

// interrupted reports whether a table changed while these replies were made.
func interrupted(replies []netlink.Message) bool {
	return slices.ContainsFunc(replies, func(m netlink.Message) bool {
		return m.Header.Flags&netlink.DumpInterrupted != 0
	})
}

// dumpInto reports false when the tables changed under the dump.
func dumpInto(s *State, c *netlink.Conn, t Topic) (bool, error) {
	bridges := make([]byte, linkHeader)
	bridges[0] = familyBridge
	bridges = appendAttribute(bridges, binary.NativeEndian, iflaExtMask,
		binary.NativeEndian.AppendUint32(nil, extBridgeVLANs))
	requests := [...]struct {
		what   string
		wanted bool
		typ    netlink.HeaderType
		body   []byte
	}{
		{"interfaces", true, rtmGetLink, make([]byte, linkHeader)},
		{"addresses", t&Addresses != 0, rtmGetAddress, make([]byte, addressHeader)},
		{"neighbours", t&Neighbours != 0, rtmGetNeighbour, make([]byte, neighbourHeader)},
		{"VLANs of bridges", t&PortVLANs != 0, rtmGetLink, bridges},
	}
	for _, r := range requests {
		if !r.wanted {
			continue
		}
		replies, err := c.Execute(netlink.Message{
			Header: netlink.Header{Type: r.typ, Flags: netlink.Request | netlink.Dump},
			Data:   r.body,
		})
		if err != nil {
			return false, fmt.Errorf("list %s: %w", r.what, err)
		}
		if interrupted(replies) {
			return false, nil
		}
		for _, m := range replies {
			for _, e := range events(m, s, t) {
				s.Apply(e)
			}
		}
	}
	return true, nil
}

// events turns a message into what it may change of s; none for a message that
// tells nothing of the topics t.
func events(m netlink.Message, s *State, t Topic) []Event {
	var e Event
	var ok bool
	switch m.Header.Type {
	case rtmNewLink, rtmDelLink:
		if len(m.Data) > 0 && m.Data[0] == familyBridge {
			if t&PortVLANs == 0 {
				return nil
			}
			return portEvents(m, s)
		}
		e.Op = LinkSet
		if m.Header.Type == rtmDelLink {
			e.Op = LinkGone
		}
		e.Link, ok = ParseLink(m.Data, binary.NativeEndian)
	case rtmNewAddress, rtmDelAddress:
		e.Op = AddressSet
		if m.Header.Type == rtmDelAddress {
			e.Op = AddressGone
		}
		e.Address, ok = ParseAddress(m.Data, binary.NativeEndian)
	case rtmNewNeighbour, rtmDelNeighbour:
		e.Neighbour, ok = ParseNeighbour(m.Data, binary.NativeEndian)
		e.Op = NeighbourSet
		if m.Header.Type == rtmDelNeighbour || e.Neighbour.MAC == (MAC{}) {
			e.Op = NeighbourGone
		}
	}
	if !ok {
		return nil
	}
	return []Event{e}
}

// portEvents is events for a bridge's word about one of its ports, which names
// all VLANs the port has now.
func portEvents(m netlink.Message, s *State) (all []Event) {
	port, vlans, ok := ParsePortVLANs(m.Data, binary.NativeEndian)
	if !ok {
		return nil
	}
	if m.Header.Type == rtmDelLink { // it has left the bridge
		vlans = nil
	}
	for _, v := range s.PortVLANs(port) {
		_, still := slices.BinarySearchFunc(vlans, v.VID, func(now PortVLAN, vid uint16) int { return cmp.Compare(now.VID, vid) })
		if !still {
			all = append(all, Event{Op: PortVLANGone, PortVLAN: v})
		}
	}
	for _, v := range vlans {
		all = append(all, Event{Op: PortVLANSet, PortVLAN: v})
	}
	return all
}
