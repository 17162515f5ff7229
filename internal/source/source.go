// Package source declares what every source of traffic has in common.
//
// Packet sources hand frames to a Sink in batches, processed in place before
// the call returns; record sources hand over deltas of flows. A source owns its
// ring and buffers, never keeps a reference to the Sink's state, and never
// imports another source.
package source

import (
	"context"

	"weir/internal/flow"
	"weir/internal/packet"
)

// MaxInterfaces bounds the observation points of one engine: Raw.Iface is a byte.
const MaxInterfaces = 250

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
