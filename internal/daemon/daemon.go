// Package daemon builds weir's tasks from its configuration and runs them.
//
// Run reads the configuration, opens the store, starts the sources, the clock
// that ticks the engine, the API and the store's writer, each as one task, and
// blocks until its context ends or a task fails for good. A reload reads the
// configuration again: an invalid one changes nothing and is reported; a valid
// one restarts only the tasks whose part changed, while flows, devices and the
// store live on.
package daemon

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"weir/internal/alert"
	"weir/internal/api"
	"weir/internal/clock"
	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/geo"
	"weir/internal/intern"
	"weir/internal/journal"
	"weir/internal/link"
	"weir/internal/logfmt"
	"weir/internal/resolve"
	"weir/internal/ubus"
	"weir/internal/usage"
	"weir/store"
	"weir/store/archive"
	"weir/uci"
)

// Options says what Run is given from outside the configuration.
type Options struct {
	ConfigPath string               // a file, or a folder of UCI files; "" for the defaults
	Overrides  uci.Overrides        // what the command line says over it
	Version    string               // shown by the API
	Log        *logfmt.Logger       // required
	Reload     <-chan struct{}      // each value reads the configuration again; may be nil
	Now        func() clock.Reading // the clocks; nil for clock.Now
	DialTLS    geo.Dial             // for databases that come by https; nil refuses them

	Bus string // path of ubusd's socket; "" for that of OpenWrt

	// Resolvers are asked what addresses are called; nil for those of resolv.conf.
	Resolvers func() []netip.AddrPort
}

// Bounds of what the daemon keeps beside the configuration's.
const (
	maxNames    = 1 << 16         // of series and devices
	hostsPer    = 2               // flows for each host kept: most flows share one end
	stopTimeout = 4 * time.Second // for everything to finish; procd kills after 5 s
	closedAfter = 10 * time.Second
)

// Daemon is the running program. It implements api.Daemon and api.History.
type Daemon struct {
	opt       Options
	log       *logfmt.Logger
	wall      func() time.Time // with its monotonic reading, where it has one
	started   time.Time
	boot      *uci.Config // what it was started with
	names     *intern.Table
	engine    *engine.Engine
	store     *store.Store
	archive   *archive.Archive // nil where history lasts by itself, or is not to last
	keeper    clock.Keeper     // of the goroutine that ticks
	backend   *api.Backend
	coverage  usage.Meters
	ledger    usage.Ledger
	passed    passed // guarded by accounting
	places    geo.Places
	asNames   asNames
	journal   journal.Journal
	resolver  *resolve.Resolver
	alerts    alert.Log
	tasks     *tasks
	bus       bus
	whois     whois // of whoisLoop
	presence  presence
	notes     notes
	uciFolder string     // whose files are changed over ubus
	editing   sync.Mutex // held while the configuration is changed
	sockets   []*os.File // passed on by systemd
	proc      procfs

	nets   atomic.Pointer[device.Networks] // what the engine was told last
	zone   atomic.Pointer[time.Location]   // in which days and months begin
	ageing atomic.Bool                     // the clock may decide what is too old
	moved  atomic.Bool                     // interfaces changed since observeLoop looked

	snapshots snapshots

	onBus      atomic.Pointer[onBus] // nil while weir is not to be on ubus
	api        served                // of the goroutine of run
	serveAgain chan struct{}         // of capacity 1: the API's part of config may have changed

	config     atomic.Pointer[uci.Config]
	moving     sync.Mutex // held while slots move from the engine to the store
	misdated   misdated   // guarded by moving
	ticked     int64      // when the engine was told the time last, microseconds; guarded by moving
	accounting sync.Mutex // held while what passed is counted on quotas
	locating   sync.Mutex // held while what is local is found out; guards told
	told       []wayState // how uplinks are, as scripts were told; nil before the first look
	mapping    sync.Mutex // held while ports that lead into the house are; guards leases
	leases     leases
	reload     sync.Mutex // one at a time; guards stopping
	stopping   bool

	mu          sync.Mutex // guards what follows
	problems    []api.Problem
	apiProblems []api.Problem
	sources     []running
	watched     []watched
	points      []radio     // access points of this machine
	steady      steady      // how traffic is observed
	known       *facts      // why
	gauges      []gauge     // of the uplinks
	links       *link.State // nil until the kernel was asked
	trust       clock.Trust
	placesErr   string                  // what was told of the databases of places
	restored    *api.Restored           // what the start found in the archive
	lines       map[string]usage.Counts // what uplinks carried since the start
}

