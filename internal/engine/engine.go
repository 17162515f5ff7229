// Package engine joins frames, records and connections to flows, devices and
// series.
//
// There is one Engine and one lock. Sources call Packets, Records and Connections,
// which take the lock once per batch and work on the source's own memory; the
// daemon calls Tick once a second. Packets are summed up at the tick. Once
// connection tracking counts, its sweeps take the tick's place, and frames that it
// counts only name their flows. Queries copy rows out under the lock, at most MaxRows of
// them, and are encoded after it. Every table is bounded by Config and counts
// what it had to leave out.
package engine

import (
	"fmt"
	"sync"
	"time"

	"weir/internal/apps"
	"weir/internal/device"
	"weir/internal/dpi"
	"weir/internal/flow"
	"weir/internal/flowlog"
	"weir/internal/intern"
	"weir/internal/names"
	"weir/internal/packet"
	"weir/internal/rollup"
	"weir/internal/source"
)

// Config bounds an Engine.
type Config struct {
	Flows       flow.Config
	MaxHosts    int           // addresses kept; 0 keeps none
	MaxDevices  int           // devices kept; 0 keeps none
	HostIdle    time.Duration // a remote host leaves after it; 0 = when room is needed
	DeviceStale time.Duration // an unnamed device leaves after it; 0 = when room is needed

	Inspect dpi.Config    // bounds what is looked at of payloads
	Apps    *apps.Table   // applications; nil for the built-in ones
	Privacy names.Privacy // how much of names is kept
	NoDNS   bool          // DNS is not looked at

	Rollup *rollup.Rollup // takes the sums by series; nil keeps none
	Names  *intern.Table  // the names of series, which are the IDs of devices, too; nil for names of its own

	// Place tells the country of an address (ISO 3166-1 alpha-2, zeros where it is not
	// known) and its autonomous system (0 likewise). It is called under the engine's
	// lock and must not block or allocate. Nil: there are no series of them.
	Place func(packet.Addr) (country [2]byte, asn uint32)

	// Vendor tells who made the hardware with an address, "" where it is not known. It
	// is called without the engine's lock, by queries. Nil: nobody knows.
	Vendor func(packet.MAC) string

	// Reverse asks what an address is called, house saying that it is in the house,
	// and answers by Called. It is called under the engine's lock and must not block.
	// taken says that an answer will come, full that it is to be tried again later.
	// Nil: nothing is asked for.
	Reverse func(a packet.Addr, house bool) (taken, full bool)

	// CaptureTime lets the frames' own times drive Tick, for captures that are
	// read as fast as they can be. Otherwise the caller ticks.
	CaptureTime bool

	// Ended is called, under the engine's lock, for every record that leaves the
	// table. None of its arguments may be kept. Nil is fine.
	Ended func(f *flow.Flow, r *flow.Record, n Named)

	// Log is called, under the engine's lock, with the row of every flow that ends,
	// and not when the accounting of one is split. The row is valid during the call;
	// its texts may be kept. Nil is fine, and spares making the rows.
	Log func(*flowlog.Flow)
}

// Engine is the one place where traffic becomes flows. Its methods may be called
// from any goroutine.
type Engine struct {
	mu      sync.Mutex
	cfg     Config
	table   *flow.Table
	frags   flow.Fragments
	pkt     packet.Packet // reused for every frame
	points  []point       // by observation point
	byName  map[string]uint8
	nets    *device.Networks
	devices *device.Devices
	hosts   *device.Hosts
	series  seriesIDs
	naming  naming
	feed    feed
	appSums map[appKey]rollup.Values
	tidied  int64 // when sums of devices that left were last dropped

	unlinked  map[string]bool       // observation points where devices have no hardware address
	ports     map[packet.MAC]string // of bridges, behind which hardware addresses are
	handovers handovers

	uplinks  []uplink
	tunnels  []Tunnel
	mappings []MappingRow
	aliases  map[flow.Key]alias // by the other view of a connection, without its point

	recording bool  // connection tracking counts
	heard     bool  // it told something since the tick before
	since     int64 // when it last did, as the ticks go
	swept     int64 // when it was last read as a whole
	conns     connStats

	begin     int64 // time of the first tick, microseconds since the Unix epoch
	now       int64 // and of the last one
	rolled    int64 // when what was counted was last rolled
	pace      int64 // and what time passed since the roll before
	nextTick  int64 // with CaptureTime: when the next one is due
	untracked Untracked
	total     device.Traffic
	pps       uint32
	scratch   []ref   // of queries, at most keptRefs
	ended     FlowRow // of the flow that Log is told of
}

// connStats counts connections: those accounted, those left out, those without a
// known observation point, and second views for which there was no room; and the
// bytes that others than this house moved through this machine.
type connStats struct {
	Told, LeftOut, Nowhere, AliasDrops uint64

	Unwatched uint64
}

// point is one observation point. Its Traffic is what local hosts sent and
// received past it.
type point struct {
	name    string
	series  uint32
	network uint32 // series of what is behind it, 0 for none
	zone    uint32
	wire    uint64
	out     [packet.NumOutcomes]uint64
	later   uint64 // later fragments
	orphans uint64
	last    int64 // nanoseconds since the Unix epoch
	packets uint64
	bytes   uint64
	ticked  uint64 // packets at the last tick
	pps     uint32
	device.Traffic
}

