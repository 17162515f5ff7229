package names

import "weir/internal/packet"

// announced learns a record that its owner sends to everybody. Only names of the
// link count, so that nobody can announce that an address is a bank's.
func (n *Names) announced(a *Answer) {
	if a.Type != typeA && a.Type != typeAAAA || !useful(&a.Addr) {
		return
	}
	var room [MaxText]byte
	text, ok := Clean(room[:0], a.Owner)
	if !ok || !ofLink(text, n.open.via) {
		return
	}
	if a.TTL == 0 { // a goodbye (RFC 6762 section 10.1)
		n.Answers.Withdraw(0, &a.Addr)
		return
	}
	name := n.name(text, n.open.private, true)
	n.Answers.Learn(0, &a.Addr, name, a.TTL, n.open.at)
	n.Pool.Release(name)
}

// ofLink reports whether a name belongs to the link: below local for mDNS
// (RFC 6762 section 3), of a single label for LLMNR.
func ofLink(name []byte, via Via) bool {
	dots := 0
	for _, c := range name {
		if c == '.' {
			dots++
		}
	}
	const local = ".local"
	if via == LLMNR {
		return dots == 0
	}
	return len(name) > len(local) && string(name[len(name)-len(local):]) == local
}

// useful reports whether a flow can go to an address: blocking resolvers answer
// with the unspecified address or that of the host itself.
func useful(a *packet.Addr) bool {
	ip := a.IP()
	return !ip.IsUnspecified() && !ip.IsLoopback() && !ip.IsMulticast()
}
