package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"

	"github.com/mdlayher/netlink"
)

// CountersOf returns the counters that the named interfaces of the calling
// thread's network namespace have now. Those that are not there are left out.
//
// It costs a socket and one request for each name, never a list of all
// interfaces.
func CountersOf(names ...string) (map[string]Counters, error) {
	c, err := netlink.Dial(familyRoute, nil)
	if err != nil {
		return nil, fmt.Errorf("open rtnetlink socket: %w", err)
	}
	defer c.Close()
	all := make(map[string]Counters, len(names))
	for _, name := range names {
		l, err := linkNamed(c, name)
		switch {
		case errors.Is(err, syscall.ENODEV):
		case err != nil:
			return nil, fmt.Errorf("read counters of %s: %w", name, err)
		default:
			all[name] = l.Counters
		}
	}
	return all, nil
}

// linkNamed asks for one interface; the error is ENODEV when there is none of
// that name.
func linkNamed(c *netlink.Conn, name string) (Link, error) {
	if name == "" || len(name) > MaxName {
		return Link{}, syscall.ENODEV
	}
	replies, err := c.Execute(netlink.Message{
		Header: netlink.Header{Type: rtmGetLink, Flags: netlink.Request},
		Data:   appendText(make([]byte, linkHeader), iflaName, name),
	})
	if err != nil {
		return Link{}, err
	}
	for _, m := range replies {
		if l, ok := ParseLink(m.Data, binary.NativeEndian); ok && l.Name == name {
			return l, nil
		}
	}
	return Link{}, syscall.ENODEV
}

// headers is how many bytes of a packet, beside the IP packet, an interface's
// counters include.
type headers struct{ rx, tx uint32 }

const ethernetHeader = 14

// headersOf are the kinds that differ from others of their hardware type, as
// measured (TestHeaderBytes measures again). A VLAN device with reorder_hdr off
// counts its tag when it sends; nothing sets that today.
var headersOf = map[string]headers{
	// They take frames from below when the header has been stripped.
	"bridge": {0, ethernetHeader},
	"vlan":   {0, ethernetHeader},
	// Tunnels of frames count the packets within, some one way only.
	"vxlan":     {0, 0},
	"gretap":    {ethernetHeader, 0},
	"ip6gretap": {0, 0},
	// Type, receiver, counter and tag of section 5.4.6 of WireGuard's paper.
	"wireguard": {32, 32},
}

// HeaderBytes returns how many bytes beside the IP packet the counters of l
// include for each packet, received and sent. It depends on the kind of device:
// 14 both ways for Ethernet (a VLAN tag is never counted), veth, macvlan and tap;
// 0 received and 14 sent for bridges and VLANs; 0 for PPP, tun, loopback and
// tunnels of packets; 32 for WireGuard, which besides pads packets that are shorter
// than its MTU to 16 bytes, so up to 15 more. Two things are beyond it: hardware
// whose counters include the 4 bytes of the checksum, and merged packets, which
// are one packet here and several on the wire.
func (l Link) HeaderBytes() (rx, tx uint32) {
	if h, ok := headersOf[l.Kind]; ok {
		return h.rx, h.tx
	}
	if l.Type == TypeEthernet {
		return ethernetHeader, ethernetHeader
	}
	return 0, 0
}
