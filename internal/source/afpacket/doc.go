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
// # Hybrid mode
//
// Where connection tracking counts what is routed, packets are for names, and for
// what it does not count (Config.Hybrid). A program in the kernel, some 320
// instructions of classic BPF, then passes of the frames between a station and the
// router only those that name their flow, and of those between stations and to
// groups all, cut to their headers unless they name something. Raw.Classify tells
// the two apart. What names a flow:
//
//   - SYN, FIN and RST with their headers; payloads that begin as TLS handshakes,
//     HTTP and other protocols do; short segments, and those pushed to the server,
//     such as the rest of a ClientHello; never other records of TLS.
//   - Every datagram of DNS, mDNS, LLMNR, DHCP, SSDP, NetBIOS, NTP and SIP; QUIC's
//     long headers, DTLS handshakes, STUN; small datagrams of unknown protocols.
//   - ARP and neighbour discovery; the rest of ICMP. What connection tracking knows
//     by its protocol alone (ESP, GRE) does not pass.
//
// The program knows nothing of earlier frames. It misses full-sized segments in the
// middle of a ClientHello of three or more, fragments but the first, what is behind
// two VLAN tags or three IPv6 extension headers, and the first datagram of an
// unknown protocol when that is long.
//
// A port is asked only for what it receives, and the bridge for what the router
// sends: a socket that looks at what a device sends has the kernel make a copy of
// each frame, which costs several times what the program does. So answers that a
// flow table moves past the bridge are not seen; requests are.
//
// When more naming frames pass than Config.Budget, those of least value are left
// out first, in levels; after a while more pass again. Frames that have to be
// counted pass at every level.
//
// # Merged frames, VLANs
//
// PACKET_VNET_HDR tells of a frame merged by GRO or TSO how long its segments
// are (Raw.GSOSize). Kernels refuse to describe some kinds, and drop those with
// a count: UDP before Linux 6.2, SCTP. An outer VLAN tag is out of the frame in
// Raw.VLAN, and Raw.Len is without it.
//
// Several points may share a device, or the ports of a bridge, each with a VLAN of
// its own (Interface.VLAN): each has its ring there, and its program refuses other
// VLANs first. A frame without a tag is of the VLAN that the bridge gives it. Of a
// device whose VLAN devices are captured as well, those VLANs are left out, so that
// no frame counts twice; of stacked tags only the outer one is looked at.
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
