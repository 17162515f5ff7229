package api

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"

	"weir/internal/dpi"
	"weir/internal/engine"
	"weir/internal/packet"
)

// later names arguments of the interface that no part of weir can answer yet.
// They are refused rather than ignored: an unfiltered answer to a filtered
// question is a wrong one.
var later = []struct{ name, why string }{
	{"cursor", "lists are paged by offset"},
}

// states are the connection states of Zeek's conn.log.
var states = []string{"S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"}

// scopes are where an address may be.
var scopes = []string{"local", "remote", "multicast", "broadcast", "router"}

// The filters; each method takes those its rows can answer.
var (
	ifaceArg       = Arg{Name: "iface", Type: String, Doc: "interface it was seen on"}
	deviceArg      = Arg{Name: "device", Type: Int, Doc: "device, by its id", Min: 1, Max: 1<<32 - 1}
	ipArg          = Arg{Name: "ip", Type: String, Doc: "address of either end", Form: "an address or a CIDR, as 192.168.1.0/24", parse: parsePrefix}
	macArg         = Arg{Name: "mac", Type: String, Doc: "hardware address of either end", Form: "six bytes in hexadecimal, as 00:11:22:AA:BB:CC", parse: parseMAC}
	vlanArg        = Arg{Name: "vlan", Type: Int, Doc: "802.1Q VLAN", Min: 1, Max: 4094}
	protoArg       = Arg{Name: "proto", Type: String, Doc: "IP protocol", Form: "a name, as tcp or udp, or a number from 0 to 255", parse: parseProto}
	portArg        = Arg{Name: "port", Type: Int, Doc: "port of either end", Min: 1, Max: 65535}
	nameArg        = Arg{Name: "name", Type: String, Doc: "part of a device's or host's name"}
	stateArg       = Arg{Name: "state", Type: String, Doc: "TCP connection state", Values: states}
	ipverArg       = Arg{Name: "ipver", Type: Int, Doc: "IP version", Min: 4, Max: 6, Values: []string{"4", "6"}}
	minBytesArg    = Arg{Name: "min_bytes", Type: Int, Doc: "at least so many bytes, both directions together", Max: MaxInt}
	minDurationArg = Arg{Name: "min_duration", Type: Int, Doc: "at least so many seconds", Max: 1 << 31}
	dirArg         = Arg{Name: "dir", Type: String, Doc: "who opened it: in for a remote host, out for a local one, local between two local ones", Values: []string{"in", "out", "local"}}
	countryArg     = Arg{Name: "country", Type: String, Doc: "country of the far end", Form: "two letters, as DE", parse: parseCountry}
	asnArg         = Arg{Name: "asn", Type: Int, Doc: "autonomous system of the far end, by its number", Min: 1, Max: 1<<32 - 1}
	offloadArg     = Arg{Name: "offload", Type: String, Doc: "what forwards it", Values: []string{"none", "software", "hardware"}}
	uplinkArg      = Arg{Name: "uplink", Type: String, Doc: "the way out of the house that it takes"}
	textArg        = Arg{Name: "text", Type: String, Doc: "part of any text or address of the row"}
	scopeArg       = Arg{Name: "scope", Type: String, Doc: "where the address is", Values: scopes}
	networkArg     = Arg{Name: "network", Type: String, Doc: "network, as configured, that it is in or, of what is outside, that leads there"}
	zoneArg        = Arg{Name: "zone", Type: String, Doc: "zone of the firewall that this is in; router for this machine"}
	onlineArg      = Arg{Name: "online", Type: Bool, Doc: "true: only devices that are online"}
)

// The part of a list that is wanted.
var (
	limitArg  = Arg{Name: "limit", Type: Int, Doc: "rows at most", Default: int64(50), Min: 1, Max: engine.MaxRows}
	offsetArg = Arg{Name: "offset", Type: Int, Doc: "rows to skip", Default: int64(0), Max: 1 << 20}
)

// flowFilters narrow methods whose rows are made of flows.
var flowFilters = []Arg{
	ifaceArg, deviceArg, ipArg, macArg, vlanArg, appArg, categoryArg, protocolArg, hostArg, protoArg, portArg, nameArg, stateArg,
	ipverArg, minBytesArg, minDurationArg, dirArg, uplinkArg, offloadArg, countryArg, asnArg, networkArg, zoneArg, scopeArg, textArg,
}

