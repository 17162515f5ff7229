package packet

import (
	"encoding/binary"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// reading is what gopacket made of a frame, as far as Decode goes too: down to
// the first transport header of the outermost IP packet.
type reading struct {
	tags    []*layers.Dot1Q
	eth     *layers.Ethernet
	llc     *layers.LLC
	snap    *layers.SNAP
	pppoe   *layers.PPPoE
	ip4     *layers.IPv4
	ip6     *layers.IPv6
	exts    []gopacket.Layer // extension headers of IPv6
	frag    *layers.IPv6Fragment
	foreign gopacket.Layer // a link layer that Decode leaves alone, then nothing else
	last    gopacket.Layer // the transport layer, or what stands in its place
}

// read lets gopacket decode r, or returns nil where it cannot read the link.
func read(r *Raw) *reading {
	var first gopacket.Decoder
	data := r.Data
	switch r.Link {
	case LinkEthernet, LinkPPP, LinkNull, LinkLoop, LinkLinuxSLL:
		first = layers.LinkType(r.Link)
	case LinkRaw, LinkRawDLT, LinkRawBSD:
		first = layers.LinkTypeRaw
	case LinkIPv4:
		first = layers.LayerTypeIPv4
	case LinkIPv6:
		first = layers.LayerTypeIPv6
	case LinkPPPoE:
		first = layers.LayerTypePPPoE
	case LinkLinuxSLL2: // its 20 bytes are unknown to gopacket
		if len(data) < 20 {
			return nil
		}
		first, data = layers.EthernetType(binary.BigEndian.Uint16(data)), data[20:]
	default:
		return nil
	}
	out := new(reading)
	p := gopacket.NewPacket(data, first, gopacket.DecodeOptions{NoCopy: true})
	for _, l := range p.Layers() {
		if !out.add(l) {
			break
		}
	}
	return out
}

// add notes the layer l and reports whether to go on.
func (o *reading) add(l gopacket.Layer) bool {
	inIP := o.ip4 != nil || o.ip6 != nil
	switch l := l.(type) {
	case *layers.IPv6HopByHop, *layers.IPv6Routing, *layers.IPv6Destination, *layers.IPv6Fragment, *layers.IPSecAH:
		if o.ip6 == nil { // Decode does not look behind an AH of IPv4
			o.last = l
			return false
		}
		o.frag, _ = l.(*layers.IPv6Fragment)
		o.exts = append(o.exts, l)
		return true
	case *layers.Ethernet:
		if !inIP && o.eth == nil {
			o.eth = l
			return true
		}
	case *layers.Dot1Q:
		if !inIP {
			o.tags = append(o.tags, l)
			return true
		}
	case *layers.LLC:
		if !inIP {
			o.llc = l
			return true
		}
	case *layers.SNAP:
		if !inIP {
			o.snap = l
			return true
		}
	case *layers.PPPoE:
		if !inIP {
			o.pppoe = l
			return true
		}
	case *layers.PPP, *layers.Loopback, *layers.LinuxSLL:
		if !inIP {
			return true
		}
	case *layers.IPv4:
		if !inIP {
			o.ip4 = l
			return true
		}
	case *layers.IPv6:
		if !inIP {
			o.ip6 = l
			return true
		}
	}
	if inIP {
		o.last = l
	} else {
		o.foreign = l
	}
	return false
}
