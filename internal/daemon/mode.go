package daemon

import (
	"errors"
	"fmt"
	"strings"

	"weir/internal/api"
	"weir/internal/link"
	"weir/internal/source/conntrack"
	"weir/uci"
)

// facts are what the mode of observation is chosen from.
type facts struct {
	want      uci.Mode        // option source
	ports     uci.Choice      // option capture_ports
	tracking  conntrack.Facts // what connection tracking can do
	lan       []string        // devices of the house that are to be watched
	uplinks   []string        // networks or devices that lead outside
	forwards  bool            // packets are forwarded at all
	mirror    string          // the device of lan that has no address, as behind a mirror port, "" for none
	capture   error           // why weir may not capture, nil when it may
	tables    []link.Flowtable
	tablesErr error // why they are not known
	software  bool  // flow offload is switched on in the firewall's configuration
	hardware  bool  // and is to be done in hardware
	cores     int
	wordBits  int  // of the program: 32 on small routers
	bridged   bool // bridged packets pass connection tracking
}

// choice is how traffic is observed, and why.
type choice struct {
	mode     uci.Mode // never ModeAuto
	why      string
	ports    bool // capture the ports of bridges
	bridged  bool // connection tracking sees what is bridged, too
	budget   int  // naming frames a second, 0 for the default
	problems []api.Problem
}

// smallBudget is how many naming frames a second a 32-bit core is to look at:
// some 50 µs each on a MIPS of 580 MHz are 5 % of it.
const smallBudget = 1000

// choose decides how traffic is observed. It is a pure function.
func choose(f *facts) choice {
	c := choice{mode: f.want, why: "as configured"}
	obstacle, advice := f.untracked()
	switch {
	case f.want == uci.ModeAuto:
		c.mode, c.why = f.suits(obstacle)
	case f.want == uci.ModeHybrid && obstacle != "" && f.capture == nil:
		c.mode, c.why = uci.ModePackets, "hybrid is configured, but "+obstacle
	case f.want == uci.ModeHybrid && (f.capture != nil || len(f.lan) == 0):
		c.mode, c.why = uci.ModeConntrack, "hybrid is configured, but "+f.uncaptured()
	}
	c.ports = f.ports == uci.On || f.ports == uci.Auto && (c.mode == uci.ModeHybrid || f.offloads())
	c.bridged = f.bridged && c.mode == uci.ModeHybrid
	if f.wordBits == 32 {
		c.budget = smallBudget * f.cores
	}
	f.complain(&c, obstacle, advice)
	return c
}

// suits returns the mode that suits the machine: hybrid where it routes and
// connection tracking counts, packets elsewhere.
func (f *facts) suits(obstacle string) (uci.Mode, string) {
	if reason := f.unrouted(); reason != "" {
		return uci.ModePackets, reason
	}
	routes := "this machine routes to " + strings.Join(f.uplinks, " and ")
	switch {
	case obstacle != "":
		return uci.ModePackets, routes + ", but " + obstacle
	case f.capture != nil || len(f.lan) == 0:
		return uci.ModeConntrack, routes + " and connection tracking counts, but " + f.uncaptured()
	case f.offloads():
		return uci.ModeHybrid, routes + " with flow offload, which only connection tracking can count; packets give the names"
	}
	return uci.ModeHybrid, routes + " and connection tracking counts; packets give the names"
}

// unrouted says why this is no router, "" when it is one.
func (f *facts) unrouted() string {
	switch {
	case !f.forwards:
		return "this machine does not route: ip_forward is 0"
	case len(f.uplinks) == 0:
		return "no uplink is known: option wan is not set, no zone of the firewall is masqueraded, and no other device has a default route"
	case f.mirror != "":
		return f.mirror + " has no address, as behind a mirror port"
	}
	return ""
}

// uncaptured says why nothing is captured.
func (f *facts) uncaptured() string {
	if f.capture != nil {
		return "weir may not capture: " + f.capture.Error()
	}
	return "no device of the house is configured to be captured"
}

// untracked says why connection tracking cannot count, and that with its remedy;
// nothing when it can.
func (f *facts) untracked() (obstacle, advice string) {
	t := &f.tracking
	switch {
	case errors.Is(t.Err, conntrack.ErrNoTracking):
		obstacle = "the kernel does not track connections"
	case errors.Is(t.Err, conntrack.ErrNoNetlink):
		obstacle = "the kernel does not tell about connections without nf_conntrack_netlink"
	case errors.Is(t.Err, conntrack.ErrNoRight):
		obstacle = "weir may not read connection tracking"
	case t.Err != nil:
		obstacle = "connection tracking cannot be read"
	case !t.Accounting:
		return "connection tracking does not count: nf_conntrack_acct is 0",
			"connection tracking does not count; run `sysctl -w net.netfilter.nf_conntrack_acct=1`, and add it to /etc/sysctl.conf: connections from then on are counted"
	default:
		return "", ""
	}
	return obstacle, t.Err.Error()
}

// offloads reports whether connections can take a way past the bridge.
func (f *facts) offloads() bool { return len(f.tables) > 0 || f.software || f.hardware }

// inHardware reports whether they can take one past the processor.
func (f *facts) inHardware() bool {
	for i := range f.tables {
		if f.tables[i].Hardware {
			return true
		}
	}
	return f.hardware
}

// complain adds what keeps the numbers from being right.
func (f *facts) complain(c *choice, obstacle, advice string) {
	warn := func(option, format string, args ...any) {
		c.problems = append(c.problems, api.Problem{Section: "main", Option: option, Warning: true, Message: fmt.Sprintf(format, args...)})
	}
	switch {
	case obstacle == "":
	case c.mode == uci.ModeConntrack:
		warn("source", "nothing is counted: %s", advice)
	case f.want == uci.ModeHybrid || f.want == uci.ModeAuto && f.unrouted() == "":
		warn("source", "packets are counted instead of connections: %s", advice)
	}
	if c.mode == uci.ModeConntrack && f.want != uci.ModeConntrack && f.capture != nil {
		warn("source", "flows have no names, for %s", f.uncaptured())
	}
	if c.mode == uci.ModePackets {
		f.complainBlind(c, warn)
		return
	}
	for i := range f.tables {
		if t := &f.tables[i]; !t.Counter {
			warn("source", "flowtable %s of table %s does not count: bytes of connections that it forwards are missing; update firewall4 (2024-10 or later adds its flag counter), or set flow_offloading to 0 in /etc/config/firewall", t.Name, t.Table)
		}
	}
}

// complainBlind says what packets do not show under flow offload.
func (f *facts) complainBlind(c *choice, warn func(option, format string, args ...any)) {
	switch {
	case f.unrouted() != "" || !f.offloads():
	case f.inHardware():
		warn("source", "packets are counted, but hardware flow offload keeps nearly all of them from the processor; set option source to auto or hybrid, or flow_offloading_hw to 0 in /etc/config/firewall")
	case !c.ports:
		warn("capture_ports", "packets are counted, but flow offload leads them past the bridge, which sees about 3 of 300 of a connection; set option capture_ports to auto or 1, or option source to hybrid")
	}
}
