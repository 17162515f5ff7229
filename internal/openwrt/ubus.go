package openwrt

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"weir/internal/packet"
	"weir/internal/ubus"
)

// Bounds of what is taken of a reply over ubus.
const (
	MaxReplyRows = 4096 // rows of one reply; further ones are left out
	MaxReplyText = 128  // bytes of a name; a longer one is cut
)

// Caller calls methods of objects on ubus: a [ubus.Client] or [ubus.Bus].
type Caller interface {
	Call(ctx context.Context, object, method string, args ubus.Msg) (ubus.Msg, error)
}

// ask calls a method that always replies: without a reply ubusd dropped it.
func ask(ctx context.Context, c Caller, object, method string, args ubus.Msg) (ubus.Msg, error) {
	reply, err := c.Call(ctx, object, method, args)
	if err == nil && reply == nil {
		err = &ubus.Error{Object: object, Method: method, Status: ubus.NoData}
	}
	return reply, err
}

// Forever is the time of a lease that does not end.
const Forever time.Duration = -1

// DHCPLease is a lease that odhcpd gave out.
type DHCPLease struct {
	Device   string     // the network device it serves, such as br-lan
	MAC      packet.MAC // zero for DHCPv6, which names clients by DUID
	DUID     string     // lower case hex digits; empty for most of DHCPv4
	ClientID string     // of DHCPv4, as dnsmasq wrote it down: lower case hex digits; odhcpd does not tell
	Name     string     // the host name; empty for none
	Addrs    []netip.Addr
	Prefixes []netip.Prefix // delegated
	Left     time.Duration  // until it ends, or Forever
	Static   bool           // set up in /etc/config/dhcp
}

// DHCPv4Leases returns odhcpd's leases; none where odhcpd serves no DHCPv4, or
// is not there.
func DHCPv4Leases(ctx context.Context, c Caller) ([]DHCPLease, error) {
	return dhcpLeases(ctx, c, "ipv4leases")
}

// DHCPv6Leases returns odhcpd's leases of addresses and prefixes; none where
// odhcpd is not there.
func DHCPv6Leases(ctx context.Context, c Caller) ([]DHCPLease, error) {
	return dhcpLeases(ctx, c, "ipv6leases")
}

func dhcpLeases(ctx context.Context, c Caller, method string) ([]DHCPLease, error) {
	reply, err := ask(ctx, c, "dhcp", method, nil)
	if errors.Is(err, ubus.NotFound) || errors.Is(err, ubus.MethodNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var leases []DHCPLease
	for device := range fields(reply.Msg("device")) {
		for row := range fields(device.Msg().Msg("leases")) {
			if len(leases) == MaxReplyRows {
				return leases, nil
			}
			leases = append(leases, dhcpLease(cleanText(string(device.Name)), row.Msg()))
		}
	}
	return leases, nil
}

// dhcpLease reads a row. Older odhcpd calls a DHCPv4 address "ip" and lists
// DHCPv6 addresses and prefixes as texts under "ipv6", with one length for all.
func dhcpLease(device string, m ubus.Msg) DHCPLease {
	l := DHCPLease{
		Device: device, DUID: strings.ToLower(cleanText(m.Text("duid"))), Name: cleanText(m.Text("hostname")), Left: timeLeft(m, "valid"),
	}
	l.MAC, _ = parseMAC(m.Text("mac"))
	for flag := range fields(m.Msg("flags")) {
		l.Static = l.Static || flag.Text() == "static"
	}
	l.add(m.Text("address"), 0)
	l.add(m.Text("ip"), 0)
	length, _ := m.Int("length")
	for a := range fields(m.Msg("ipv6")) {
		l.add(a.Text(), length)
	}
	for _, list := range [...]string{"ipv6-addr", "ipv6-prefix"} {
		for a := range fields(m.Msg(list)) {
			bits, _ := a.Msg().Int("prefix-length")
			l.add(a.Msg().Text("address"), bits)
		}
	}
	return l
}

// add takes an address, or a prefix if bits says so.
func (l *DHCPLease) add(text string, bits int64) {
	a, err := netip.ParseAddr(text)
	switch {
	case err != nil || a.Zone() != "":
	case bits == 0 || bits == int64(a.BitLen()):
		l.Addrs = append(l.Addrs, a)
	case bits > 0 && bits < int64(a.BitLen()):
		l.Prefixes = append(l.Prefixes, netip.PrefixFrom(a, int(bits)))
	}
}

// fields goes through a table or an array.
func fields(m ubus.Msg) func(yield func(ubus.Field) bool) {
	return func(yield func(ubus.Field) bool) {
		for n := 0; n < MaxReplyRows; n++ {
			f, rest, ok := m.Next()
			if !ok || !yield(f) {
				return
			}
			m = rest
		}
	}
}

// timeLeft reads seconds. There is no unsigned type in blobmsg: the largest
// uint32, which stands for no end, arrives as -1.
func timeLeft(m ubus.Msg, name string) time.Duration {
	n, _ := m.Int(name)
	if uint32(n) == 1<<32-1 {
		return Forever
	}
	return time.Duration(uint32(n)) * time.Second
}

// parseMAC reads six octets as hex digits, with colons or without.
func parseMAC(text string) (mac packet.MAC, ok bool) {
	if len(text) == 17 {
		text = strings.ReplaceAll(text, ":", "")
	}
	if len(text) != 2*len(mac) {
		return packet.MAC{}, false
	}
	if _, err := hex.Decode(mac[:], []byte(text)); err != nil {
		return packet.MAC{}, false
	}
	return mac, true
}

// cleanText makes printable, bounded UTF-8 of what others wrote.
func cleanText(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, text)
	if len(text) > MaxReplyText {
		text = strings.ToValidUTF8(text[:MaxReplyText], "")
	}
	return text
}

// prefixOf reads the members address and mask.
func prefixOf(m ubus.Msg) (netip.Prefix, error) {
	a, err := netip.ParseAddr(m.Text("address"))
	if err != nil {
		return netip.Prefix{}, err
	}
	bits, ok := m.Int("mask")
	if !ok || bits < 0 || bits > int64(a.BitLen()) {
		return netip.Prefix{}, fmt.Errorf("mask of %v is %d", a, bits)
	}
	return netip.PrefixFrom(a, int(bits)), nil
}
