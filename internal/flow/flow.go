// Package flow keeps bidirectional flows in bounded, pointer-free memory.
//
// A Table holds at most Config.Max flows of 200 bytes each, found by an
// open-addressed index and kept in two lists by last use. What they count comes
// from packets, records or connection tracking, one at a time and without
// allocation; what connection tracking tells beside it takes 48 bytes more for
// each flow, once it tells anything. Roll reports what changed since and moves
// busy flows to the young end of the list, Expire lets idle ones go; Tick does
// both, once a second. When the table is full the flow that was quiet longest
// leaves first. A Table is not safe for concurrent use: the engine's lock guards
// it, and a *Flow or *Conn is valid only until the next call of a Table method
// that may add or end flows.
package flow

import "weir/internal/packet"

// Flow is the state of one bidirectional flow. Times are microseconds since the
// Unix epoch and durations are microseconds; a duration that does not fit 32
// bits (71 minutes) saturates.
type Flow struct {
	Key   Key
	flags uint16
	sides [2]side // what End A and End B sent

	First int64 // time of the first packet
	Last  int64 // time of the newest packet

	lag    uint32 // how much older than Last the newest packet of the other direction is
	reply  uint32 // from First to the first packet of the direction that did not begin
	client uint32 // SYN-ACK to ACK; until pending clears: when the SYN-ACK came, after First
	server uint32 // SYN to SYN-ACK; until pending clears: when the SYN came, after First
	app    uint32 // request to answer; until pending clears: when the request came, after First
	now    uint32 // bytes a second between the last two rolls, both directions
	peak   uint32 // the most between any two
	prev   uint32 // neighbours in a list of the table, slot numbers
	next   uint32
	Handle uint16 // the owner's, while it looks at the flow's packets; 0 = it does not
	vlan   uint16 // VLAN ID of the first packet, and above it more flags
}

// side is what one end sent. Packets, bytes and payload are 48-bit counters, the
// low words first, so that both sides and all of TCP fit into 104 bytes.
type side struct {
	packetsLo, bytesLo, payloadLo uint32
	packetsHi, bytesHi, payloadHi uint16
	tcpFlags                      uint8 // all TCP flags seen
	beyond                        uint8 // segments seen beyond the oldest open gap

	rolledPackets, rolledBytes uint32 // low words of the counters at the last roll

	seq     uint32 // next TCP sequence number expected
	retrans uint32 // wire segments sent again
	ooo     uint32 // wire segments that came late, out of order
	lost    uint32 // wire segments missing and not come since

	gapMin, gapMax uint32 // between packets of this direction; gapMin is noGap before the second
}

// Flow.flags.
const (
	clientB    = 1 << iota // End B opened the flow
	clientSure             // a SYN or SYN-ACK said so
	startB                 // End B sent the first packet
	lastB                  // End B sent the newest packet
	dirty                  // in the table's list of flows to roll
	counted                // the owner was told of the flow
	closing                // in the list of completed flows
	synPending             // server holds the time of the SYN
	ackPending             // client holds the time of the SYN-ACK
	reqPending             // app holds the time of the request
	clientDone             // client is a latency
	serverDone             // server is a latency
	appDone                // app is a latency
	resetByB               // the first RST came from End B
	sampled                // not every packet was seen
	opened                 // the slot is in use
)

// Flow.vlan.
const (
	vlanID    = 1<<12 - 1
	recorded  = 1 << 12 // something else than its packets counts it
	tracked   = 1 << 13 // connection tracking told of it: the table has a Conn for it
	ended     = 1 << 14 // and that its connection is no more
	fromReply = 1 << 15 // the key is the entry's reply tuple, inverted
)

// LowGoodput is the share of payload, in percent of IP bytes, below which a flow
// with payload counts as one of low goodput.
const LowGoodput = 60

// noGap marks a direction without two frames yet.
const noGap = 1<<32 - 1

// VLAN returns the VLAN ID of the first packet, 0 for none.
func (f *Flow) VLAN() uint16 { return f.vlan & vlanID }

// Recorded reports whether something else than its packets counts the flow. What
// only packets show is not known then: payload, gaps, faults, and the latencies
// but the server's.
func (f *Flow) Recorded() bool { return f.vlan&recorded != 0 }

