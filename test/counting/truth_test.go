//go:build integration

package counting

import (
	"net/netip"
	"testing"

	"weir/test/netns"
)

// client is one of the house, with the meter at its device that says what passed.
type client struct {
	*netns.Namespace
	meter   *netns.Meter
	mac     [6]byte
	ip, ip6 netip.Addr
}

// clientsOf returns the clients of a home, metered from now on.
func clientsOf(t *testing.T, home *netns.Home) []client {
	t.Helper()
	meter := func(n *netns.Namespace, ip, ip6 netip.Addr) *netns.Meter { return netns.NewMeter(t, n, ip, ip6) }
	return []client{
		{home.Client1, meter(home.Client1, netns.Client1IP, netns.Client1IP6), netns.Client1MAC, netns.Client1IP, netns.Client1IP6},
		{home.Client2, meter(home.Client2, netns.Client2IP, netns.Client2IP6), netns.Client2MAC, netns.Client2IP, netns.Client2IP6},
	}
}

// sum returns what passed of all of a client's flows, and how many those are.
func (c client) sum() (all netns.Passed, flows int) {
	passed := c.meter.Passed()
	for _, n := range passed {
		all = all.Plus(n)
	}
	return all, len(passed)
}

// sums returns the same of several clients.
func sums(clients []client) (all netns.Passed, flows int) {
	for _, c := range clients {
		sum, n := c.sum()
		all, flows = all.Plus(sum), flows+n
	}
	return all, flows
}
