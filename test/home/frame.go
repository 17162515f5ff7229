package home

import (
	"net"
	"net/netip"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// whole keeps every byte of a frame; headersOnly is the snap length of bulk
// data: Ethernet, IPv6 and TCP with options, and a few bytes of payload.
const (
	whole       = 0
	headersOnly = 80
)

// packet is an IP packet on its way over the bridge.
type packet struct {
	at       time.Duration
	src, dst netip.Addr
	smac     net.HardwareAddr
	dmac     net.HardwareAddr
	ttl      uint8
	proto    layers.IPProtocol
	options  []layers.IPv4Option
	snap     int // bytes kept, or whole
}

// from returns the header of a packet from one node to another, over IPv6 when
// six is set.
func from(at time.Duration, src, dst node, six bool) packet {
	p := packet{at: at, src: src.v4, dst: dst.v4, smac: src.mac, dmac: dst.mac, ttl: src.ttl}
	if six {
		p.src, p.dst = src.v6, dst.v6
	}
	return p
}

// toGroup returns the header of a packet to a multicast or broadcast address.
func toGroup(at time.Duration, src node, srcIP, group netip.Addr, ttl uint8) packet {
	p := packet{at: at, src: srcIP, dst: group, smac: src.mac, ttl: ttl}
	g := group.As16()
	switch {
	case group.Is6(): // RFC 2464 section 7
		p.dmac = net.HardwareAddr{0x33, 0x33, g[12], g[13], g[14], g[15]}
	case group.IsMulticast(): // RFC 1112 section 6.4
		p.dmac = net.HardwareAddr{0x01, 0x00, 0x5e, g[13] & 0x7f, g[14], g[15]}
	default:
		p.dmac = broadcast()
	}
	return p
}

func broadcast() net.HardwareAddr { return net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff} }

// udp sends a datagram.
func (h *home) udp(p packet, sport, dport uint16, payload []byte) {
	p.proto = layers.IPProtocolUDP
	h.send(p, &layers.UDP{SrcPort: layers.UDPPort(sport), DstPort: layers.UDPPort(dport)}, gopacket.Payload(payload))
}

// send builds the frame of p around its transport layers.
func (h *home) send(p packet, transport ...gopacket.SerializableLayer) {
	eth := &layers.Ethernet{SrcMAC: p.smac, DstMAC: p.dmac, EthernetType: layers.EthernetTypeIPv4}
	var network interface {
		gopacket.SerializableLayer
		gopacket.NetworkLayer
	}
	if p.src.Is4() {
		h.ipID++
		network = &layers.IPv4{
			Version: 4, TTL: p.ttl, Id: h.ipID, Protocol: p.proto, Options: p.options,
			Flags: layers.IPv4DontFragment, SrcIP: p.src.AsSlice(), DstIP: p.dst.AsSlice(),
		}
	} else {
		eth.EthernetType = layers.EthernetTypeIPv6
		network = &layers.IPv6{Version: 6, HopLimit: p.ttl, NextHeader: p.proto, SrcIP: p.src.AsSlice(), DstIP: p.dst.AsSlice()}
	}
	for _, l := range transport {
		if t, ok := l.(interface {
			SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
		}); ok {
			if err := t.SetNetworkLayerForChecksum(network); err != nil {
				panic(err) // the layers are ours
			}
		}
	}
	h.frame(p.at, p.snap, append([]gopacket.SerializableLayer{eth, network}, transport...)...)
}

// frame appends the frame made of all layers, padded to Ethernet's least length.
func (h *home) frame(at time.Duration, snap int, all ...gopacket.SerializableLayer) {
	opts := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(h.buf, opts, all...); err != nil {
		panic(err) // the layers are ours
	}
	wire := max(len(h.buf.Bytes()), 60)
	keep := wire
	if snap != whole {
		keep = min(wire, snap)
	}
	f := Frame{At: at, Wire: wire, Data: make([]byte, keep)}
	copy(f.Data, h.buf.Bytes()) // cuts, or leaves zeros behind
	h.frames = append(h.frames, f)
}
