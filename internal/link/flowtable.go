package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/mdlayher/netlink"
)

// Messages, attributes and flags of linux/netfilter/nfnetlink.h and nf_tables.h.
const (
	familyNetfilter = 12 // NETLINK_NETFILTER

	nftNewFlowtable = 10<<8 | 22 // subsystem and message
	nftGetFlowtable = 10<<8 | 23

	netfilterHeader = 4 // struct nfgenmsg

	flowtableTable = 1
	flowtableName  = 2
	flowtableHook  = 3
	flowtableFlags = 7

	hookDevices = 3

	hookDeviceName   = 1
	hookDevicePrefix = 2

	flowtableHardware = 1 << 0
	flowtableCounter  = 1 << 1
)

// MaxFlowtables is how many flowtables are told at most, and MaxFlowtableDevices
// how many devices of each. A router has one flowtable.
const (
	MaxFlowtables       = 64
	MaxFlowtableDevices = 256
)

// Flowtable is one of nf_tables: connections which a rule puts into it go from
// device to device on a short way, past bridges, rules and most captures.
type Flowtable struct {
	Family      uint8 // NFPROTO_ number of its table: 1 inet, 2 IPv4, 10 IPv6
	Table, Name string
	Devices     []string // in alphabetical order; "lan*" stands for all that begin so
	Hardware    bool     // devices are to do the work where they can
	Counter     bool     // conntrack's counters go on; without it they stand still
}

// Flowtables returns the flowtables of all families in the calling thread's
// network namespace, none where the kernel knows of no such thing. It needs
// CAP_NET_ADMIN: without it the error is syscall.EPERM. Where nf_tables is a
// module that is not loaded, the kernel may load it to answer.
func Flowtables() ([]Flowtable, error) {
	c, err := netlink.Dial(familyNetfilter, nil)
	if errors.Is(err, syscall.EPROTONOSUPPORT) { // a kernel without nfnetlink
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open netfilter socket: %w", err)
	}
	defer c.Close()
	var tables []Flowtable
	err = settle(func() (whole bool, err error) {
		tables, whole, err = dumpFlowtables(c)
		return whole, err
	})
	return tables, err
}

// dumpFlowtables reports false when the tables changed under the dump.
func dumpFlowtables(c *netlink.Conn) (tables []Flowtable, whole bool, err error) {
	replies, err := c.Execute(netlink.Message{
		Header: netlink.Header{Type: nftGetFlowtable, Flags: netlink.Request | netlink.Dump},
		Data:   make([]byte, netfilterHeader), // family 0: of all
	})
	switch {
	case errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EOPNOTSUPP):
		return nil, true, nil // no nf_tables, or one older than flowtables
	case errors.Is(err, syscall.EPERM):
		return nil, false, fmt.Errorf("list flowtables: %w; it takes CAP_NET_ADMIN", err)
	case err != nil:
		return nil, false, fmt.Errorf("list flowtables: %w", err)
	case interrupted(replies):
		return nil, false, nil
	}
	for _, m := range replies {
		if m.Header.Type != nftNewFlowtable || len(tables) == MaxFlowtables {
			continue
		}
		if f, ok := ParseFlowtable(m.Data, binary.NativeEndian); ok {
			tables = append(tables, f)
		}
	}
	return tables, true, nil
}

// ParseFlowtable reads the body of an NFT_MSG_NEWFLOWTABLE message. Lengths and
// types of attributes are in the given order, their values in network order. It
// reports false for malformed bytes.
func ParseFlowtable(b []byte, order binary.ByteOrder) (Flowtable, bool) {
	if len(b) < netfilterHeader {
		return Flowtable{}, false
	}
	f := Flowtable{Family: b[0]}
	var hook, devices cursor
	c := cursor{rest: b[netfilterHeader:], order: order}
	for c.next() {
		switch c.typ {
		case flowtableTable:
			f.Table = c.text()
		case flowtableName:
			f.Name = c.text()
		case flowtableHook:
			hook = c.nested()
		case flowtableFlags:
			if len(c.val) == 4 {
				flags := binary.BigEndian.Uint32(c.val)
				f.Hardware, f.Counter = flags&flowtableHardware != 0, flags&flowtableCounter != 0
			}
		}
	}
	for hook.next() {
		if hook.typ == hookDevices {
			devices = hook.nested()
		}
	}
	for devices.next() && len(f.Devices) < MaxFlowtableDevices {
		name := devices.text()
		if devices.typ == hookDevicePrefix {
			name += "*"
		}
		if (devices.typ == hookDeviceName || devices.typ == hookDevicePrefix) && len(name) <= MaxName+1 {
			f.Devices = append(f.Devices, name)
		}
	}
	slices.Sort(f.Devices)
	return f, !c.bad && !hook.bad && !devices.bad && f.Name != ""
}
