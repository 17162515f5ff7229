// Package source declares what every source of traffic has in common.
//
// Packet sources hand frames to a Sink in batches, processed in place before
// the call returns; record sources hand over deltas of flows. A source owns its
// ring and buffers, never keeps a reference to the Sink's state, and never
// imports another source.
package source

import (
	"context"
	"time"

	"weir/internal/flow"
	"weir/internal/packet"
)

// MaxInterfaces bounds the observation points of one engine: Raw.Iface is a byte.
const MaxInterfaces = 250

// MaxConnections bounds a batch of connections, so that the engine's lock is
// held for a fraction of a millisecond.
const MaxConnections = 256

// Sink takes what sources see. Its methods may be called from several
// goroutines at once.
type Sink interface {
	// Interface returns the number of the observation point called name, adding
	// it when it is new. It fails when MaxInterfaces are in use.
	Interface(name string) (uint8, error)
	// Packets accounts a batch of frames. The frames are read before it returns
	// and may be reused afterwards.
	Packets(batch []packet.Raw)
	// Records accounts a batch of flow deltas; the same holds for its memory.
	Records(batch []flow.Record)
	// Connections accounts a batch of what connection tracking counted, at most
	// MaxConnections of them; the same holds for its memory.
	Connections(batch []flow.Connection)
	// Swept says that connection tracking was read as a whole at the time at, in
	// microseconds since the Unix epoch: all that was counted until then has been
	// handed over.
	Swept(at int64)
}

// Source is one origin of traffic. Constructors are inert; Run blocks until its
// input ends or ctx is done and then returns nil, or fails for good.
type Source interface {
	Run(ctx context.Context, sink Sink) error
	// Status may be called at any time, from any goroutine.
	Status() Status
}

// Status is what a source tells about itself; one source may report several
// observation points.
type Status struct {
	Name   string  // as configured: device, path, or section name
	Kind   string  // afpacket, pcap …
	State  string  // "starting", "running", "waiting" (for its device), "ended", "failed"
	Note   string  // what the user should know: why waiting, promiscuous refused …
	Points []Point // its observation points

	Tracking *Tracking // of connection tracking, nil for other kinds
}

// Tracking is how reading connection tracking does. Its numbers count since the
// source began, unless they say otherwise.
type Tracking struct {
	Entries          int           // in the kernel at the last dump
	Max              int           // that the kernel keeps (nf_conntrack_max)
	Baselines        int           // entries whose counters are remembered
	Forgotten        uint64        // entries without a baseline because there was no room
	Dumps            uint64        // complete ones
	DumpTime         time.Duration // that the last one took
	Every            time.Duration // between two of them at present
	LastDump         int64         // wall time, ns since the epoch; 0 = none yet
	Events           uint64        // of entries made, changed and gone
	Overruns         uint64        // times events were lost because the reader was late (ENOBUFS)
	Resyncs          uint64        // dumps made because of that
	Resets           uint64        // entries whose counters went backwards: somebody else zeroes them
	Uncounted        uint64        // entries that came without counters
	Vanished         uint64        // entries gone without a last word: what they moved since the dump before is lost
	Malformed        uint64        // messages that contradict themselves
	Offloaded        int           // entries forwarded by a flowtable at the last dump
	Hardware         int           // of those, in hardware
	Standing         int           // offloaded entries that counted nothing in three dumps or more
	StandingHardware int           // of those, in hardware
	Multicast        uint64        // entries to groups, which packets count
	BufferBytes      int           // of the event socket
}

// Point is one observation point of a source.
type Point struct {
	Interface   string // name given to Sink.Interface
	Packets     uint64 // frames handed to the Sink
	Bytes       uint64 // their bytes on the wire
	Drops       uint64 // frames the kernel or the reader had to drop
	LastPacket  int64  // wall time of the last frame handed over, ns since the epoch; 0 = none yet
	Promiscuous bool
}
