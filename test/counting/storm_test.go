//go:build integration

package counting

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"weir/test/ask"
	"weir/test/netns"
)

// forgetful has the router forget connections a second after they ended, or a
// second after their last datagram, so that entries are gone before they are read.
var forgetful = []string{
	"net.netfilter.nf_conntrack_tcp_timeout_time_wait=1", "net.netfilter.nf_conntrack_tcp_timeout_close=1",
	"net.netfilter.nf_conntrack_udp_timeout=1", "net.netfilter.nf_conntrack_udp_timeout_stream=1",
}

// TestShortConnections opens 20,000 connections each of which is over long before
// connection tracking is read again: all of them are counted.
func TestShortConnections(t *testing.T) {
	const connections = 20_000
	home := tracked(t, netns.Options{}, forgetful...)
	clients := clientsOf(t, home)
	serve(t, home.Server)
	daemons := start(t, home, modes...)
	begin := time.Now()
	storm(t, clients, connections)
	took := time.Since(begin)
	rest(t, daemons)
	for _, d := range daemons {
		compareSums(t, d, clients)
		covered(t, d)
		if d.mode != "packets" {
			t.Logf("%-9s a dump every %v s", d.mode, ask.At(d.tracking(t), "every"))
		}
	}
	t.Logf("%d connections, %.0f a second", connections, connections/took.Seconds())
}

// compareSums has a daemon's devices and number of flows be those of the clients.
func compareSums(t *testing.T, d *daemon, clients []client) {
	t.Helper()
	for _, c := range clients {
		compareDevice(t, d, c)
	}
	all, flows := sums(clients)
	// Ports come again: there are fewer flows than connections.
	made := ask.Number(d.status(t), "flows.new")
	if made < uint64(flows) {
		t.Errorf("%s: %d flows, there were %d", d.mode, made, flows)
	}
	t.Logf("%-9s %d flows, %d packets, %d IP bytes passed; counted %d flows, and devices of as many bytes", d.mode, flows, all.Packets(), all.Bytes(), made)
}

// TestStoppedReader has weir stand still while connections come and go, until the
// kernel has no room for events (ENOBUFS). It shows what becomes of the kernel's
// table meanwhile; in the end no byte is missing, nor counted twice.
func TestStoppedReader(t *testing.T) {
	const connections = 6000
	needConntrack(t)
	home := tracked(t, netns.Options{}, forgetful...)
	clients := clientsOf(t, home)
	serve(t, home.Server)
	daemons := start(t, home, "conntrack", "hybrid")
	running := watch(t, home, func() { storm(t, clients, connections) })
	rest(t, daemons)
	for _, d := range daemons {
		d.signal(t, syscall.SIGSTOP)
	}
	stopped := watch(t, home, func() { storm(t, clients, connections) })
	for _, d := range daemons {
		d.signal(t, syscall.SIGCONT)
	}
	after := watch(t, home, func() { rest(t, daemons) })
	t.Logf("entries each second, while weir reads:  %v", running)
	t.Logf("entries each second, while it is stopped: %v", stopped)
	t.Logf("entries each second, when it goes on:     %v", after)
	for _, d := range daemons {
		compareSums(t, d, clients)
		covered(t, d)
		tracking := d.tracking(t)
		overruns, resyncs, vanished := ask.Number(tracking, "overruns"), ask.Number(tracking, "resyncs"), ask.Number(tracking, "vanished")
		t.Logf("%-9s %d overruns, %d resynchronisations, %d vanished", d.mode, overruns, resyncs, vanished)
		if overruns == 0 || resyncs == 0 || vanished != 0 {
			t.Errorf("%s: want overruns, resynchronisations, and nothing vanished", d.mode)
		}
	}
	for _, seen := range [][]int{running, after} {
		if last := seen[len(seen)-1]; last > connections/10 {
			t.Errorf("%d entries stay though they are over and weir reads", last)
		}
	}
	if last := stopped[len(stopped)-1]; last < connections/2 {
		t.Errorf("%d entries wait for their event to be delivered: this tests nothing", last)
	}
}

// watch returns how many entries connection tracking has, each second while f runs
// and for six seconds more. Between the looks another program reads the table, as
// the kernel lets go of entries that are over when it comes across them.
func watch(t *testing.T, home *netns.Home, f func()) (entries []int) {
	t.Helper()
	done := make(chan struct{})
	var watching sync.WaitGroup
	look := func() {
		out, err := home.Router.Command("conntrack", "-L", "-o", "id").Output()
		if err != nil {
			t.Errorf("conntrack -L: %v: %.200s", err, out)
		}
		n, err := tableSize(home.Router)
		if err != nil {
			t.Error(err)
		}
		entries = append(entries, n)
	}
	watching.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				look()
			case <-done:
				for range 6 {
					<-tick.C
					look()
				}
				return
			}
		}
	})
	f()
	close(done)
	watching.Wait()
	return entries
}

// tableSize returns how many entries a namespace has, those included that ended
// and wait for their event to be delivered.
func tableSize(n *netns.Namespace) (entries int, err error) {
	err = n.Do(func() error {
		b, err := os.ReadFile("/proc/sys/net/netfilter/nf_conntrack_count")
		if err != nil {
			return err
		}
		if entries, err = strconv.Atoi(strings.TrimSpace(string(b))); err != nil {
			return fmt.Errorf("nf_conntrack_count: %w", err)
		}
		return nil
	})
	return entries, err
}
