package flow

import "weir/internal/packet"

// Tuple is one direction of a connection.
type Tuple = packet.Tuple

// Connection is what connection tracking tells about one entry: both of its
// tuples and what was counted since it was told of before. Index 0 of the pairs
// is what went the way of Orig, index 1 what went the way of Reply.
type Connection struct {
	Orig  Tuple // as the first packet was sent
	Reply Tuple // as what answers it is sent: Orig inverted, unless addresses are translated
	Proto uint8 // IANA protocol number
	TCP   TCPState
	Zone  uint16
	Mark  uint32

	Status  ConnStatus
	First   int64     // microseconds since the Unix epoch, when the entry was made as far as is known
	Last    int64     // and when something was last known to pass
	Packets [2]uint64 // since the Connection before
	Bytes   [2]uint64 // IP bytes of them
}

// ConnStatus says what is known of an entry.
type ConnStatus uint8

// The bits of ConnStatus.
const (
	ConnReplied   ConnStatus = 1 << iota // an answer was seen (IPS_SEEN_REPLY)
	ConnAssured                          // it is not given up early (IPS_ASSURED)
	ConnOffloaded                        // a flowtable forwards it (IPS_OFFLOAD)
	ConnHardware                         // in hardware (IPS_HW_OFFLOAD); ConnOffloaded is set as well
	ConnEnded                            // the entry is no more: this is the last of it
	ConnUncounted                        // the kernel has no counters for it
)

// TCPState is what connection tracking knows of a TCP connection, the numbers of
// enum tcp_conntrack in linux/netfilter/nf_conntrack_tcp.h; 0 is not known, as
// while a flowtable forwards it.
type TCPState uint8

// The states of TCPState.
const (
	TCPUnknown TCPState = iota
	TCPSynSent
	TCPSynReceived
	TCPEstablished
	TCPFinWait
	TCPCloseWait
	TCPLastAck
	TCPTimeWait
	TCPClosed
	TCPSynSent2
)

// Offload says who forwards a connection's packets.
type Offload uint8

// The kinds of Offload.
const (
	OffloadUnknown  Offload = iota // nothing told: no connection tracking sees the flow
	OffloadNone                    // the kernel, packet by packet
	OffloadSoftware                // a flowtable
	OffloadHardware                // the switch or network chip
)

var offloadNames = [...]string{"", "none", "software", "hardware"}

// String returns the name as the API shows it, "" when it is not known.
func (o Offload) String() string { return offloadNames[o] }

// Offload returns who forwards the connection.
func (s ConnStatus) Offload() Offload {
	switch {
	case s&ConnHardware != 0:
		return OffloadHardware
	case s&ConnOffloaded != 0:
		return OffloadSoftware
	}
	return OffloadNone
}

// LANSide returns the connection as a capture in the house sees it. Where local
// opened it that is Orig; else it is Reply inverted: what the translation of
// addresses made of Orig. Between two that are not local it is Orig, too, if that
// hides who opened it, who then is on this side of the translation. second is another view of the same connection that a
// capture in the house has, when redirecting or hairpin translation made it one:
// Reply inverted, whose server is local, too. client is who opened it.
func (c *Connection) LANSide(local func(*packet.Addr) bool) (key, second Key, client End, hasSecond bool) {
	inside := c.Reply.Inverted()
	seen := inside
	switch {
	case local(&c.Orig.Src):
		seen = c.Orig
		if hasSecond = inside != c.Orig && local(&c.Reply.Src); hasSecond {
			second, _ = KeyOf(&inside.Src, &inside.Dst, inside.SrcPort, inside.DstPort, c.Proto, 0)
		}
	case c.Orig.Src != c.Reply.Dst && !local(&c.Reply.Src):
		seen = c.Orig
	}
	key, client = KeyOf(&seen.Src, &seen.Dst, seen.SrcPort, seen.DstPort, c.Proto, 0)
	return key, second, client, hasSecond
}