// paging returns filters followed by the arguments that page a list sorted by
// one of sorts, the first by default.
func paging(sorts []string, filters ...Arg) []Arg {
	return append(slices.Clone(filters), limitArg, offsetArg,
		Arg{Name: "sort", Type: String, Doc: "what to sort by", Default: sorts[0], Values: sorts},
		Arg{Name: "desc", Type: Bool, Doc: "largest first; by default only names, addresses and ports begin with the smallest"},
	)
}

// ascending are the sort keys whose small values are the interesting ones.
var ascending = []string{"client", "server", "port", "app", "category", "host", "proto", "ip", "name", "scope", "network", "zone", "key"}

func pageOf(a Args) engine.Page {
	sort := arg[string](a, "sort")
	desc, given := a["desc"].(bool)
	if !given {
		desc = !slices.Contains(ascending, sort)
	}
	return engine.Page{Sort: sort, Desc: desc, Limit: int(arg[int64](a, "limit")), Offset: int(arg[int64](a, "offset"))}
}

func filterOf(a Args) engine.Filter {
	proto, hasProto := a["proto"].(uint8)
	f := engine.Filter{
		Interface:   arg[string](a, "iface"),
		Device:      uint32(arg[int64](a, "device")),
		IP:          arg[netip.Prefix](a, "ip"),
		MAC:         arg[string](a, "mac"),
		VLAN:        uint16(arg[int64](a, "vlan")),
		App:         arg[string](a, "app"),
		Service:     arg[string](a, "protocol"),
		Category:    arg[string](a, "category"),
		Host:        arg[string](a, "host"),
		Proto:       proto,
		HasProto:    hasProto,
		Port:        uint16(arg[int64](a, "port")),
		Name:        arg[string](a, "name"),
		State:       arg[string](a, "state"),
		IPVersion:   uint8(arg[int64](a, "ipver")),
		MinBytes:    uint64(arg[int64](a, "min_bytes")),
		MinDuration: arg[int64](a, "min_duration") * 1e6,
		Dir:         arg[string](a, "dir"),
		Uplink:      arg[string](a, "uplink"),
		Offload:     arg[string](a, "offload"),
		Text:        arg[string](a, "text"),
		Scope:       arg[string](a, "scope"),
		Network:     arg[string](a, "network"),
		Zone:        arg[string](a, "zone"),
		Online:      arg[bool](a, "online"),
		ASN:         uint32(arg[int64](a, "asn")),
	}
	copy(f.Country[:], arg[string](a, "country"))
	return f
}

func parseCountry(s string) (any, error) {
	if len(s) != 2 || !isLetter(s[0]) || !isLetter(s[1]) {
		return nil, errors.New(quote(s) + " is not a country")
	}
	return strings.ToUpper(s), nil
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func parsePrefix(s string) (any, error) {
	if !strings.Contains(s, "/") {
		ip, err := netip.ParseAddr(s)
		if err != nil || ip.Zone() != "" {
			return nil, errors.New(quote(s) + " is not an address")
		}
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return nil, errors.New(quote(s) + " is not a CIDR")
	}
	return p.Masked(), nil
}

func parseAddr(s string) (any, error) {
	ip, err := netip.ParseAddr(s)
	if err != nil || ip.Zone() != "" {
		return nil, errors.New(quote(s) + " is not an address")
	}
	return ip.Unmap(), nil
}

func parseMAC(s string) (any, error) {
	mac, err := net.ParseMAC(s)
	if err != nil || len(mac) != 6 {
		return nil, errors.New(quote(s) + " is not a hardware address")
	}
	return strings.ToUpper(mac.String()), nil
}

func parseProto(s string) (any, error) {
	n, ok := packet.ParseProto(strings.ToLower(s))
	if _, above := dpi.ParseProtocol(s); above && !ok {
		return nil, errors.New(quote(s) + " is a protocol above IP, which the argument protocol takes")
	}
	if !ok {
		return nil, errors.New(quote(s) + " is not an IP protocol")
	}
	return n, nil
}
