package uci

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

// MAC is a hardware address.
type MAC [6]byte

// String returns the address in upper case with colons.
func (m MAC) String() string {
	return fmt.Sprintf("%02X:%02X:%02X:%02X:%02X:%02X", m[0], m[1], m[2], m[3], m[4], m[5])
}

// macs accepts colons, dashes or nothing between the pairs, as labels and
// other systems print them.
func macs(field *[]MAC) value {
	return list(field, codec[MAC]{
		allow:  "a hardware address (00:11:22:AA:BB:CC)",
		parse:  parseMAC,
		format: MAC.String,
	})
}

func parseMAC(text string) (m MAC, err error) {
	refused := errors.New("is not a hardware address")
	for _, separator := range []string{":", "-"} {
		if pairs := strings.Split(text, separator); len(pairs) == len(m) {
			for i, pair := range pairs {
				if pair == "" || len(pair) > 2 {
					return m, refused
				}
				pairs[i] = ("00" + pair)[len(pair):] // some systems leave a 0 out
			}
			text = strings.Join(pairs, "")
		}
	}
	if len(text) != 2*len(m) {
		return m, refused
	}
	if _, err := hex.Decode(m[:], []byte(text)); err != nil {
		return m, refused
	}
	if m == (MAC{}) || m[0]&1 != 0 {
		return m, errors.New("is the address of no single device")
	}
	return m, nil
}

// addresses are single IP addresses.
func addresses(field *[]netip.Addr) value {
	return list(field, codec[netip.Addr]{
		allow: "an IPv4 or IPv6 address",
		parse: func(text string) (netip.Addr, error) {
			a, err := netip.ParseAddr(text)
			if err != nil || a.Zone() != "" {
				return a, errors.New("is not an IP address")
			}
			return a.Unmap(), nil
		},
		format: netip.Addr.String,
	})
}

// prefixes are networks: CIDR, address/netmask, or one address.
func prefixes(field *[]netip.Prefix) value {
	return list(field, codec[netip.Prefix]{
		allow:  "a network (192.168.1.0/24, 10.0.0.0/255.0.0.0, fd00::/8) or one address",
		parse:  parsePrefix,
		format: netip.Prefix.String,
	})
}

// parsePrefix clears the host bits: 192.168.1.1/24 means its network.
func parsePrefix(text string) (netip.Prefix, error) {
	host, mask, ok := strings.Cut(text, "/")
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, errors.New("is not a network")
	}
	addr = addr.Unmap()
	if !ok {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	length, err := parseMask(mask, addr)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(addr, length).Masked(), nil
}

// parseMask reads a prefix length, or the netmask of an IPv4 network.
func parseMask(text string, addr netip.Addr) (int, error) {
	if mask, err := netip.ParseAddr(text); err == nil && mask.Is4() && addr.Is4() {
		b := mask.As4()
		n := binary.BigEndian.Uint32(b[:])
		length := bits.LeadingZeros32(^n)
		if n<<length != 0 {
			return 0, errors.New("has a netmask with holes")
		}
		return length, nil
	}
	length, err := strconv.ParseUint(text, 10, 8)
	if err != nil {
		return 0, errors.New("is not a network")
	}
	if int(length) > addr.BitLen() {
		return 0, fmt.Errorf("has a prefix longer than %d", addr.BitLen())
	}
	return int(length), nil
}

// listen is an address to listen on; without a host it means every address.
func listen(field *string) value { return scalar(field, listenCodec()) }

func listenList(field *[]string) value { return list(field, listenCodec()) }

func listenCodec() codec[string] {
	return stringCodec("address:port (192.168.1.1:3000, [fd00::1]:3000, :3000 for every address)", func(s string) error {
		return checkHostPort(s, true)
	})
}

// target is a host and port to send to.
func target(field *string) value {
	return scalar(field, stringCodec("host:port (192.168.1.2:2055, collector.lan:2055)", func(s string) error {
		return checkHostPort(s, false)
	}))
}

func checkHostPort(s string, emptyHost bool) error {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return errors.New("has no port")
	}
	host, port := s[:i], s[i+1:]
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return errors.New("has no port from 1 to 65535")
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		if a, err := netip.ParseAddr(inner); !ok || err != nil || !a.Is6() {
			return errors.New("has no IPv6 address in its brackets")
		}
		return nil
	}
	switch {
	case strings.Contains(host, ":"):
		return errors.New("has an IPv6 address without brackets")
	case host == "" && emptyHost:
		return nil
	case len(host) > 253 || !validHost(host):
		return errors.New("has no valid host")
	}
	return nil
}

// Ports is a range of ports of one protocol.
type Ports struct {
	Proto       string // "tcp", "udp" or "" for both
	First, Last uint16 // inclusive
}

func (p Ports) String() string {
	s := strconv.Itoa(int(p.First))
	if p.Last != p.First {
		s += "-" + strconv.Itoa(int(p.Last))
	}
	if p.Proto != "" {
		s = p.Proto + "/" + s
	}
	return s
}

func ports(field *[]Ports) value {
	return list(field, codec[Ports]{
		allow:  "a port or range of ports (443, tcp/443, udp/6881-6889)",
		parse:  parsePorts,
		format: Ports.String,
	})
}

func parsePorts(text string) (p Ports, err error) {
	rest := text
	if proto, after, ok := strings.Cut(text, "/"); ok {
		p.Proto, rest = strings.ToLower(proto), after
		if p.Proto != "tcp" && p.Proto != "udp" {
			return p, errors.New("has a protocol other than tcp and udp")
		}
	}
	first, last, ranged := strings.Cut(rest, "-")
	if !ranged {
		last = first
	}
	a, errA := strconv.ParseUint(first, 10, 16)
	b, errB := strconv.ParseUint(last, 10, 16)
	if errA != nil || errB != nil || a == 0 || b < a {
		return p, errors.New("is not a range of ports")
	}
	p.First, p.Last = uint16(a), uint16(b)
	return p, nil
}