// New returns an engine without observation points, in a house with private
// addresses until SetNetworks says better.
func New(cfg Config) *Engine {
	e := &Engine{
		cfg:     cfg,
		byName:  make(map[string]uint8),
		aliases: make(map[flow.Key]alias),
		nets:    device.Guess(),
		hosts:   device.NewHosts(cfg.MaxHosts, cfg.HostIdle.Microseconds()),
		series:  newSeriesIDs(cfg.Names),
		naming:  newNaming(&cfg),
		feed:    newFeed(cfg.Place != nil && cfg.Rollup != nil),
		appSums: make(map[appKey]rollup.Values),
	}
	e.devices = device.NewDevices(cfg.MaxDevices, cfg.DeviceStale.Microseconds(), e.series.names.Handle)
	e.table = flow.New(cfg.Flows, (*observer)(e))
	return e
}

// Interface returns the number of the observation point called name, adding it
// when it is new.
func (e *Engine) Interface(name string) (uint8, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if i, ok := e.byName[name]; ok {
		return i, nil
	}
	if len(e.points) >= source.MaxInterfaces {
		return 0, fmt.Errorf("add interface %s: %d are in use, the most there can be", name, len(e.points))
	}
	i := uint8(len(e.points))
	e.byName[name] = i
	e.points = append(e.points, point{name: name, series: e.series.names.Handle(name)})
	e.segment(&e.points[i])
	return i, nil
}

// SetNetworks says which addresses are local from now on.
func (e *Engine) SetNetworks(nets *device.Networks) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.nets = nets
	e.hosts.Rescope(nets)
	e.feed.forget()
}

// SetTimeouts changes when flows end, from now on.
func (e *Engine) SetTimeouts(idle, active time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.table.SetTimeouts(idle, active)
}

// Configure names the devices that the configuration knows, and no others.
func (e *Engine) Configure(known []device.Named) {
	e.mu.Lock()
	defer e.mu.Unlock()
	before := e.privateIDs()
	e.devices.Configure(known, e.now)
	e.hosts.Rebind()
	e.forgetPrivate(before)
}

// Restore puts back the devices that the store kept.
func (e *Engine) Restore(kept []device.Kept) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.devices.Restore(kept)
	e.hosts.Rebind()
}

// Packets accounts a batch of frames. It implements source.Sink.
func (e *Engine) Packets(batch []packet.Raw) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range batch {
		r := &batch[i]
		if int(r.Iface) >= len(e.points) {
			continue // no source numbers its points itself
		}
		if e.cfg.CaptureTime {
			if t := r.Time / 1000; t >= e.nextTick || t < e.nextTick-stray {
				e.captureTick(t)
			}
		}
		pt := &e.points[r.Iface]
		o := packet.Decode(r, &e.pkt)
		pt.out[o]++
		pt.wire += uint64(r.Len)
		pt.last = r.Time
		// A frame cut by the snap length counts as far as its headers tell.
		if o == packet.OK || o == packet.Truncated && e.pkt.Version != 0 {
			if r.Classify {
				e.classify(pt, &e.pkt)
			} else {
				e.account(pt, &e.pkt)
			}
		}
	}
}

// account adds a decoded packet to its flow and learns from the first packet of
// each direction. What is summed by host, device and series is taken from the
// flows at the tick, so that a packet costs one look-up.
func (e *Engine) account(pt *point, p *packet.Packet) {
	if p.MoreFrags || p.FragOffset != 0 {
		e.fragment(pt, p)
	}
	weight := uint64(max(p.Weight, 1))
	pt.packets += uint64(p.Segments) * weight
	pt.bytes += p.Bytes * weight
	at := p.Iface
	if e.recording {
		e.settle(p)
	}
	f, from, event := e.table.Packet(p)
	p.Iface = at
	if event != flow.Known {
		if p.HasMAC && e.devices.Max() > 0 {
			e.learn(p, f)
		}
		e.watch(f)
	}
	if announcing(p) {
		e.announce(p)
	}
	if f.Handle != 0 && p.FragOffset == 0 {
		e.inspect(f, from, p)
	}
	if resolving(p) {
		e.resolve(f, p)
	}
}

// fragment resolves the ports of a later fragment and counts it.
func (e *Engine) fragment(pt *point, p *packet.Packet) {
	later, orphans := e.frags.Later, e.frags.Orphans
	e.frags.Resolve(p)
	pt.later += e.frags.Later - later
	pt.orphans += e.frags.Orphans - orphans
}

// Records accounts a batch of flow deltas. It implements source.Sink.
func (e *Engine) Records(batch []flow.Record) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range batch {
		r := &batch[i]
		if int(r.Key.Point) >= len(e.points) {
			continue
		}
		pt := &e.points[r.Key.Point]
		pt.packets += r.Packets[flow.A] + r.Packets[flow.B]
		pt.bytes += r.Bytes[flow.A] + r.Bytes[flow.B]
		pt.last = max(pt.last, r.Last*1000)
		e.named(e.table.Add(r))
	}
}

// Flush ends all flows, as at the end of a capture.
func (e *Engine) Flush() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.table.Flush()
}
