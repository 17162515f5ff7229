// Package usage keeps accounts: what is used of quotas in cycles, and how much of
// what passes weir sees at all.
//
// A Cycle says when accounting begins anew, a Quota what may pass in one, and a
// Ledger keeps what did pass, from cumulative totals, over restarts and with a
// clock that is set. It is bounded by MaxQuotas.
//
// The coverage meter measures what weir does not see.
// An uplink's interface counts every frame; flows add up to what weir can say
// whose it is. A Meter compares the two, as samples come in, for the last minute,
// hour and day: how much is attributed, how much of that is the router's own, how
// much is left, how sure that is, and what may have been in the way.
//
// The two count different things. An interface counts frames with their link
// headers, which are subtracted: Stack knows how many bytes each kind of device
// counts. Connection tracking counts IP packets after the kernel merged segments
// (GRO), whose headers it counts once: the packets that are missing, at
// leastHeader to mostHeader bytes each, are the uncertainty that remains.
//
// Everything here is plain computation on what it is given. It opens nothing and
// is bounded: MaxUplinks meters of an hour of minutes and a day of hours each. A
// Meter belongs to its caller; Meters and a Ledger may be used from several
// goroutines at once.
package usage

import (
	"time"

	"weir/internal/clock"
)

// Counts are bytes and packets both ways: tx is what leaves the house.
type Counts struct{ TxBytes, RxBytes, TxPackets, RxPackets uint64 }

// Bytes returns those of both directions.
func (c Counts) Bytes() uint64 { return c.TxBytes + c.RxBytes }

// Packets returns those of both directions.
func (c Counts) Packets() uint64 { return c.TxPackets + c.RxPackets }

// add adds o to c.
func (c *Counts) add(o Counts) {
	c.TxBytes += o.TxBytes
	c.RxBytes += o.RxBytes
	c.TxPackets += o.TxPackets
	c.RxPackets += o.RxPackets
}

// since returns what was counted since before, false when a sum went backwards.
func (c Counts) since(before Counts) (Counts, bool) {
	if c.TxBytes < before.TxBytes || c.RxBytes < before.RxBytes ||
		c.TxPackets < before.TxPackets || c.RxPackets < before.RxPackets {
		return Counts{}, false
	}
	return Counts{
		TxBytes: c.TxBytes - before.TxBytes, RxBytes: c.RxBytes - before.RxBytes,
		TxPackets: c.TxPackets - before.TxPackets, RxPackets: c.RxPackets - before.RxPackets,
	}, true
}

// Sample is what an uplink's devices and the flows over it had counted at one
// moment, each since some beginning of its own.
type Sample struct {
	At      clock.Reading // right after the devices' counters were read
	Stack   Stack         // the devices with their counters; empty while the uplink is down
	Flows   Counts        // IP bytes and packets of all flows
	Router  Counts        // of those, of which this machine is an end
	FlowsAt int64         // microseconds since the Unix epoch: what passed until then is in Flows; 0 for the time of At. What passed between the two is uncertain
	Merged  bool          // a packet of Flows may be several of the wire
	Causes  Causes
}

// apart is how far apart the two sides were read.
func (s *Sample) apart() time.Duration {
	if s.FlowsAt == 0 {
		return 0
	}
	return s.At.Wall.Sub(time.UnixMicro(s.FlowsAt)).Abs()
}

// Step is what two samples have between them: what an uplink carried and how much
// of it flows account for.
type Step struct{ Interface, Flows, Router Counts }
