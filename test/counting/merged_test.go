//go:build integration

package counting

import (
	"net/netip"
	"testing"

	"weir/test/ask"
	"weir/test/netns"
)

// Headers of a TCP segment: with a timestamp, as all have, and what the first one
// of each direction has on top for its other options.
const (
	headers4     = 20 + 20 + 12
	headers6     = 40 + 20 + 12
	firstOptions = 8
)

// wire returns what passed of a connection as its client's kernel counted it: so
// many segments, and their bytes from the IP headers on. up and down bytes are its
// payload, every byte of which was sent once.
func wire(c netns.Connection, up, down uint64, headers uint64) netns.Passed {
	return netns.Passed{
		TxPackets: uint64(c.Out), TxBytes: uint64(c.Out)*headers + firstOptions + up,
		RxPackets: uint64(c.In), RxBytes: uint64(c.In)*headers + firstOptions + down,
	}
}

// TestMerged leaves segmentation offloads on, so that the kernel handles merged
// packets of many segments each. Packets count as on the wire, by what the kernel
// says of merged ones. Connection tracking knows nothing of it: what it lacks is a
// set of headers for every packet that it lacks, to the byte.
func TestMerged(t *testing.T) {
	const up, down = 3_000_000, 20_000_000
	home := tracked(t, netns.Options{Offloads: true})
	daemons := start(t, home, modes...)
	for _, to := range []struct {
		ip      netip.Addr
		headers uint64
	}{{netns.ServerIP, headers4}, {netns.ServerIP6, headers6}} {
		c := clean(t, home, netip.AddrPortFrom(to.ip, 8081), up, down)
		rest(t, daemons)
		want := wire(c, up, down, to.headers)
		for _, d := range daemons {
			got := d.flows()[netns.Metered{Proto: protocols["tcp"], Own: c.Client, Peer: c.Server}]
			lack := netns.Passed{
				TxPackets: want.TxPackets - got.TxPackets, TxBytes: want.TxBytes - got.TxBytes,
				RxPackets: want.RxPackets - got.RxPackets, RxBytes: want.RxBytes - got.RxBytes,
			}
			t.Logf("%-9s IPv%d: %d segments, %d IP bytes passed; counted %d packets, %d bytes: short of %d sets of headers, which are %d bytes, %.2f %%", d.mode,
				map[bool]int{true: 4, false: 6}[to.ip.Is4()], want.Packets(), want.Bytes(), got.Packets(), got.Bytes(), lack.Packets(), lack.Packets()*to.headers,
				100*float64(lack.Bytes())/float64(want.Bytes()))
			switch {
			case !got.Within(want) || lack.TxBytes != lack.TxPackets*to.headers || lack.RxBytes != lack.RxPackets*to.headers:
				t.Errorf("%s: %+v, passed %+v", d.mode, got, want)
			case d.mode == "packets" && got != want:
				t.Errorf("%s: %+v, passed %+v: packets know of merging", d.mode, got, want)
			case d.mode != "packets" && lack.Packets() == 0:
				t.Errorf("%s: the kernel merged nothing: this tests nothing", d.mode)
			}
		}
	}
	for _, d := range daemons {
		merged(t, d)
	}
}

// clean makes a connection none of whose segments had to be sent again or came out
// of order: where one was lost, TCP does not tell, and the ACKs of disorder carry
// more bytes than the others.
func clean(t *testing.T, home *netns.Home, to netip.AddrPort, up, down int64) netns.Connection {
	t.Helper()
	for range 10 {
		c, err := netns.Transfer(home.Client1, home.Server, to, up, down)
		if err != nil {
			t.Fatal(err)
		}
		if c.Retransmitted == 0 && c.Disordered == 0 {
			return c
		}
	}
	t.Skip("SKIPPED: this machine is too busy for a connection without losses")
	return netns.Connection{}
}

// merged has coverage count the missing headers as uncertain: with them all is
// attributed.
func merged(t *testing.T, d *daemon) {
	t.Helper()
	var now any
	d.until(t, "all but headers is attributed", func(t *testing.T) bool {
		now = ask.At(d.status(t), "coverage.0")
		high, _ := ask.At(now, "pct_high").(float64)
		return high >= leastCoverage
	})
	t.Logf("%-9s coverage %v to %v %%: %v", d.mode, ask.At(now, "pct"), ask.At(now, "pct_high"), ask.At(now, "method"))
}
