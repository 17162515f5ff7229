package openwrt

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is read.
const (
	MaxLeaseFile = 256 << 10 // bytes of one file
	MaxLeases    = 1024      // of all files of one call
	MaxLeaseName = 64        // bytes; miniupnpd itself keeps no more
)

// PortLease is a port that miniupnpd opened: a mapping (IPv4), or a pinhole
// (IPv6), which translates nothing.
type PortLease struct {
	Proto      uint8      // IANA protocol number
	Outside    uint16     // the port outside; of a pinhole TargetPort
	Target     netip.Addr // who asked for it, mostly
	TargetPort uint16     // 0 for all ports, which only a pinhole may open
	// Remote is the only sender that a pinhole lets through: its address is
	// invalid for any, its port 0 for any.
	Remote  netip.AddrPort
	Expires time.Time // zero for never, and of a pinhole: what its file says is no time
	Name    string    // as the program that asked calls it: printable, valid UTF-8
	PCP     bool      // asked for by NAT-PMP or PCP, as far as Name tells; else by UPnP
}

// PortLeases is what [ReadPortLeases] found.
type PortLeases struct {
	Leases    []PortLease // in the order of the files
	Malformed int         // lines that are no lease
	Cut       bool        // the files hold more than is read
}

// ReadPortLeases reads lease files of miniupnpd: its lease_file with mappings,
// its lease_file6 with pinholes, in any order. A file that is missing holds none.
// The error tells of files that could not be read; what the others hold is
// returned all the same.
func ReadPortLeases(paths ...string) (PortLeases, error) {
	var all PortLeases
	var errs []error
	for _, path := range paths {
		text, cut, written, err := readLines(path, MaxLeaseFile)
		if err != nil {
			errs = append(errs, fmt.Errorf("read port leases %s: %w", path, err))
		}
		all.Cut = all.Cut || cut
		all.add(text, written)
	}
	return all, errors.Join(errs...)
}

// add reads the leases of one file's text.
func (l *PortLeases) add(text []byte, written time.Time) {
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			continue
		}
		lease, ok := parseLease(string(line), written)
		switch {
		case !ok:
			l.Malformed++
		case len(l.Leases) == MaxLeases:
			l.Cut = true
		default:
			l.Leases = append(l.Leases, lease)
		}
	}
}

// parseLease reads a line of either file; what parts its fields tells which.
func parseLease(line string, written time.Time) (PortLease, bool) {
	i := strings.IndexAny(line, ":;")
	switch {
	case i < 0:
		return PortLease{}, false
	case line[i] == ':':
		return parseMapping(line, written)
	}
	return parsePinhole(line)
}

// parseMapping reads what lease_file_add of miniupnpd's upnpredirect.c writes:
//
//	PROTO:OUTSIDE:TARGET:TARGETPORT:EXPIRES:NAME
func parseMapping(line string, written time.Time) (l PortLease, ok bool) {
	f := strings.SplitN(line, ":", 6) // the name may hold colons
	if len(f) != 6 {
		return l, false
	}
	proto, protoOK := parseProto(f[0])
	outside, outsideOK := parsePort(f[1])
	target, err := netip.ParseAddr(f[2])
	inside, insideOK := parsePort(f[3])
	seconds, secondsErr := strconv.ParseUint(f[4], 10, 32)
	if !protoOK || !outsideOK || outside == 0 || err != nil || !target.Is4() || !insideOK || inside == 0 || secondsErr != nil {
		return l, false
	}
	l = PortLease{Proto: proto, Outside: outside, Target: target, TargetPort: inside, Expires: expiry(int64(seconds), written)}
	l.name(f[5])
	return l, true
}

// parsePinhole reads what lease_file6_add of miniupnpd's upnppinhole.c writes:
//
//	PROTO;TARGET;TARGETPORT;REMOTE;REMOTEPORT;ID;EXPIRES;NAME
//
// EXPIRES is a wall time less the seconds since the machine started, which is no
// time at all.
func parsePinhole(line string) (l PortLease, ok bool) {
	f := strings.SplitN(line, ";", 8)
	if len(f) != 8 {
		return l, false
	}
	proto, protoOK := parseProto(f[0])
	target, err := netip.ParseAddr(f[1])
	port, portOK := parsePort(f[2])
	remotePort, remoteOK := parsePort(f[4])
	if !protoOK || err != nil || !isIPv6(target) || !portOK || !remoteOK {
		return l, false
	}
	var remote netip.Addr
	if f[3] != "" {
		if remote, err = netip.ParseAddr(f[3]); err != nil || !isIPv6(remote) {
			return l, false
		}
	}
	l = PortLease{Proto: proto, Outside: port, Target: target, TargetPort: port, Remote: netip.AddrPortFrom(remote, remotePort)}
	l.name(f[7])
	return l, true
}

func parseProto(text string) (uint8, bool) {
	switch strings.ToUpper(text) {
	case "TCP":
		return 6, true
	case "UDP":
		return 17, true
	case "UDPLITE":
		return 136, true
	}
	return 0, false
}

func parsePort(text string) (uint16, bool) {
	n, err := strconv.ParseUint(text, 10, 16)
	return uint16(n), err == nil
}

func isIPv6(a netip.Addr) bool { return a.Is6() && !a.Is4In6() && a.Zone() == "" }

// firstTime parts the two things that a mapping's expiry can be: below it are
// seconds that remained when the line was written (miniupnpd built with
// LEASEFILE_USE_REMAINING_TIME), above it seconds since the Unix epoch.
const firstTime = 1e9 // September 2001

// expiry returns when a mapping ends. Of what remained only the time of the last
// line's writing is known, which may be later.
func expiry(seconds int64, written time.Time) time.Time {
	switch {
	case seconds == 0:
		return time.Time{}
	case seconds < firstTime:
		return written.Add(time.Duration(seconds) * time.Second)
	}
	return time.Unix(seconds, 0)
}

// name keeps what can be shown of a name: any host of the house may have chosen
// it.
func (l *PortLease) name(text string) {
	l.PCP = strings.HasPrefix(text, "NAT-PMP ") || strings.HasPrefix(text, "PCP ")
	var b strings.Builder
	for _, r := range strings.TrimSpace(text) {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			continue
		}
		if b.Len()+utf8.RuneLen(r) > MaxLeaseName {
			break
		}
		b.WriteRune(r)
	}
	l.Name = strings.TrimSpace(b.String())
}
