package device

import (
	"net/netip"
	"slices"

	"weir/internal/packet"
)

// Scope says where an address belongs.
type Scope uint8

// The scopes.
const (
	Remote    Scope = iota
	Local           // in a local network
	Router          // an address of this machine
	Multicast       // a group
	Broadcast       // everybody on a network
)

var scopeNames = [...]string{"remote", "local", "router", "multicast", "broadcast"}

// String returns the scope's name, as the API shows it.
func (s Scope) String() string { return scopeNames[s] }

// ParseScope finds a scope by its name.
func ParseScope(name string) (Scope, bool) {
	for i, n := range scopeNames {
		if n == name {
			return Scope(i), true
		}
	}
	return 0, false
}

// House reports whether an address of this scope is in the house: a device's or
// the router's.
func (s Scope) House() bool { return s == Local || s == Router }

// Networks tells local addresses from others, and where they are observed. It is
// immutable once it is handed on: a change of addresses makes another one.
type Networks struct {
	// Guessed says that nothing is known of the house: as behind a mirror port or
	// in a capture, where only private addresses are sure to be local and the
	// traffic itself has to tell the others.
	Guessed bool

	prefixes []network
	own      map[packet.Addr]struct{}
	places   []place // the longest prefixes first
}

// network is a prefix taken apart for comparison.
type network struct {
	addr, mask packet.Addr
	broadcast  bool // IPv4 with room for a broadcast address
}

// place says at which observation point the addresses of a network are.
type place struct {
	network
	bits  int
	point uint8
}

// Place says that the addresses of prefix are observed at that point. Of prefixes
// that overlap the longest counts. It must be called before n is handed on.
func (n *Networks) Place(prefix netip.Prefix, point uint8) {
	if !prefix.IsValid() {
		return
	}
	p := place{network: networkOf(prefix), bits: prefix.Bits(), point: point}
	if prefix.Addr().Is4() {
		p.bits += 96
	}
	i, _ := slices.BinarySearchFunc(n.places, p.bits, func(q place, bits int) int { return bits - q.bits })
	n.places = slices.Insert(n.places, i, p)
}

// Point returns the observation point of the network that a is in, and false
// when it is in none that has one.
func (n *Networks) Point(a *packet.Addr) (uint8, bool) {
	for i := range n.places {
		if in, _ := n.places[i].match(a); in {
			return n.places[i].point, true
		}
	}
	return 0, false
}

// Observes reports whether a network of the house is observed at the point.
func (n *Networks) Observes(point uint8) bool {
	return slices.ContainsFunc(n.places, func(p place) bool { return p.point == point })
}

// always are local whatever is configured: addresses that no router forwards.
var always = []netip.Prefix{
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("fe80::/10"),
}

// Private are the prefixes that a house uses when nothing else is known of it
// (RFC 1918, RFC 4193).
var Private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("fc00::/7"),
}

// NewNetworks returns the scopes of a machine with the addresses own in a house
// with the prefixes local. Loopback and link-local prefixes are always local.
func NewNetworks(local []netip.Prefix, own []netip.Addr) *Networks {
	n := &Networks{own: make(map[packet.Addr]struct{}, len(own))}
	for _, p := range append(local[:len(local):len(local)], always...) {
		if p.IsValid() {
			n.prefixes = append(n.prefixes, networkOf(p))
		}
	}
	for _, a := range own {
		n.own[packet.AddrOf(a)] = struct{}{}
	}
	return n
}

// Guess returns the scopes in a house of which nothing is known but the local
// prefixes given.
func Guess(local ...netip.Prefix) *Networks {
	n := NewNetworks(append(local, Private...), nil)
	n.Guessed = true
	return n
}

func networkOf(p netip.Prefix) network {
	bits := p.Bits()
	if p.Addr().Is4() {
		bits += 96
	}
	n := network{addr: packet.AddrOf(p.Masked().Addr()), broadcast: p.Addr().Is4() && p.Bits() < 31}
	for i := range n.mask {
		n.mask[i] = byte(uint16(0xff00) >> max(0, min(8, bits-8*i)))
	}
	return n
}

// Scope returns the scope of a.
func (n *Networks) Scope(a *packet.Addr) Scope {
	v4 := a.Is4()
	switch {
	case v4 && a[12] >= 224:
		if *a == (packet.Addr{10: 0xff, 11: 0xff, 12: 0xff, 13: 0xff, 14: 0xff, 15: 0xff}) {
			return Broadcast
		}
		return Multicast
	case v4 && a[12]|a[13]|a[14]|a[15] == 0, *a == packet.Addr{}:
		return Local // a device that has no address yet (DHCP, duplicate detection)
	case !v4 && a[0] == 0xff:
		return Multicast
	}
	if _, ok := n.own[*a]; ok {
		return Router
	}
	for i := range n.prefixes {
		p := &n.prefixes[i]
		if in, last := p.match(a); in {
			if last && p.broadcast {
				return Broadcast
			}
			return Local
		}
	}
	return Remote
}

// match reports whether a is in the network, and whether it is its last address.
func (p *network) match(a *packet.Addr) (in, last bool) {
	last = true
	for i := range a {
		if (a[i]^p.addr[i])&p.mask[i] != 0 {
			return false, false
		}
		last = last && a[i]|p.mask[i] == 0xff
	}
	return true, last
}
