package daemon

import (
	"slices"

	"weir/internal/clock"
	"weir/internal/engine"
	"weir/internal/link"
	"weir/internal/rollup"
	"weir/internal/usage"
	"weir/uci"
)

// measureEvery is how many ticks there are between two samples of the uplinks
// where packets are counted.
const measureEvery = 5

// gauge is what is read of an uplink to see how much of it flows account for.
type gauge struct {
	uplink string
	stack  usage.Stack
}

// gauges returns those of the uplinks in the state that the kernel is in.
func gauges(all []uplink, links []link.Link) []gauge {
	out := make([]gauge, len(all))
	for i, u := range all {
		out[i] = gauge{u.name, usage.StackOf(links, u.device, u.lower)}
	}
	return out
}

// swept takes a sample of the uplinks, now that all that connection tracking
// counted is accounted.
func (d *Daemon) swept(int64) { d.measure(true) }

// measure takes a sample of each uplink: what its devices counted, and what flows
// account for. merged says that a packet of flows may be several of the wire.
func (d *Daemon) measure(merged bool) {
	d.mu.Lock()
	all := d.gauges
	d.mu.Unlock()
	if len(all) == 0 {
		return
	}
	var names []string
	for _, g := range all {
		names = append(names, g.stack.Names()...)
	}
	fresh, err := link.CountersOf(names...)
	if err != nil {
		d.log.Debug("read counters of the uplinks", "error", err)
	}
	now := d.opt.Now() // what passed until here may be in the counters
	rows := d.engine.Uplinks()
	causes := d.causes()
	for _, g := range all {
		i := slices.IndexFunc(rows, func(r engine.UplinkRow) bool { return r.Name == g.uplink })
		if i < 0 {
			continue
		}
		sample := sampleOf(now, g.stack.With(fresh), &rows[i])
		sample.Merged, sample.Causes = merged, causes
		if step, ok := d.coverage.Feed(g.uplink, sample); ok {
			d.addCoverage(g.uplink, step)
		}
	}
}

// sampleOf joins what devices counted until now with what flows did.
func sampleOf(now clock.Reading, stack usage.Stack, r *engine.UplinkRow) usage.Sample {
	return usage.Sample{
		At: now, Stack: stack, FlowsAt: r.At,
		Flows: usage.Counts{
			TxBytes: r.Bytes.Tx, RxBytes: r.Bytes.Rx,
			TxPackets: r.Packets.Tx, RxPackets: r.Packets.Rx,
		},
		Router: usage.Counts{TxBytes: r.Router.Tx, RxBytes: r.Router.Rx},
	}
}

// addCoverage adds what was measured of an uplink to its series and to what its
// quotas count.
func (d *Daemon) addCoverage(name string, s usage.Step) {
	d.mu.Lock()
	if d.lines == nil {
		d.lines = make(map[string]usage.Counts)
	}
	line := d.lines[name]
	line.TxBytes += s.Interface.TxBytes
	line.RxBytes += s.Interface.RxBytes
	d.lines[name] = line
	d.mu.Unlock()
	for class, c := range map[rollup.Class]usage.Counts{rollup.Uplink: s.Interface, rollup.Attributed: s.Flows, rollup.RouterOwn: s.Router} {
		d.engine.AddSeries(class, name, rollup.Values{
			TxBytes: c.TxBytes, RxBytes: c.RxBytes, TxPackets: c.TxPackets, RxPackets: c.RxPackets,
		})
	}
}

// causes returns what kept flows from accounting for everything, as far as
// sources and the engine tell.
func (d *Daemon) causes() (c usage.Causes) {
	stats := d.engine.Stats()
	c[usage.Evicted], c[usage.Untracked], c[usage.Untracked6] = stats.Evicted, stats.Untracked.IPv4, stats.Untracked.IPv6
	c[usage.Unwatched] = stats.Unwatched
	d.mu.Lock()
	mode, f := d.steady.mode, d.known
	all := slices.Clone(d.sources)
	d.mu.Unlock()
	for _, r := range all {
		st := r.source.Status()
		if mode == uci.ModePackets { // else packets are not what uplinks are counted from
			for _, p := range st.Points {
				c[usage.RingDrops] += p.Drops
			}
		}
		if t := st.Tracking; t != nil {
			c[usage.Overruns] += t.Overruns
			c[usage.Vanished] += t.Vanished
			c[usage.Resets] += t.Resets
			c[usage.Uncounted] += t.Uncounted
			c[usage.Forgotten] += t.Forgotten
			c[usage.Standing] += uint64(t.StandingHardware)
			c[usage.SoftStanding] += uint64(t.Standing - t.StandingHardware)
		}
	}
	if mode == uci.ModePackets {
		if captured, _ := watchedOf(d.config.Load()); !slices.ContainsFunc(captured, func(w watched) bool { return w.uplink }) {
			c[usage.OwnUnseen] = 1
		}
		return c
	}
	if f == nil {
		return c
	}
	if !f.tracking.Accounting {
		c[usage.NoAccounting] = 1
	}
	for i := range f.tables {
		if !f.tables[i].Counter {
			c[usage.NoCounter]++
		}
	}
	return c
}
