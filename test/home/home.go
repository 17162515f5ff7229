// Package home makes the traffic of a household: ten minutes of an evening as a
// capture on the router's bridge sees it, built with gopacket.
//
// The same seed gives the same bytes on every machine. Every packet has right
// lengths, checksums, sequence numbers and, for QUIC, encryption; what is
// random on a real network (keys, cookies, encrypted payload) is random here.
// Bulk data is cut to its headers as a capture with a snap length has it, so
// that a file of a few megabytes stands for a believable amount of traffic.
//
// Domain names and the addresses of well-known services are those of public
// services; every person's machine, and every peer of the BitTorrent swarm, has
// a private or documentation address.
package home

import (
	"cmp"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// Length is how long the evening lasts.
const Length = 10 * time.Minute

// Start is the time of the first frame: a Saturday evening in Berlin.
func Start() time.Time { return time.Date(2026, time.March, 14, 19, 0, 0, 0, time.UTC) }

// Frame is one Ethernet frame on the home's bridge.
type Frame struct {
	At   time.Duration // since Start
	Wire int           // bytes on the wire
	Data []byte        // the bytes kept of it, from the first
}

// home collects the frames of one household.
type home struct {
	rng    *rand.Rand
	net    byte // third octet of 192.168.x.0/24
	frames []Frame
	buf    gopacket.SerializeBuffer
	filler []byte            // encrypted-looking bytes to cut payload from
	asked  map[string]bool   // "client name" of DNS questions already asked
	ports  map[string]uint16 // last ephemeral port of each client
	ipID   uint16
}

// Generate returns the frames of one household in order of time. Homes of one
// seed differ only when net does: it is the third octet of 192.168.net.0/24.
func Generate(seed uint64, net byte) []Frame {
	h := &home{
		rng:    rand.New(rand.NewPCG(seed, uint64(net))),
		net:    net,
		buf:    gopacket.NewSerializeBuffer(),
		filler: make([]byte, 64<<10),
		asked:  map[string]bool{},
		ports:  map[string]uint16{},
	}
	h.random(h.filler)
	h.evening()
	// What would begin or end outside the ten minutes was not captured.
	h.frames = slices.DeleteFunc(h.frames, func(f Frame) bool { return f.At < 0 || f.At >= Length })
	slices.SortStableFunc(h.frames, func(a, b Frame) int { return cmp.Compare(a.At, b.At) })
	return h.frames
}

// Merge joins households to one capture in order of time.
func Merge(homes ...[]Frame) []Frame {
	all := slices.Concat(homes...)
	slices.SortStableFunc(all, func(a, b Frame) int { return cmp.Compare(a.At, b.At) })
	return all
}

// Write writes frames as a pcap file with microsecond times.
func Write(w io.Writer, frames []Frame) error {
	pw := pcapgo.NewWriter(w)
	if err := pw.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		return err
	}
	start := Start()
	for _, f := range frames {
		ci := gopacket.CaptureInfo{Timestamp: start.Add(f.At), CaptureLength: len(f.Data), Length: f.Wire}
		if err := pw.WritePacket(ci, f.Data); err != nil {
			return err
		}
	}
	return nil
}

// random fills b.
func (h *home) random(b []byte) {
	for i := range b {
		b[i] = byte(h.rng.Uint32())
	}
}

// bytes returns n random bytes.
func (h *home) bytes(n int) []byte {
	b := make([]byte, n)
	h.random(b)
	return b
}

// jitter returns a duration between d/2 and 3d/2.
func (h *home) jitter(d time.Duration) time.Duration {
	return d/2 + time.Duration(h.rng.Int64N(int64(d)+1))
}

// between returns a number from lo up to and including hi.
func (h *home) between(lo, hi int) int { return lo + int(h.rng.Int32N(int32(hi-lo+1))) }
