package uci

import (
	"strconv"
	"strings"
)

// parseFamily reads option family: 4, 6, or 0 for both and for none given.
func parseFamily(text string) (family uint8, ok bool) {
	switch {
	case text == "", text == "any", text == "all", text == "*":
		return 0, true
	case text == "inet", strings.Contains(text, "4"):
		return 4, true
	case strings.Contains(text, "6"):
		return 6, true
	}
	return 0, false
}

// targets are what a rule may do, in the order in which a shortened word is
// looked up.
var targets = []string{"accept", "reject", "drop", "notrack", "helper", "mark", "dscp", "dnat", "snat", "masquerade"}

// parseTarget reads what a rule does. Any case and any beginning will do.
func parseTarget(text string) (target string, ok bool) {
	for _, t := range targets {
		if text != "" && strings.HasPrefix(t, strings.ToLower(text)) {
			return t, true
		}
	}
	return "", false
}

// portRange is what the firewall takes for a port.
type portRange struct {
	first, last uint16
	not         bool // all but these
}

func parsePortRange(text string) (p portRange, ok bool) {
	text, p.not = cutNot(text)
	first, last := text, text
	if i := strings.IndexAny(text, "-:"); i >= 0 {
		first, last = text[:i], text[i+1:]
	}
	a, errA := strconv.ParseUint(first, 10, 16)
	b, errB := strconv.ParseUint(last, 10, 16)
	p.first, p.last = uint16(a), uint16(b)
	return p, errA == nil && errB == nil && a <= b
}

// ranges returns the ports that a list of ranges matches, none for an empty one:
// those that are named and not excepted, or all that are not excepted.
func ranges(list []portRange) []portRange {
	var named, free []portRange
	free = append(free, portRange{first: 0, last: 65535})
	for _, p := range list {
		if !p.not {
			named = append(named, p)
			continue
		}
		free = without(free, p)
	}
	if len(named) == 0 {
		return free
	}
	var all []portRange
	for _, n := range named {
		for _, f := range free {
			if first, last := max(n.first, f.first), min(n.last, f.last); first <= last {
				all = append(all, portRange{first: first, last: last})
			}
		}
	}
	return all
}

// without returns what is left of ranges without those of one.
func without(list []portRange, p portRange) []portRange {
	var left []portRange
	for _, r := range list {
		if r.last < p.first || p.last < r.first {
			left = append(left, r)
			continue
		}
		if r.first < p.first {
			left = append(left, portRange{first: r.first, last: p.first - 1})
		}
		if p.last < r.last {
			left = append(left, portRange{first: p.last + 1, last: r.last})
		}
	}
	return left
}

// IANA protocol numbers that the firewall treats in their own ways.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
)

// protocolNames are those that nft knows by itself or by /etc/protocols.
var protocolNames = map[string]uint8{
	"icmp": protoICMP, "igmp": 2, "ipencap": 4, "ipip": 4, "tcp": protoTCP, "egp": 8, "udp": protoUDP, "dccp": 33,
	"ipv6": 41, "rsvp": 46, "gre": 47, "esp": 50, "ipsec-esp": 50, "ah": 51, "ipsec-ah": 51, "icmpv6": protoICMPv6,
	"ipv6-icmp": protoICMPv6, "ospf": 89, "ospfigp": 89, "pim": 103, "comp": 108, "ipcomp": 108, "vrrp": 112, "l2tp": 115,
	"sctp": 132, "udplite": 136,
}

// protocols are what a rule's option proto matches.
type protocols struct {
	all  bool // without a look at ports
	list [256]bool
}

// parseProtocols reads the words of option proto.
func parseProtocols(words []string) (p protocols, ok bool) {
	for _, word := range words {
		word, not := cutNot(strings.ToLower(word))
		switch word {
		case "all", "any", "*":
			p.all = true
			continue
		case "tcpudp":
			p.add(protoTCP, not)
			p.add(protoUDP, not)
			continue
		}
		number, known := protocolNames[word]
		if !known {
			n, err := strconv.ParseUint(word, 10, 8)
			if err != nil {
				return p, false
			}
			number = uint8(n)
		}
		p.add(number, not)
	}
	return p, true
}

// add adds one protocol, or all others: the firewall makes a rule for each word,
// and what any of them matches is matched.
func (p *protocols) add(number uint8, not bool) {
	if !not {
		p.list[number] = true
		return
	}
	for n := range p.list {
		p.list[n] = p.list[n] || n != int(number)
	}
}

// match is a part of a rule: protocols and one range of ports.
type match struct {
	proto       []uint8 // nil for all; nobody writes to it
	first, last uint16
	ported      bool // TCP and UDP alone
}

// matches returns what a rule of one family (0 for both) matches. If split, that
// is TCP and UDP with each of the ports, and the other protocols, which have
// none; else all of them without a look at ports.
func (p *protocols) matches(family uint8, ports []portRange, split bool) []match {
	if p.all {
		return []match{{last: 65535}}
	}
	list := p.list
	if list[protoICMP] { // the name stands for that of the family
		list[protoICMP] = family != 6
		list[protoICMPv6] = list[protoICMPv6] || family != 4
	}
	var ported, rest []uint8
	for n, in := range list {
		switch {
		case !in:
		case split && (n == protoTCP || n == protoUDP):
			ported = append(ported, uint8(n))
		default:
			rest = append(rest, uint8(n))
		}
	}
	var all []match
	if len(ported) > 0 {
		for _, r := range ranges(ports) {
			all = append(all, match{ported, r.first, r.last, true})
		}
	}
	if len(rest) > 0 {
		all = append(all, match{proto: rest, last: 65535})
	}
	return all
}
