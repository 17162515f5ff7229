package afpacket

import (
	"encoding/binary"
	"fmt"
	"slices"

	"weir/internal/link"
	"weir/internal/packet"
)

// Filter is the program of hybrid mode for use without a kernel: it says of the
// frames of a capture which ones a router would have passed. It is not safe for
// concurrent use.
type Filter struct {
	filter  filter
	level   int
	random  uint32
	devices map[packet.LinkType]*offlineDevice
	bare    []byte // a frame without its tag, reused
}

// offlineDevice is the program for frames of one link type.
type offlineDevice struct {
	machine machine
	parties *parties
}

// NewOfflineFilter returns the filter that a device has by cfg in hybrid mode,
// where own are the router's hardware addresses. Captures tell nothing of bridges
// and directions, so all frames count as received. Where the capture is of a host
// and not of a router, Config.BridgedTracked makes every station's traffic tracked.
func NewOfflineFilter(cfg Config, own []link.MAC) (*Filter, error) {
	if len(own) > maxOwnMACsHybrid {
		return nil, fmt.Errorf("filter: %d hardware addresses are too many; %d is the most", len(own), maxOwnMACsHybrid)
	}
	return &Filter{
		filter:  filter{hybrid: true, bridged: cfg.BridgedTracked, own: slices.Clone(own)},
		random:  1,
		devices: make(map[packet.LinkType]*offlineDevice),
	}, nil
}

// Pass returns how many bytes of the frame are captured, 0 when the filter
// refuses it, and whether connection tracking would count it (Raw.Classify). It
// reads Data, Len, Link and VLAN. Frames of link types that no device of a router
// has pass whole.
func (f *Filter) Pass(r *packet.Raw) (caplen int, classify bool) {
	d, err := f.device(r.Link)
	if err != nil {
		return len(r.Data), true
	}
	in := seen{data: r.Data, length: r.Len, tagged: r.VLAN != 0, tci: r.VLAN}
	tag := 0
	if r.Link == packet.LinkEthernet && !in.tagged && len(r.Data) >= 18 && isTag(r.Data[12:]) {
		// The kernel takes the outer tag out of what it receives.
		tag, in.tagged, in.tci = 4, true, binary.BigEndian.Uint16(r.Data[14:])
		f.bare = append(append(f.bare[:0], r.Data[:12]...), r.Data[16:]...)
		in.data, in.length = f.bare, r.Len-4
	}
	// A linear congruential generator serves: it must not depend on the frame.
	f.random = f.random*1664525 + 1013904223
	in.random = f.random >> 16
	if n := d.machine.run(&in); n > 0 {
		caplen = int(min(uint64(n)+uint64(tag), uint64(len(r.Data))))
	}
	return caplen, d.parties.tracked(r.Data)
}

// isTag reports whether an EtherType is that of a VLAN tag.
func isTag(b []byte) bool {
	t := binary.BigEndian.Uint16(b)
	return t == etherVLAN || t == etherQinQ
}

// device returns the program for a link type, assembled when it is first asked for.
func (f *Filter) device(t packet.LinkType) (*offlineDevice, error) {
	if d, ok := f.devices[t]; ok {
		return d, nil
	}
	one := f.filter
	one.link, one.level = t, f.level
	switch t {
	case packet.LinkEthernet, packet.LinkNull, packet.LinkLoop, packet.LinkRaw, packet.LinkRawDLT, packet.LinkRawBSD,
		packet.LinkIPv4, packet.LinkIPv6, packet.LinkLinuxSLL, packet.LinkLinuxSLL2:
	default:
		return nil, fmt.Errorf("filter: %v has no program", t)
	}
	code, err := one.program()
	if err != nil {
		return nil, err
	}
	d := &offlineDevice{machine: machine{code: code}, parties: one.parties()}
	f.devices[t] = d
	return d, nil
}
