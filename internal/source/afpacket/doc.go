// Package afpacket captures live from the kernel's packet sockets with
// TPACKET_V3 rings (packet(7), Documentation/networking/packet_mmap.rst).
//
// Frames are read where the kernel put them: each retired block of a ring is
// walked in place, handed to the sink as batches of packet.Raw, and given back
// to the kernel. Nothing is copied and nothing is allocated per frame.
//
// Every device has a socket and a ring of its own; the configured ring size is
// shared out among them. One socket bound to all devices would need a single
// ring, but then the kernel runs its filter for every frame of every device
// (for a routed frame also on the WAN device, the bridge and a switch's conduit)
// and clones each frame sent on any of them before the filter can refuse it. A
// bound socket costs nothing where nobody looks, fails with its own device only,
// and has drop counters that name the device.
//
// # What is counted once
//
// On a plain device, frames are taken in both directions; on the loopback, where
// each frame passes twice, only as received. When the ports of a bridge are
// captured instead of the bridge (Interface.Ports):
//
//   - a port passes every frame it receives;
//   - a port passes a frame it sends only when the router is its source, which
//     is when its source address is one of the router's own (link.State.MACs)
//     and its destination is not a group;
//   - the bridge itself passes frames that the router sends to a group: they
//     leave on several ports, or on one that multicast snooping picked.
//
// So a frame from one port to another counts where it came in, a routed frame on
// the LAN port it came from or goes to, also when a flow table moves it past the
// bridge. The rule runs in the kernel as classic BPF and is replaced when ports
// or addresses change. What it counts more than once: a frame the router sends
// to a host whose port the bridge does not know, which floods to all ports.
//
// # Merged frames, VLANs
//
// PACKET_VNET_HDR tells of a frame merged by GRO or TSO how long its segments
// are (Raw.GSOSize). Kernels refuse to describe some kinds, and drop those with
// a count: UDP before Linux 6.2, SCTP. An outer VLAN tag is out of the frame in
// Raw.VLAN, and Raw.Len is without it.
//
// # Sampling
//
// With Sampling N > 1 the kernel passes each frame with probability 1/N. Every
// frame says so in its weight, and the engine counts it that many times; Status
// tells what was passed.
//
// # Rights
//
// Capturing needs CAP_NET_RAW. Sockets are opened on the goroutine that calls
// Run, so a caller that locks it to a thread captures in that thread's network
// namespace.
package afpacket
