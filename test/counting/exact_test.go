//go:build integration

package counting

import (
	"os"
	"testing"
	"time"

	"weir/test/ask"
	"weir/test/netns"
)

// leastCoverage is what part of an uplink's bytes has to be attributed, in per
// cent: all but what the neighbours tell each other.
const leastCoverage = 99.5

// duration returns how long TestExact runs.
func duration(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("WEIR_COUNT_TIME")
	if text == "" {
		return 15 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal("WEIR_COUNT_TIME: ", err)
	}
	return d
}

// TestExact has 200 connections at a time, TCP and UDP over IPv4 with translation
// and IPv6, watched in all modes at once: each mode has each packet and byte of
// each flow and of each client.
func TestExact(t *testing.T) {
	const parallel = 200
	home := tracked(t, netns.Options{})
	clients := clientsOf(t, home)
	serve(t, home.Server)
	daemons := start(t, home, modes...)
	crowd(t, clients, parallel, duration(t), daemons)
	rest(t, daemons)
	for _, d := range daemons {
		compare(t, d, clients, parallel)
		covered(t, d)
		if drops := ask.Number(d.status(t), "drops.packets"); drops != 0 {
			t.Errorf("%s: %d packets dropped", d.mode, drops)
		}
	}
}

// compare has a daemon's flows and devices be those of the clients, of which
// there are so many at least.
func compare(t *testing.T, d *daemon, clients []client, least int) {
	t.Helper()
	got := d.flows()
	flows, wrong := 0, 0
	for _, c := range clients {
		for flow, want := range c.meter.Passed() {
			flows++
			if got[flow] != want {
				if wrong++; wrong <= 5 {
					t.Errorf("%s: %v: %+v, passed %+v", d.mode, flow, got[flow], want)
				}
			}
		}
		compareDevice(t, d, c)
	}
	if flows < least || wrong > 0 {
		t.Errorf("%s: %d of %d flows are wrong, want 0 of %d at least", d.mode, wrong, flows, least)
	}
	all, _ := sums(clients)
	t.Logf("%-9s %d flows, %d packets, %d IP bytes passed; %d flows differ", d.mode, flows, all.Packets(), all.Bytes(), wrong)
}

// compareDevice has a client's device be what its flows passed, and what its
// kernel tells groups and neighbours of its own accord.
func compareDevice(t *testing.T, d *daemon, c client) {
	t.Helper()
	var own netns.Passed
	for id, n := range d.rows {
		if id.Proto == 0 && (id.Own.Addr() == c.ip6 || id.Own.Addr().IsLinkLocalUnicast()) {
			own = own.Plus(n)
		}
	}
	const noise = 2000
	got := d.device(t, c)
	want, _ := c.sum()
	if !want.Within(got) || own.Bytes() > noise || !got.Within(want.Plus(own)) {
		t.Errorf("%s: device %v: %+v, its flows passed %+v and its kernel %+v", d.mode, c.ip, got, want, own)
	}
}

// covered waits until nearly all that the uplink carried is attributed.
func covered(t *testing.T, d *daemon) {
	t.Helper()
	var now any
	pct := func() float64 { f, _ := ask.At(now, "pct").(float64); return f }
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		if now = ask.At(d.status(t), "coverage.0"); pct() >= leastCoverage || time.Now().After(end) {
			break
		}
	}
	if pct() < leastCoverage {
		t.Errorf("%s: coverage: %v", d.mode, now)
	}
	t.Logf("%-9s uplink %v out and %v in, attributed %v and %v: %.3f %%", d.mode,
		ask.Number(now, "interface.tx"), ask.Number(now, "interface.rx"), ask.Number(now, "attributed.tx"), ask.Number(now, "attributed.rx"), pct())
}
