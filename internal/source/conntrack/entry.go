package conntrack

import (
	"weir/internal/flow"
	"weir/internal/packet"
)

// Attributes of linux/netfilter/nfnetlink_conntrack.h.
const (
	ctaTupleOrig     = 1
	ctaTupleReply    = 2
	ctaStatus        = 3
	ctaProtoinfo     = 4
	ctaMark          = 8
	ctaCountersOrig  = 9
	ctaCountersReply = 10
	ctaID            = 12
	ctaZone          = 18
	ctaTimestamp     = 20

	ctaTupleIP    = 1
	ctaTupleProto = 2
	ctaTupleZone  = 3

	ctaIPv4Src = 1
	ctaIPv4Dst = 2
	ctaIPv6Src = 3
	ctaIPv6Dst = 4

	ctaProtoNum     = 1
	ctaProtoSrcPort = 2
	ctaProtoDstPort = 3

	ctaProtoinfoTCP      = 1
	ctaProtoinfoTCPState = 1

	ctaCountersPackets = 1
	ctaCountersBytes   = 2

	ctaTimestampStart = 1
	ctaTimestampStop  = 2
)

// Bits of enum ip_conntrack_status, linux/netfilter/nf_conntrack_common.h.
const (
	ipsSeenReply = 1 << 1
	ipsAssured   = 1 << 2
	ipsOffload   = 1 << 14
	ipsHWOffload = 1 << 15
)

// protoDCCP is its IANA protocol number.
const protoDCCP = 33

// entry is what one message tells of an entry. It is reused; what a message does
// not tell is zero.
type entry struct {
	id          uint32
	orig, reply flow.Tuple
	proto       uint8
	tcp         flow.TCPState
	zone        uint16
	mark        uint32
	status      flow.ConnStatus
	counted     bool // there are counters; events of new and changed entries never have any
	packets     [2]uint64
	bytes       [2]uint64
	start, stop uint64 // ns since the Unix epoch, 0 when not told
}

// parse reads the body of a ctnetlink message. It reports false when the message
// contradicts itself or does not tell which entry it is about.
func (e *entry) parse(b []byte, o order) bool {
	*e = entry{}
	if len(b) < familyHeader {
		return false
	}
	var hasID, ok bool
	var zones [2]uint16
	var replyProto uint8
	for b = b[familyHeader:]; len(b) >= attributeHeader; {
		var typ uint16
		var v []byte
		if typ, v, b, ok = nextAttribute(b, o); !ok {
			return false
		}
		switch typ {
		case ctaTupleOrig:
			e.proto, zones[0], ok = parseTuple(&e.orig, v, o)
		case ctaTupleReply:
			replyProto, zones[1], ok = parseTuple(&e.reply, v, o)
		case ctaID:
			hasID, ok = true, number32(&e.id, v)
		case ctaStatus:
			ok = e.parseStatus(v)
		case ctaMark:
			ok = number32(&e.mark, v)
		case ctaZone:
			ok = number16(&e.zone, v)
		case ctaCountersOrig:
			ok = e.parseCounters(0, v, o)
		case ctaCountersReply:
			ok = e.parseCounters(1, v, o)
		case ctaTimestamp:
			ok = e.parseTimes(v, o)
		case ctaProtoinfo:
			ok = e.parseProtoinfo(v, o)
		}
		if !ok {
			return false
		}
	}
	if e.zone == 0 { // zones of one direction stand in its tuple
		e.zone = max(zones[0], zones[1])
	}
	return hasID && e.proto == replyProto && e.orig.Src != (packet.Addr{}) && e.reply.Src != (packet.Addr{}) &&
		e.orig.Src.Is4() == e.orig.Dst.Is4()
}

func (e *entry) parseStatus(v []byte) bool {
	var s uint32
	if !number32(&s, v) {
		return false
	}
	if s&ipsSeenReply != 0 {
		e.status |= flow.ConnReplied
	}
	if s&ipsAssured != 0 {
		e.status |= flow.ConnAssured
	}
	if s&(ipsOffload|ipsHWOffload) != 0 {
		e.status |= flow.ConnOffloaded
	}
	if s&ipsHWOffload != 0 {
		e.status |= flow.ConnHardware
	}
	return true
}

