package resolve

import (
	"bytes"
	"io"
	"net/netip"
	"os"
	"sync"
	"time"
)

// ResolvConf is where a system says whom it asks (resolv.conf(5)).
const ResolvConf = "/etc/resolv.conf"

// Bounds of what is read of it: as many servers as libc takes (MAXNS).
const (
	maxServers    = 3
	maxResolvConf = 4096
	portDNS       = 53
)

// rereadAfter is how long servers are believed to be the same: they change when
// a line comes up, and nobody tells.
const rereadAfter = time.Minute

// here is the resolver of this machine.
var here = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), portDNS)

// Nameservers returns the servers of a resolv.conf, at most three, or this machine
// when there are none, as libc does, or no such file can be read.
func Nameservers(path string) []netip.AddrPort {
	var all []netip.AddrPort
	if f, err := os.Open(path); err == nil {
		defer f.Close()
		// What cannot be read is not there; what was read of it counts.
		b, _ := io.ReadAll(io.LimitReader(f, maxResolvConf))
		all = parseResolvConf(b)
	}
	if len(all) == 0 {
		all = append(all, here)
	}
	return all
}

func parseResolvConf(b []byte) (all []netip.AddrPort) {
	for line := range bytes.Lines(b) {
		words := bytes.Fields(line)
		if len(words) < 2 || string(words[0]) != "nameserver" || len(all) == maxServers {
			continue
		}
		if a, err := netip.ParseAddr(string(words[1])); err == nil {
			all = append(all, netip.AddrPortFrom(a, portDNS))
		}
	}
	return all
}

// servers are those in force.
type servers struct {
	list func() []netip.AddrPort
	mu   sync.Mutex
	all  []netip.AddrPort
	read time.Time
}

// now returns the servers to ask. The slice is not written any more.
func (s *servers) now() []netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := time.Now(); s.read.IsZero() || at.Sub(s.read) >= rereadAfter {
		s.all, s.read = nil, at
		if s.list != nil {
			s.all = s.list()
		}
		if s.all = s.all[:min(len(s.all), maxServers)]; len(s.all) == 0 {
			s.all = []netip.AddrPort{here}
		}
	}
	return s.all
}
