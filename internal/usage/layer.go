package usage

import (
	"slices"

	"weir/internal/link"
)

// MaxLayers bounds a Stack: PPPoE over a VLAN in a VLAN over a port.
const MaxLayers = 4

// Layer is one of the devices that an uplink's packets pass.
type Layer struct {
	Device   string
	Index    int
	Tx, Rx   uint8 // bytes of link headers in what it counts for each packet
	Slack    uint8 // bytes more that its driver may count or not
	Shared   bool  // it carries other networks, too
	Counters link.Counters
}

// Stack are the devices that an uplink's packets pass, the one with the IP
// address first. When a flowtable forwards packets, it hands them to a lower one
// and the upper ones count nothing.
type Stack []Layer

// What encapsulation adds to each packet, in bytes.
const (
	pppoeHeader  = 8  // RFC 2516 section 4, and PPP's protocol number
	vlanHeader   = 4  // IEEE 802.1Q
	checksum     = 4  // at the end of a frame, IEEE 802.3
	wireGuardPad = 15 // at most, to a multiple of 16
)

// StackOf returns the devices below and with the one called device. lower is the
// device that carries its frames where the kernel does not tell: that of a PPPoE
// session. It is empty when there is no such device.
func StackOf(links []link.Link, device, lower string) Stack {
	l, ok := find(links, func(l *link.Link) bool { return l.Name == device })
	if !ok {
		return nil
	}
	var s Stack
	inner, slack := uint8(0), uint8(0) // what the layers above put around a packet
	for {
		top := layerOf(&l)
		top.Tx, top.Rx, top.Slack = top.Tx+inner, top.Rx+inner, top.Slack+slack
		top.Shared = len(s) > 0 && shared(links, &l, s)
		s = append(s, top)
		switch {
		case l.Type == link.TypePPP:
			inner += pppoeHeader
		case l.Kind == "vlan":
			slack += vlanHeader
		}
		if l, ok = below(links, &l, lower); !ok || len(s) == MaxLayers || slices.ContainsFunc(s, func(o Layer) bool { return o.Index == l.Index }) {
			return s
		}
	}
}

// layerOf says what a device counts around each packet. Some hardware counts a
// frame's checksum, and nothing tells which.
func layerOf(l *link.Link) Layer {
	rx, tx := l.HeaderBytes()
	r := Layer{Device: l.Name, Index: l.Index, Tx: uint8(tx), Rx: uint8(rx), Counters: l.Counters}
	switch {
	case l.Kind == "wireguard":
		r.Slack = wireGuardPad
	case l.Type == link.TypeEthernet && (l.Kind == "" || l.Kind == "dsa"):
		r.Slack = checksum
	}
	return r
}

// below returns the device that carries l's frames.
func below(links []link.Link, l *link.Link, lower string) (link.Link, bool) {
	switch {
	case l.Type == link.TypePPP && lower != "":
		return find(links, func(o *link.Link) bool { return o.Name == lower && o.Name != l.Name })
	case l.Kind == "vlan" && l.Parent != 0:
		return find(links, func(o *link.Link) bool { return o.Index == l.Parent })
	}
	// Below a port of a switch (kind dsa) there is the switch itself, and behind
	// a veth another machine.
	return link.Link{}, false
}

// shared reports whether l carries more than what is stacked above it in s: it
// is a port of a bridge, or has other VLANs.
func shared(links []link.Link, l *link.Link, s Stack) bool {
	_, other := find(links, func(o *link.Link) bool {
		return o.Parent == l.Index && o.Kind != "veth" && o.Kind != "dsa" &&
			!slices.ContainsFunc(s, func(u Layer) bool { return u.Index == o.Index })
	})
	return other || l.Master != 0
}

func find(links []link.Link, match func(*link.Link) bool) (link.Link, bool) {
	for i := range links {
		if match(&links[i]) {
			return links[i], true
		}
	}
	return link.Link{}, false
}

// Names returns the names of the devices, for asking the kernel for their
// counters.
func (s Stack) Names() []string {
	names := make([]string, len(s))
	for i := range s {
		names[i] = s[i].Device
	}
	return names
}

// With returns the stack with counters that were read now; it is empty when the
// upper device has none any more.
func (s Stack) With(fresh map[string]link.Counters) Stack {
	out := make(Stack, 0, len(s))
	for _, l := range s {
		c, ok := fresh[l.Device]
		if !ok {
			return out
		}
		l.Counters = c
		out = append(out, l)
	}
	return out
}

// same reports whether both are made of the same devices.
func (s Stack) same(o Stack) bool {
	return slices.EqualFunc(s, o, func(a, b Layer) bool {
		return a.Index == b.Index && a.Device == b.Device && a.Tx == b.Tx && a.Rx == b.Rx && a.Slack == b.Slack && a.Shared == b.Shared
	})
}

// Packets that a lower device may carry beside the uplink's own before it counts
// as proof that an upper one is passed by: discovery, ARP, a provider's keep-alive.
const (
	strayPackets = 32
	strayShare   = 20 // one in so many
)

// LayerOf returns the index of the layer that counts all packets of the uplink,
// by what each counted in one interval: the upper one unless flow offload passes
// it by, which shows as one below that carries clearly more. Where such a one is
// shared with other networks its count is not the uplink's, and the search ends.
func (s Stack) LayerOf(deltas []Counts) int {
	at := 0
	for i := 1; i < len(s) && i < len(deltas); i++ {
		if s[i].Shared {
			break
		}
		upper, lower := deltas[at].Packets(), deltas[i].Packets()
		if lower > upper && lower-upper > strayPackets+lower/strayShare {
			at = i
		}
	}
	return at
}

// packets turns what a layer counted into IP bytes. slack is how many of those
// may be headers all the same.
func (l *Layer) packets(c Counts) (ip Counts, slack uint64) {
	ip = c
	ip.TxBytes -= min(c.TxBytes, uint64(l.Tx)*c.TxPackets)
	ip.RxBytes -= min(c.RxBytes, uint64(l.Rx)*c.RxPackets)
	return ip, min(uint64(l.Slack)*c.Packets(), ip.Bytes())
}