// Tracked reports whether connection tracking told of the flow; see Table.Conn.
func (f *Flow) Tracked() bool { return f.vlan&tracked != 0 }

// Empty reports whether nothing was counted for the flow yet.
func (f *Flow) Empty() bool {
	a, b := &f.sides[A], &f.sides[B]
	return a.packetsLo|b.packetsLo|a.bytesLo|b.bytesLo == 0 && a.packetsHi|b.packetsHi|a.bytesHi|b.bytesHi == 0
}

// awaited reports whether frames named the flow, but nothing that counts told of
// it yet.
func (f *Flow) awaited() bool { return f.vlan&(recorded|tracked) == recorded && f.Empty() }

// Client returns the end that opened the flow: the sender of the SYN, else the
// receiver of the SYN-ACK, else the end whose port is not a well-known one, else
// the sender of the first packet.
func (f *Flow) Client() End {
	if f.flags&clientB != 0 {
		return B
	}
	return A
}

// Packets returns the wire packets that e sent.
func (f *Flow) Packets(e End) uint64 {
	s := &f.sides[e]
	return uint64(s.packetsHi)<<32 | uint64(s.packetsLo)
}

// Bytes returns the IP bytes that e sent.
func (f *Flow) Bytes(e End) uint64 {
	s := &f.sides[e]
	return uint64(s.bytesHi)<<32 | uint64(s.bytesLo)
}

// Payload returns the transport payload bytes that e sent.
func (f *Flow) Payload(e End) uint64 {
	s := &f.sides[e]
	return uint64(s.payloadHi)<<32 | uint64(s.payloadLo)
}

// TCPFlags returns all TCP flags that e sent.
func (f *Flow) TCPFlags(e End) uint8 { return f.sides[e].tcpFlags }

// Retransmitted, OutOfOrder and Lost count wire segments that e sent, as seen
// from the observation point; see follow.
func (f *Flow) Retransmitted(e End) uint32 { return f.sides[e].retrans }

// OutOfOrder counts the segments of e that came late but not a second time.
func (f *Flow) OutOfOrder(e End) uint32 { return f.sides[e].ooo }

// Lost estimates the segments of e that never came past the observation point.
func (f *Flow) Lost(e End) uint32 { return f.sides[e].lost }

// Gaps returns the least, mean and greatest time between two packets that e
// sent, in microseconds, and false when it sent fewer than two frames. The mean
// counts the wire packets of merged frames.
func (f *Flow) Gaps(e End) (least, mean, most uint32, ok bool) {
	s := &f.sides[e]
	if s.gapMin == noGap || f.Recorded() {
		return 0, 0, 0, false
	}
	n := int64(f.Packets(e))
	return s.gapMin, saturate((f.lastOf(e) - f.firstOf(e)) / (n - 1)), s.gapMax, true
}

// ClientRTT returns the time from the server's SYN-ACK to the client's ACK past
// the observation point, and false when the handshake was not seen.
func (f *Flow) ClientRTT() (uint32, bool) {
	return f.client, f.flags&clientDone != 0 && !f.Recorded()
}

// ServerRTT returns the time from the client's SYN to the server's SYN-ACK.
func (f *Flow) ServerRTT() (uint32, bool) { return f.server, f.flags&serverDone != 0 }

// AppLatency returns the time from the client's first payload to the server's.
func (f *Flow) AppLatency() (uint32, bool) {
	return f.app, f.flags&appDone != 0 && !f.Recorded()
}

// Rate returns the bytes a second of both directions between the last two rolls,
// and the most between any two.
func (f *Flow) Rate() (now, peak uint32) { return f.now, f.peak }

// OneWay reports whether only one end has sent.
func (f *Flow) OneWay() bool { return f.Packets(A) == 0 || f.Packets(B) == 0 }

// Sampled reports whether not every packet was seen: then counters are estimates
// and faults, gaps and latencies mean nothing.
func (f *Flow) Sampled() bool { return f.flags&sampled != 0 }

// Completed reports whether the connection was closed and will leave soon.
func (f *Flow) Completed() bool { return f.flags&closing != 0 }

