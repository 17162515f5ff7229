package main

import (
	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
)

// tally is what the table shows of one flow; flows that left memory and came
// back are one tally.
type tally struct {
	key            flow.Key
	client         flow.End
	app            engine.Short
	host           uint32 // handle of the list
	state          [6]byte
	rtt            uint32 // of the handshake, both halves; 0 = not seen
	first, last    int64
	packets, bytes [2]uint64 // by flow.End
}

func (t *tally) total() uint64 { return t.bytes[flow.A] + t.bytes[flow.B] }

// merge adds one record of the flow.
func (t *tally) merge(f *flow.Flow, r *flow.Record) {
	t.first, t.last = min(t.first, r.First), max(t.last, r.Last)
	for e := range t.bytes {
		t.packets[e] += r.Packets[e]
		t.bytes[e] += r.Bytes[e]
	}
	t.state = [len(t.state)]byte{}
	copy(t.state[:], f.State())
	server, ok := f.ServerRTT()
	client, ok2 := f.ClientRTT()
	if ok && ok2 && t.rtt == 0 {
		t.rtt = server + client
	}
}

// entry is a tally as a list keeps it: in half the room when it is of IPv4 and
// its numbers are as small as most flows' are. It holds no pointers, so the
// garbage collector passes over it.
type entry struct {
	first   int64
	length  uint32 // last less first; of a whole one, where it is
	next    uint32 // in a chain of the list
	rtt     uint32
	host    uint32
	bytes   [2]uint32
	packets [2]uint16
	ports   [2]uint16 // of whole ones, too
	addrs   [2][4]byte
	app     engine.Short
	state   [6]byte
	proto   uint8
	client  flow.End
	whole   bool // only ports and next are in here
}

// pack stores t in e, whose place in a chain stays, and reports whether it fits;
// if not, only its ports are stored.
func (e *entry) pack(t *tally) bool {
	k := &t.key
	e.ports = [2]uint16{k.PortA, k.PortB}
	length := t.last - t.first
	if !k.AddrA.Is4() || !k.AddrB.Is4() || k.Point != 0 || uint64(length)>>32 != 0 ||
		(t.bytes[0]|t.bytes[1])>>32 != 0 || (t.packets[0]|t.packets[1])>>16 != 0 {
		return false
	}
	e.first, e.length, e.rtt = t.first, uint32(length), t.rtt
	e.bytes = [2]uint32{uint32(t.bytes[0]), uint32(t.bytes[1])}
	e.packets = [2]uint16{uint16(t.packets[0]), uint16(t.packets[1])}
	e.addrs = [2][4]byte{[4]byte(k.AddrA[12:]), [4]byte(k.AddrB[12:])}
	e.app, e.host, e.state, e.proto, e.client = t.app, t.host, t.state, k.Proto, t.client
	return true
}

// unpack returns the tally that was packed.
func (e *entry) unpack() tally {
	return tally{
		key: flow.Key{
			AddrA: addr4(e.addrs[0]), AddrB: addr4(e.addrs[1]),
			PortA: e.ports[0], PortB: e.ports[1], Proto: e.proto,
		},
		client: e.client, app: e.app, host: e.host, state: e.state, rtt: e.rtt,
		first: e.first, last: e.first + int64(e.length),
		packets: [2]uint64{uint64(e.packets[0]), uint64(e.packets[1])},
		bytes:   [2]uint64{uint64(e.bytes[0]), uint64(e.bytes[1])},
	}
}

// addr4 returns an IPv4 address as packet.Addr holds it.
func addr4(b [4]byte) packet.Addr {
	return packet.Addr{10: 0xff, 11: 0xff, 12: b[0], 13: b[1], 14: b[2], 15: b[3]}
}
