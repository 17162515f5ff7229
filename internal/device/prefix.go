package device

import (
	"net/netip"

	"weir/internal/packet"
)

// Prefix returns the network of the house that an address is in, the longest where
// several are; false for none that is observed anywhere.
func (n *Networks) Prefix(a *packet.Addr) (netip.Prefix, bool) {
	for i := range n.places {
		if in, _ := n.places[i].match(a); !in {
			continue
		}
		ip, bits := a.IP(), n.places[i].bits
		if ip.Is4() {
			bits -= 96
		}
		p, err := ip.Prefix(bits)
		return p, err == nil
	}
	return netip.Prefix{}, false
}