func (e *entry) parseCounters(direction int, b []byte, o order) (ok bool) {
	e.counted = true
	for len(b) >= attributeHeader {
		var typ uint16
		var v []byte
		if typ, v, b, ok = nextAttribute(b, o); !ok {
			return false
		}
		switch typ {
		case ctaCountersPackets:
			ok = number64(&e.packets[direction], v)
		case ctaCountersBytes:
			ok = number64(&e.bytes[direction], v)
		}
		if !ok {
			return false
		}
	}
	return true
}

func (e *entry) parseTimes(b []byte, o order) (ok bool) {
	for len(b) >= attributeHeader {
		var typ uint16
		var v []byte
		if typ, v, b, ok = nextAttribute(b, o); !ok {
			return false
		}
		switch typ {
		case ctaTimestampStart:
			ok = number64(&e.start, v)
		case ctaTimestampStop:
			ok = number64(&e.stop, v)
		}
		if !ok {
			return false
		}
	}
	return true
}

func (e *entry) parseProtoinfo(b []byte, o order) bool {
	tcp, ok := find(b, ctaProtoinfoTCP, o)
	if !ok {
		return false
	}
	state, ok := find(tcp, ctaProtoinfoTCPState, o)
	if !ok || len(state) > 1 {
		return false
	}
	if len(state) == 1 && state[0] <= uint8(flow.TCPSynSent2) {
		e.tcp = flow.TCPState(state[0])
	}
	return true
}

// find returns the last attribute of that type in b, nil when there is none. It
// reports false when b is malformed.
func find(b []byte, want uint16, o order) (found []byte, ok bool) {
	for len(b) >= attributeHeader {
		var typ uint16
		var v []byte
		if typ, v, b, ok = nextAttribute(b, o); !ok {
			return nil, false
		}
		if typ == want {
			found = v
		}
	}
	return found, true
}

func parseTuple(t *flow.Tuple, b []byte, o order) (proto uint8, zone uint16, ok bool) {
	for len(b) >= attributeHeader {
		var typ uint16
		var v []byte
		if typ, v, b, ok = nextAttribute(b, o); !ok {
			return 0, 0, false
		}
		switch typ {
		case ctaTupleIP:
			ok = parseAddresses(t, v, o)
		case ctaTupleProto:
			proto, ok = parsePorts(t, v, o)
		case ctaTupleZone:
			ok = number16(&zone, v)
		}
		if !ok {
			return 0, 0, false
		}
	}
	return proto, zone, true
}

func parseAddresses(t *flow.Tuple, b []byte, o order) (ok bool) {
	for len(b) >= attributeHeader {
		var typ uint16
		var v []byte
		if typ, v, b, ok = nextAttribute(b, o); !ok {
			return false
		}
		switch typ {
		case ctaIPv4Src:
			ok = address4(&t.Src, v)
		case ctaIPv4Dst:
			ok = address4(&t.Dst, v)
		case ctaIPv6Src:
			ok = address6(&t.Src, v)
		case ctaIPv6Dst:
			ok = address6(&t.Dst, v)
		}
		if !ok {
			return false
		}
	}
	return true
}

func parsePorts(t *flow.Tuple, b []byte, o order) (proto uint8, ok bool) {
	var src, dst uint16
	for len(b) >= attributeHeader {
		var typ uint16
		var v []byte
		if typ, v, b, ok = nextAttribute(b, o); !ok {
			return 0, false
		}
		switch typ {
		case ctaProtoNum:
			if ok = len(v) == 1; ok {
				proto = v[0]
			}
		case ctaProtoSrcPort:
			ok = number16(&src, v)
		case ctaProtoDstPort:
			ok = number16(&dst, v)
		}
		if !ok {
			return 0, false
		}
	}
	switch proto {
	case packet.ProtoTCP, packet.ProtoUDP, packet.ProtoSCTP, packet.ProtoUDPLite, protoDCCP:
		// What the kernel calls ports of others are none: GRE's are keys.
		t.SrcPort, t.DstPort = src, dst
	}
	return proto, true
}

func address4(a *packet.Addr, v []byte) bool {
	if len(v) != 4 {
		return false
	}
	*a = packet.Addr{10: 0xff, 11: 0xff, 12: v[0], 13: v[1], 14: v[2], 15: v[3]}
	return true
}

func address6(a *packet.Addr, v []byte) bool {
	return len(v) == len(a) && copy(a[:], v) == len(v)
}
