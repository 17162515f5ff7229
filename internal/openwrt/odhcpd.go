package openwrt

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// ReadODHCPDLeases reads the lease file of odhcpd, its option leasefile, such as
// /tmp/hosts/odhcpd: leases stand in comments between the lines of a hosts file. A
// file that is missing holds none. now tells what is left of a lease.
func ReadODHCPDLeases(path string, now time.Time) (DHCPLeases, error) {
	return readLeases(path, now, (*DHCPLeases).addState)
}

// addState reads the lines of odhcpd's file.
func (l *DHCPLeases) addState(text []byte, now time.Time) {
	for line := range bytes.Lines(text) {
		f := strings.Fields(string(line))
		if len(f) == 0 || f[0] != "#" {
			continue
		}
		lease, ok := stateLine(f[1:], now)
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

// stateLine reads a line as odhcpd's statefiles.c writes it, without its "#":
//
//	DEVICE DUID|MAC IAID|ipv4 NAME|- EXPIRY ASSIGNED LENGTH ADDRESS/BITS …
//
// EXPIRY is -1 for never and 0 for a lease that has ended. A name that is no host's
// has "broken\x20" before it.
func stateLine(f []string, now time.Time) (l DHCPLease, ok bool) {
	const leastFields = 7
	if len(f) < leastFields {
		return l, false
	}
	expiry, err := strconv.ParseInt(f[4], 10, 64)
	if err != nil {
		return l, false
	}
	l.Device = cleanText(f[0])
	switch {
	case expiry < 0:
		l.Left = Forever
	case expiry > 0:
		l.Left = leaseLeft(expiry, now)
	}
	if name := strings.TrimPrefix(f[3], `broken\x20`); name != "-" {
		l.Name = cleanText(name)
	}
	if f[2] == "ipv4" {
		if l.MAC, ok = parseMAC(f[1]); !ok {
			return l, false
		}
	} else if l.DUID = identifier(f[1]); l.DUID == "" {
		return l, false
	}
	for _, text := range f[leastFields:] {
		a, bits, _ := strings.Cut(text, "/")
		n, err := strconv.ParseUint(bits, 10, 8)
		if err == nil {
			l.add(a, int64(n))
		}
	}
	return l, true
}
