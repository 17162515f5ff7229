package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"

	"github.com/mdlayher/netlink"
)

// Messages and attributes of linux/genetlink.h and linux/wireguard.h.
const (
	familyGeneric = 16 // NETLINK_GENERIC

	genericControl   = 16 // GENL_ID_CTRL
	controlGetFamily = 3
	controlID        = 1
	controlName      = 2

	wireGuardGetDevice = 0
	wireGuardVersion   = 1
	wireGuardName      = 2
	wireGuardPort      = 6

	genericHeader = 4 // struct genlmsghdr
)

// ErrNoWireGuard is returned by WireGuardPort when the kernel has no WireGuard.
var ErrNoWireGuard = errors.New("the kernel has no WireGuard")

// WireGuardPort returns the UDP port on which the named WireGuard interface of
// the calling thread's network namespace listens; 0 for an interface that has
// none yet. It needs CAP_NET_ADMIN. The error is ErrNoWireGuard,
// syscall.ENODEV where there is no such interface, or syscall.EOPNOTSUPP where it
// is not WireGuard's.
func WireGuardPort(name string) (uint16, error) {
	port, err := askWireGuardPort(name)
	if errors.Is(err, syscall.EPERM) {
		err = fmt.Errorf("%w; it takes CAP_NET_ADMIN", err)
	}
	if err != nil {
		return 0, fmt.Errorf("read port of WireGuard interface %q: %w", name, err)
	}
	return port, nil
}

func askWireGuardPort(name string) (uint16, error) {
	if name == "" || len(name) > MaxName {
		return 0, syscall.ENODEV
	}
	c, err := netlink.Dial(familyGeneric, nil)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	family, err := wireGuardFamily(c)
	if err != nil {
		return 0, err
	}
	replies, err := c.Execute(netlink.Message{
		Header: netlink.Header{Type: netlink.HeaderType(family), Flags: netlink.Request | netlink.Dump},
		Data:   appendText([]byte{wireGuardGetDevice, wireGuardVersion, 0, 0}, wireGuardName, name),
	})
	if err != nil {
		return 0, err
	}
	port := uint16(0)
	for _, m := range replies {
		// Long lists of peers take several messages; the port is in the first.
		if p, ok := parseGeneric16(m.Data, wireGuardPort, binary.NativeEndian); ok {
			port = p
		}
		clear(m.Data) // the reply holds the private key
	}
	return port, nil
}

// wireGuardFamily asks which number WireGuard's messages have.
func wireGuardFamily(c *netlink.Conn) (uint16, error) {
	replies, err := c.Execute(netlink.Message{
		Header: netlink.Header{Type: genericControl, Flags: netlink.Request},
		Data:   appendText([]byte{controlGetFamily, 1, 0, 0}, controlName, "wireguard"),
	})
	if err != nil && !errors.Is(err, syscall.ENOENT) {
		return 0, err
	}
	for _, m := range replies {
		if id, ok := parseGeneric16(m.Data, controlID, binary.NativeEndian); ok {
			return id, nil
		}
	}
	return 0, ErrNoWireGuard
}

// parseGeneric16 returns the attribute typ, a number of 16 bits, of a message's
// body. It reports false for malformed bytes and where there is none.
func parseGeneric16(b []byte, typ uint16, order binary.ByteOrder) (v uint16, ok bool) {
	if len(b) < genericHeader {
		return 0, false
	}
	c := cursor{rest: b[genericHeader:], order: order}
	for c.next() {
		if c.typ == typ && len(c.val) == 2 {
			v, ok = c.u16(), true
		}
	}
	return v, ok && !c.bad
}
