package openwrt

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"weir/internal/packet"
)

// Bounds of the files that tell whose addresses are.
const (
	MaxHostFile  = 256 << 10 // bytes of a file of leases, or of ethers
	MaxHostLines = 4096      // rows of one file
)

// DHCPLeases is what [ReadDHCPLeases] found.
type DHCPLeases struct {
	Leases    []DHCPLease // in the order of the file
	Malformed int         // lines that are no lease
	Cut       bool        // the file holds more than is read
}

// ReadDHCPLeases reads the lease file of dnsmasq, such as /tmp/dhcp.leases: first
// its leases of IPv4, then, behind a line with the server's DUID, those of IPv6. A
// file that is missing holds none. now tells what is left of a lease; one that has
// ended but is still in the file has nothing left.
func ReadDHCPLeases(path string, now time.Time) (DHCPLeases, error) {
	return readLeases(path, now, (*DHCPLeases).add)
}

// readLeases reads a file whose lines add understands.
func readLeases(path string, now time.Time, add func(*DHCPLeases, []byte, time.Time)) (all DHCPLeases, err error) {
	text, cut, _, err := readLines(path, MaxHostFile)
	if err != nil {
		return all, fmt.Errorf("read DHCP leases %s: %w", path, err)
	}
	all.Cut = cut
	add(&all, text, now)
	return all, nil
}

// add reads the lines of a lease file.
func (l *DHCPLeases) add(text []byte, now time.Time) {
	v6 := false
	for line := range bytes.Lines(text) {
		f := strings.Fields(string(line))
		if len(f) == 0 {
			continue
		}
		if len(f) == 2 && f[0] == "duid" {
			v6 = true
			continue
		}
		lease, ok := leaseLine(f, v6, now)
		switch {
		case !ok:
			l.Malformed++
		case len(l.Leases) == MaxHostLines:
			l.Cut = true
		default:
			l.Leases = append(l.Leases, lease)
		}
	}
}

// leaseLine reads a line as lease_update_file of dnsmasq's lease.c writes it:
//
//	EXPIRY MAC ADDRESS NAME|* CLIENTID|*        before the line with the DUID
//	EXPIRY [T]IAID ADDRESS NAME|* DUID|*        behind it
//
// A hardware address that is no Ethernet's has its type before it, as in "06-".
func leaseLine(f []string, v6 bool, now time.Time) (l DHCPLease, ok bool) {
	if len(f) < 5 {
		return l, false
	}
	expiry, err := strconv.ParseUint(f[0], 10, 32)
	a, addrErr := netip.ParseAddr(f[2])
	if err != nil || addrErr != nil || a.Zone() != "" || v6 == a.Is4() {
		return l, false
	}
	l.Addrs, l.Left = []netip.Addr{a}, leaseLeft(int64(expiry), now)
	if f[3] != "*" {
		l.Name = cleanText(f[3])
	}
	id := identifier(f[4])
	if v6 {
		if _, err := strconv.ParseUint(strings.TrimPrefix(f[1], "T"), 10, 32); err != nil {
			return l, false
		}
		l.DUID = id
		return l, true
	}
	if l.MAC, ok = leaseMAC(f[1]); !ok {
		return l, false
	}
	l.ClientID = id
	return l, true
}

// leaseLeft returns what is left of a lease. A dnsmasq for machines without a clock
// writes how long leases are instead of when they end: that tells nothing, like 0,
// which is for ever.
func leaseLeft(expiry int64, now time.Time) time.Duration {
	if expiry < firstTime {
		return Forever
	}
	return max(0, time.Unix(expiry, 0).Sub(now)).Truncate(time.Second)
}

// leaseMAC reads a hardware address with a type before it, or without.
func leaseMAC(text string) (m packet.MAC, ok bool) {
	if kind, rest, typed := strings.Cut(text, "-"); typed && len(kind) == 2 {
		text = rest
	}
	return parseMAC(text)
}

// maxIdentifier is how many bytes of a client ID or DUID are read (RFC 8415 section
// 11.1).
const maxIdentifier = 130

// identifier reads bytes with colons between them, and returns their digits alone,
// in lower case; "" for none and for what is no identifier.
func identifier(text string) string {
	digits := strings.ToLower(strings.ReplaceAll(text, ":", ""))
	if b, err := hex.DecodeString(digits); err != nil || len(b) > maxIdentifier {
		return ""
	}
	return digits
}

// Ether is a line of /etc/ethers: what a hardware address is called, or has as its
// address.
type Ether struct {
	MAC  packet.MAC
	Name string // "" where an address stands
	Addr netip.Addr
}

// ReadEthers reads a file as /etc/ethers, and tells how many of its lines are none.
// A file that is missing holds none.
func ReadEthers(path string) (all []Ether, malformed int, err error) {
	text, _, _, err := readLines(path, MaxHostFile)
	if err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", path, err)
	}
	all, malformed = parseEthers(text)
	return all, malformed, nil
}

func parseEthers(text []byte) (all []Ether, malformed int) {
	for line := range bytes.Lines(text) {
		line, _, _ = bytes.Cut(line, []byte("#"))
		f := strings.Fields(string(line))
		if len(f) == 0 || len(all) == MaxHostLines {
			continue
		}
		e, ok := etherLine(f)
		if !ok {
			malformed++
			continue
		}
		all = append(all, e)
	}
	return all, malformed
}

func etherLine(f []string) (e Ether, ok bool) {
	if len(f) < 2 {
		return e, false
	}
	if e.MAC, ok = looseMAC(f[0]); !ok {
		return e, false
	}
	if a, err := netip.ParseAddr(f[1]); err == nil {
		e.Addr = a.WithZone("")
		return e, true
	}
	e.Name = cleanText(f[1])
	return e, e.Name != ""
}

// looseMAC reads octets of one or two digits, as ether_aton does.
func looseMAC(text string) (m packet.MAC, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) != len(m) {
		return m, false
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 16, 8)
		if err != nil || len(p) > 2 {
			return m, false
		}
		m[i] = byte(n)
	}
	return m, true
}
