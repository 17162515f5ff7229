package daemon

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"weir/internal/link"
	"weir/internal/source/conntrack"
	"weir/uci"
)

// capNetRaw is the number of CAP_NET_RAW in linux/capability.h.
const capNetRaw = 13

// errNoRaw is why packets cannot be captured.
var errNoRaw = errors.New("it lacks CAP_NET_RAW; run it as root or grant its user that capability")

// procfs is where the kernel tells about itself, /proc but in tests.
type procfs string

// switched reports whether a kernel parameter is there and not 0.
func (p procfs) switched(name string) bool {
	b, err := os.ReadFile(filepath.Join(string(p), "sys", name))
	return err == nil && strings.TrimSpace(string(b)) != "0"
}

// forwards reports whether packets of either version are forwarded.
func (p procfs) forwards() bool {
	return p.switched("net/ipv4/ip_forward") || p.switched("net/ipv6/conf/all/forwarding")
}

// bridgedTracked reports whether bridged packets pass connection tracking, too
// (br_netfilter). One version is enough to say so: a byte that is missing is
// seen in coverage, one that is counted twice nowhere.
func (p procfs) bridgedTracked() bool {
	return p.switched("net/bridge/bridge-nf-call-iptables") || p.switched("net/bridge/bridge-nf-call-ip6tables")
}

// mayCapture returns nil when this process has CAP_NET_RAW, or when that cannot
// be found out.
func (p procfs) mayCapture() error {
	var err error
	p.lines("self/status", func(f []string) {
		if len(f) != 2 || f[0] != "CapEff:" {
			return
		}
		if caps, bad := strconv.ParseUint(f[1], 16, 64); bad == nil && caps>>capNetRaw&1 == 0 {
			err = errNoRaw
		}
	})
	return err
}

// Fields of /proc/net/route (net/ipv4/fib_trie.c) and /proc/net/ipv6_route
// (net/ipv6/route.c), and RTF_REJECT of linux/route.h.
const (
	routeFields  = 11
	route6Fields = 10
	rtfReject    = 0x200
)

// defaultRoutes returns the devices that lead anywhere, each once, those for IPv4
// first.
func (p procfs) defaultRoutes() []string {
	var devices []string
	add := func(device, flags string) {
		n, err := strconv.ParseUint(flags, 16, 32)
		if err == nil && n&rtfReject == 0 && device != "lo" && !slices.Contains(devices, device) {
			devices = append(devices, device)
		}
	}
	p.lines("net/route", func(f []string) {
		if len(f) >= routeFields && f[1] == "00000000" && f[7] == "00000000" {
			add(f[0], f[3])
		}
	})
	p.lines("net/ipv6_route", func(f []string) {
		if len(f) == route6Fields && strings.Trim(f[0]+f[1], "0") == "" {
			add(f[9], f[8])
		}
	})
	return devices
}

// lines calls f with the words of each line of a file.
func (p procfs) lines(name string, f func(words []string)) {
	file, err := os.Open(filepath.Join(string(p), name))
	if err != nil {
		return
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		f(strings.Fields(lines.Text()))
	}
}

// quick are the facts that cost next to nothing to look at and change by hand.
type quick struct{ forwards, accounting, bridged bool }

func (p procfs) quick() quick {
	return quick{p.forwards(), p.switched("net/netfilter/nf_conntrack_acct"), p.bridgedTracked()}
}

// facts looks at everything that the mode is chosen from.
func (d *Daemon) facts(cfg *uci.Config) *facts {
	f := &facts{
		want: cfg.Main.Source, ports: cfg.Main.CapturePorts,
		tracking: conntrack.Look(), forwards: d.proc.forwards(), capture: d.proc.mayCapture(), bridged: d.proc.bridgedTracked(),
		software: cfg.Router.Offload.Software, hardware: cfg.Router.Offload.Hardware,
		cores: runtime.NumCPU(), wordBits: strconv.IntSize,
	}
	f.tables, f.tablesErr = link.Flowtables()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, u := range d.ways(cfg) {
		f.uplinks = append(f.uplinks, u.name)
	}
	watched, _ := watchedOf(cfg)
	for _, w := range watched {
		if !w.uplink {
			f.lan = append(f.lan, w.device)
		}
	}
	f.mirror = unaddressed(d.links, f.lan)
	return f
}

// unaddressed returns the first device when none of those that exist has an
// address of its own but link-local ones: what a mirror port looks like. A device
// that does not exist yet may still get one.
func unaddressed(s *link.State, devices []string) string {
	if s == nil {
		return ""
	}
	first := ""
	for _, name := range devices {
		l, ok := s.ByName(name)
		if !ok || !l.Up {
			return ""
		}
		for _, a := range s.Addresses(l.Index) {
			if a.Prefix.Addr().IsGlobalUnicast() {
				return ""
			}
		}
		if first == "" {
			first = name
		}
	}
	return first
}
