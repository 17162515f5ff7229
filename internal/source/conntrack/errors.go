package conntrack

import (
	"errors"
	"fmt"
	"strings"
)

// Errors of Run and in Facts.Err. Each names its remedy.
var (
	// ErrNoTracking: the kernel tracks no connections.
	ErrNoTracking = errors.New("the kernel does not track connections; load nf_conntrack (on OpenWrt it comes with the firewall: kmod-nf-conntrack)")
	// ErrNoNetlink: it does, but cannot be asked about them.
	ErrNoNetlink = errors.New("the kernel does not tell about tracked connections; load nf_conntrack_netlink (on OpenWrt: install kmod-nf-conntrack-netlink)")
	// ErrNoRight: this process may not ask.
	ErrNoRight = errors.New("weir needs CAP_NET_ADMIN to read connection tracking; run it as root or grant its user that capability")
)

// errNoAnswer is the end of a question that was answered by something else.
var errNoAnswer = errors.New("the kernel's answer cannot be understood")

// advise returns what the user should know: about the settings of the kernel, -1
// where it has none, and about the receive buffer of events, of which so many bytes
// were wanted and twice as many make it up.
func advise(acct, events, wanted, got int) string {
	var notes []string
	if acct == 0 {
		notes = append(notes, "the kernel does not count what connections move; run `sysctl -w net.netfilter.nf_conntrack_acct=1`, then those opened from then on are counted")
	}
	if events == 0 {
		notes = append(notes, "the kernel does not tell when connections end, so what they move after a dump is lost; run `sysctl -w net.netfilter.nf_conntrack_events=1`")
	}
	if got < wanted {
		notes = append(notes, fmt.Sprintf("the kernel limits the queue of events to %d bytes where %d were asked for; raise net.core.rmem_max", got, 2*wanted))
	}
	return strings.Join(notes, "; ")
}
