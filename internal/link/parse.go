package link

import (
	"encoding/binary"
	"net/netip"
)

// Attributes of linux/if_link.h, linux/if_addr.h and linux/rtnetlink.h.
const (
	iflaAddress     = 1
	iflaName        = 3
	iflaMTU         = 4
	iflaLink        = 5
	iflaMaster      = 10
	iflaWireless    = 11
	iflaLinkInfo    = 18
	iflaStats64     = 23
	iflaPromiscuity = 30
	iflaLinkNetNSID = 37

	infoKind      = 1
	infoData      = 2
	infoSlaveKind = 4

	vlanID              = 1
	bridgeVLANFiltering = 7

	ifaAddress = 1
	ifaLocal   = 2
	ifaFlags   = 8

	flagUp      = 1 << 0
	flagLowerUp = 1 << 16

	ifaTemporary = 0x01
	ifaDADFailed = 0x08
	ifaTentative = 0x40

	familyUnspec = 0
	familyIPv4   = 2
	familyBridge = 7
	familyIPv6   = 10

	attributeHeader = 4
	linkHeader      = 16 // struct ifinfomsg
	addressHeader   = 8  // struct ifaddrmsg
)

// ParseLink reads the body of an RTM_NEWLINK or RTM_DELLINK message. It reports
// false for malformed bytes and for messages that do not describe a whole
// interface: a bridge telling of its port, a radio's event.
func ParseLink(b []byte, order binary.ByteOrder) (Link, bool) {
	if len(b) < linkHeader || b[0] != familyUnspec {
		return Link{}, false
	}
	flags := order.Uint32(b[8:])
	l := Link{
		Type:    order.Uint16(b[2:]),
		Index:   int(int32(order.Uint32(b[4:]))),
		Up:      flags&flagUp != 0,
		Carrier: flags&flagLowerUp != 0,
	}
	elsewhere := false
	c := cursor{rest: b[linkHeader:], order: order}
	for c.next() {
		switch c.typ {
		case iflaAddress:
			if len(c.val) == len(l.MAC) {
				copy(l.MAC[:], c.val)
			}
		case iflaName:
			l.Name = c.text()
		case iflaMTU:
			l.MTU = c.u32()
		case iflaLink:
			l.Parent = int(int32(c.u32()))
		case iflaMaster:
			l.Master = int(int32(c.u32()))
		case iflaPromiscuity:
			l.Promisc = c.u32()
		case iflaLinkNetNSID:
			elsewhere = true
		case iflaStats64:
			l.Counters = parseCounters(c.val, order)
		case iflaLinkInfo:
			parseLinkInfo(&l, c.nested())
		case iflaWireless:
			return Link{}, false
		}
	}
	if elsewhere || l.Parent == l.Index {
		l.Parent = 0
	}
	return l, !c.bad && l.Index > 0 && l.Name != "" && len(l.Name) <= MaxName
}

func parseLinkInfo(l *Link, info cursor) {
	var data cursor
	for info.next() {
		switch info.typ {
		case infoKind:
			l.Kind = info.text()
		case infoSlaveKind:
			l.PortOf = info.text()
		case infoData:
			data = info.nested()
		}
	}
	for data.next() {
		switch {
		case l.Kind == "vlan" && data.typ == vlanID:
			l.VLAN = data.u16()
		case l.Kind == "bridge" && data.typ == bridgeVLANFiltering:
			l.VLANFiltering = data.u8() != 0
		}
	}
}

// parseCounters reads the head of struct rtnl_link_stats64.
func parseCounters(b []byte, order binary.ByteOrder) Counters {
	if len(b) < 32 {
		return Counters{}
	}
	return Counters{
		RxPackets: order.Uint64(b), TxPackets: order.Uint64(b[8:]),
		RxBytes: order.Uint64(b[16:]), TxBytes: order.Uint64(b[24:]),
	}
}

// ParseAddress reads the body of an RTM_NEWADDR or RTM_DELADDR message. It
// reports false for malformed bytes and for families other than IP.
func ParseAddress(b []byte, order binary.ByteOrder) (Address, bool) {
	if len(b) < addressHeader {
		return Address{}, false
	}
	a := Address{Scope: b[3], Index: int(int32(order.Uint32(b[4:])))}
	family, bits, flags := b[0], int(b[1]), uint32(b[2])
	var local, far netip.Addr
	c := cursor{rest: b[addressHeader:], order: order}
	for c.next() {
		switch c.typ {
		case ifaAddress:
			far = parseIP(c.val, family)
		case ifaLocal:
			local = parseIP(c.val, family)
		case ifaFlags:
			flags = c.u32()
		}
	}
	// IFA_ADDRESS is the interface's own address, unless IFA_LOCAL is there and
	// differs: then it is the peer's.
	if !local.IsValid() {
		local = far
	} else if far != local {
		a.Peer = far
	}
	a.Prefix = netip.PrefixFrom(local, bits)
	a.Tentative = flags&(ifaTentative|ifaDADFailed) != 0
	// On IPv4 the same bit means a secondary address.
	a.Temporary = family == familyIPv6 && flags&ifaTemporary != 0
	return a, !c.bad && a.Index > 0 && a.Prefix.IsValid()
}

// parseIP returns the zero Addr when b does not have the length of the family.
func parseIP(b []byte, family byte) netip.Addr {
	switch {
	case family == familyIPv4 && len(b) == 4, family == familyIPv6 && len(b) == 16:
		a, _ := netip.AddrFromSlice(b)
		return a
	}
	return netip.Addr{}
}