// LowGoodput reports whether headers and bare acknowledgements outweigh what
// the flow carries.
func (f *Flow) LowGoodput() bool {
	all, pay := f.Bytes(A)+f.Bytes(B), f.Payload(A)+f.Payload(B)
	return pay > 0 && pay*100 < all*LowGoodput
}

// firstOf and lastOf return when e sent its first and its newest packet.
func (f *Flow) firstOf(e End) int64 {
	if (e == B) == (f.flags&startB != 0) {
		return f.First
	}
	return f.First + int64(f.reply)
}

func (f *Flow) lastOf(e End) int64 {
	if (e == B) == (f.flags&lastB != 0) {
		return f.Last
	}
	return f.Last - int64(f.lag)
}

// add counts n wire packets of the given IP and payload bytes.
func (s *side) add(n uint32, bytes uint64, payload uint32) {
	s.packetsLo += n
	if s.packetsLo < n {
		s.packetsHi++
	}
	lo := uint32(bytes)
	s.bytesLo += lo
	if s.bytesLo < lo {
		s.bytesHi++
	}
	s.bytesHi += uint16(bytes >> 32)
	s.payloadLo += payload
	if s.payloadLo < payload {
		s.payloadHi++
	}
}

// addCount adds n to the 48-bit counter in lo and hi.
func addCount(lo *uint32, hi *uint16, n uint64) {
	sum := uint64(*hi)<<32 + uint64(*lo) + n
	*lo, *hi = uint32(sum), uint16(sum>>32)
}

// update accounts p, sent by e, and reports whether it is the first packet of
// the second direction.
func (f *Flow) update(p *packet.Packet, e End, t int64) (firstReply bool) {
	if t < f.Last {
		t = f.Last // time in a flow never runs backwards
	}
	s := &f.sides[e]
	// How long ago e sent, and the other end, without branches: which end sends
	// next is hard to guess.
	own, other := t-f.Last, t-f.Last+int64(f.lag)
	if (e == B) != (f.flags&lastB != 0) {
		own, other = other, own
	}
	f.Last, f.lag = t, saturate(other)
	since := uint32(noGap)
	if s.packetsLo|uint32(s.packetsHi) != 0 {
		since = saturate(own)
		s.gap(since)
	} else if f.flags&opened != 0 {
		f.reply, firstReply = saturate(t-f.First), true
	}
	f.flags = f.flags&^lastB | uint16(e)*lastB | opened
	if p.Weight > 1 {
		f.sample(s, p, e)
		return firstReply
	}
	s.add(p.Segments, p.Bytes, p.PayLen)
	if p.Proto == packet.ProtoTCP && p.FragOffset == 0 {
		f.segment(s, p, e, since)
	}
	if p.PayLen != 0 && f.flags&appDone == 0 {
		f.answer(e, t)
	}
	return firstReply
}

// sample accounts a packet that stands for p.Weight of its kind. What needs every
// packet (sequence numbers, latencies) stays unknown.
func (f *Flow) sample(s *side, p *packet.Packet, e End) {
	w := uint64(p.Weight)
	addCount(&s.packetsLo, &s.packetsHi, uint64(p.Segments)*w)
	addCount(&s.bytesLo, &s.bytesHi, p.Bytes*w)
	addCount(&s.payloadLo, &s.payloadHi, uint64(p.PayLen)*w)
	s.tcpFlags |= p.TCPFlags
	f.flags |= sampled
	switch p.TCPFlags & (packet.SYN | packet.ACK) {
	case packet.SYN:
		f.setClient(e, true)
	case packet.SYN | packet.ACK:
		f.setClient(e.Other(), true)
	}
}

// gap notes the time since the packet before in the same direction.
func (s *side) gap(d uint32) {
	s.gapMin, s.gapMax = min(s.gapMin, d), max(s.gapMax, d)
}

// answer times the first payload of the client and the server's after it.
func (f *Flow) answer(e End, t int64) {
	after := saturate(t - f.First)
	switch {
	case e == f.Client():
		if f.flags&reqPending == 0 {
			f.app, f.flags = after, f.flags|reqPending
		}
	case f.flags&reqPending != 0:
		f.app, f.flags = after-f.app, f.flags&^reqPending|appDone
	}
}

// saturate fits a duration into 32 bits, below noGap.
func saturate(d int64) uint32 { return uint32(min(max(d, 0), noGap-1)) }