// Run runs weir until ctx ends, and returns nil then, or what makes it
// impossible to go on. It returns after everything it started has stopped and
// what was counted is stored.
func Run(ctx context.Context, opt Options) error {
	cfg, warnings, err := opt.load()
	if err != nil {
		err = explain(err, "name the file or folder to read, see weir help run", fs.ErrNotExist)
		return explain(err, readable, fs.ErrPermission)
	}
	if !cfg.Main.Enabled {
		opt.Log.Info("disabled by the configuration: option enabled is 0", "config", opt.ConfigPath)
		return nil
	}
	d := newDaemon(opt, cfg)
	d.setLevel(cfg)
	if d.links, err = link.List(); err != nil {
		opt.Log.Warn("list interfaces: what depends on them is not known", "error", err)
	}
	f, c := d.look(cfg)
	p, err := d.plan(cfg, c)
	if err != nil {
		return err
	}
	d.adopt(f, c, true)
	d.problems = append(problemsOf(warnings, nil), p.problems...)
	d.warn(d.problems)
	d.limitMemory(cfg)
	if err := d.open(cfg); err != nil {
		return err
	}
	return d.run(ctx, cfg, p)
}

func newDaemon(opt Options, cfg *uci.Config) *Daemon {
	wall := time.Now
	if opt.Now == nil {
		opt.Now = clock.Now
	} else {
		wall = func() time.Time { return opt.Now().Wall }
	}
	d := &Daemon{
		opt: opt, log: opt.Log, wall: wall, started: time.Now(), boot: cfg,
		names: intern.New(maxNames), tasks: newTasks(), serveAgain: make(chan struct{}, 1),
		snapshots: snapshots{again: make(chan struct{}, 1)}, proc: "/proc",
		bus: bus{path: cmp.Or(opt.Bus, ubus.DefaultPath)}, whois: whois{ethers: etherFile}, uciFolder: systemConfig,
	}
	d.config.Store(cfg)
	return d
}

// now is the wall clock.
func (d *Daemon) now() time.Time { return d.opt.Now().Wall }

// run starts all tasks, waits, and stops them.
func (d *Daemon) run(ctx context.Context, cfg *uci.Config, p plan) error {
	d.sockets = activatedSockets()
	writer := d.tasks.start("store", d.store.Run)
	d.reload.Lock() // the API may ask for one as soon as it is served
	err := d.serve(serveConfig(cfg))
	if err != nil {
		d.stopping = true
		d.reload.Unlock()
		return errors.Join(err, d.close(time.Now().Add(stopTimeout), writer))
	}
	d.logChoice(p)
	d.setSources(p)
	d.startLinks()
	observer := d.tasks.start("observer", d.observeLoop)
	ticker := d.tasks.start("clock", d.tickLoop)
	whois := d.tasks.start("whois", d.whoisLoop)
	d.tasks.start("places", d.placesLoop)
	d.tasks.start("resolver", d.resolver.Run)
	if d.archive != nil {
		d.tasks.start("snapshots", d.snapshotLoop)
	}
	d.reload.Unlock()
	d.setBus()
	d.began()
	notify(ready)
	err = d.wait(ctx)

	// In the order of the river: sources, the last tick, what stores it.
	deadline := time.Now().Add(stopTimeout)
	notify(stopping)
	d.reload.Lock()
	d.stopping = true
	d.mu.Lock()
	all := d.sources
	d.sources = nil
	d.mu.Unlock()
	d.stopSources(all)
	d.reload.Unlock()
	d.tasks.stop(observer)
	d.tasks.stop(whois)
	d.tasks.stop(ticker)
	d.finish()
	return errors.Join(err, d.close(deadline, writer))
}

// close stops what is left and closes the store, when nothing counts any more.
// The writer goes before the API, whose clients may take their time.
func (d *Daemon) close(deadline time.Time, writer *task) error {
	d.tasks.stop(writer)
	d.tasks.stop(d.api.task)
	d.tasks.stopAll()
	for _, f := range d.sockets {
		f.Close()
	}
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	d.lastSnapshot(ctx)
	err := d.store.Close(ctx)
	d.log.Info("stopped", "uptime", time.Since(d.started).Round(time.Second))
	return err
}

// wait returns when ctx ends, with nil, or when going on makes no sense.
func (d *Daemon) wait(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.opt.Reload:
			if err := d.Reload(ctx); err != nil {
				d.log.Error("reload: the old configuration stays in force", "error", err)
			}
		case <-d.serveAgain:
			d.serveAnew()
		case t := <-d.tasks.ended:
			if err := d.taskEnded(t); err != nil {
				return err
			}
		}
	}
}
