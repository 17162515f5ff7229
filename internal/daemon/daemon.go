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
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"weir/internal/api"
	"weir/internal/clock"
	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/intern"
	"weir/internal/link"
	"weir/internal/rollup"
	"weir/internal/source"
	"weir/store"
	"weir/uci"
)

// Options says what Run is given from outside the configuration.
type Options struct {
	ConfigPath string          // a file, or a folder of UCI files
	Version    string          // shown by the API
	Log        *slog.Logger    // required
	Level      *slog.LevelVar  // set from the configuration; may be nil
	Reload     <-chan struct{} // each value reads the configuration again; may be nil
}

// Bounds of what the daemon keeps beside the configuration's.
const (
	maxNames    = 1 << 16         // of series and devices
	hostsPer    = 2               // flows for each host kept: most flows share one end
	stopTimeout = 4 * time.Second // for the store to finish; procd kills after 5 s
	closedAfter = 10 * time.Second
)

// Daemon is the running program. It implements api.Daemon and api.History.
type Daemon struct {
	opt     Options
	log     *slog.Logger
	started time.Time
	names   *intern.Table
	engine  *engine.Engine
	store   *store.Store
	backend *api.Backend
	tasks   *tasks
	sockets []*os.File // passed on by systemd
	api     *task      // replaced by Reload, which runs alone

	config   atomic.Pointer[uci.Config]
	reload   sync.Mutex // one at a time
	mu       sync.Mutex // guards what follows
	problems []api.Problem
	sources  []running
	links    *link.State // nil until the kernel was asked
	trust    clock.Trust
	capture  captureConfig
}

// running is one source and how it ended, if it did.
type running struct {
	source source.Source
	task   *task
}

// Run runs weir until ctx ends, and returns nil then, or what makes it
// impossible to go on. It returns after everything it started has stopped and
// what was counted is stored.
func Run(ctx context.Context, opt Options) error {
	cfg, warnings, err := uci.Load(opt.ConfigPath)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	if !cfg.Main.Enabled {
		opt.Log.Info("disabled by the configuration: option enabled is 0", "config", opt.ConfigPath)
		return nil
	}
	d := &Daemon{opt: opt, log: opt.Log, started: time.Now(), names: intern.New(maxNames)}
	d.config.Store(cfg)
	d.problems = problemsOf(warnings, nil)
	for _, w := range warnings {
		d.log.Warn(w.String())
	}
	d.setLevel(cfg)
	d.limitMemory(cfg)
	if err := d.open(cfg); err != nil {
		return err
	}
	return d.run(ctx, cfg)
}

// open makes the store and the engine.
func (d *Daemon) open(cfg *uci.Config) error {
	path := filepath.Join(cfg.Store.Path, store.FileName)
	st, err := store.Open(path, store.Options{
		Names:       d.names,
		MaxSize:     storeSize(cfg),
		TimeTrusted: func() bool { return clock.Trusted(time.Now()) != clock.Untrusted },
	})
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	d.store = st
	d.reportOpened(path)
	r, err := rollup.New(rollup.Config{})
	if err != nil {
		return err
	}
	d.engine = engine.New(engine.Config{
		Flows: flow.Config{
			Max: cfg.Main.MaxFlows, Idle: cfg.Main.IdleTimeout, Active: cfg.Main.ActiveTimeout,
			Completed: closedAfter,
		},
		MaxHosts: max(cfg.Main.MaxFlows/hostsPer, 256), MaxDevices: cfg.Main.MaxDevices,
		HostIdle: hostIdle(cfg), DeviceStale: cfg.Main.DeviceStale,
		Rollup: r, Names: d.names,
	})
	d.restoreDevices()
	d.engine.Configure(namedDevices(cfg))
	d.engine.SetNetworks(d.networks(cfg))
	d.backend = &api.Backend{Traffic: d.engine, History: d, Daemon: d}
	return nil
}

// reportOpened logs what became of an earlier database.
func (d *Daemon) reportOpened(path string) {
	switch o := d.store.Opened(); {
	case o.MovedTo != "":
		d.log.Error("the database could not be used and was moved aside; history begins anew",
			"path", path, "moved_to", o.MovedTo, "why", o.Why)
	case o.Fresh:
		d.log.Info("new database", "path", path)
	default:
		d.log.Info("database", "path", path, "names", o.Names)
	}
}

// run starts all tasks, waits, and stops them in the order of the river: sources
// first, then the last tick, the API, and the store when nothing more comes.
func (d *Daemon) run(ctx context.Context, cfg *uci.Config) error {
	d.tasks = newTasks()
	d.sockets = activatedSockets()
	writer := d.tasks.start("store", d.store.Run)
	var err error
	if d.api, err = d.startAPI(cfg); err == nil {
		d.startLinks()
		d.startCapture(cfg)
		d.startFiles(cfg)
		ticker := d.tasks.start("clock", d.tickLoop)
		notify(ready)
		err = d.wait(ctx)
		notify(stopping)
		d.stopSources()
		d.tasks.stop(ticker)
		d.tasks.stop(d.api)
	}
	d.finish()
	d.tasks.stop(writer)
	d.tasks.stopAll()
	closing, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if cerr := d.store.Close(closing); cerr != nil {
		err = errors.Join(err, fmt.Errorf("close store: %w", cerr))
	}
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
		case t := <-d.tasks.ended:
			if err := d.taskEnded(t); err != nil {
				return err
			}
		}
	}
}

// taskEnded decides what the end of a task means. A source that fails leaves the
// others running; the last one takes the daemon with it, for it would only
// pretend to watch.
func (d *Daemon) taskEnded(t *task) error {
	if t.err == nil || !d.tasks.has(t) {
		return nil
	}
	if !t.isSource {
		return t.err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.sources {
		if r.task != t && !r.task.failed() {
			d.log.Error("source failed; the others go on", "error", t.err)
			return nil
		}
	}
	return t.err
}

func (d *Daemon) setLevel(cfg *uci.Config) {
	if d.opt.Level != nil {
		d.opt.Level.Set(cfg.Main.LogLevel)
	}
}

// hostIdle returns when remote hosts leave memory, 0 when they are to stay.
func hostIdle(cfg *uci.Config) time.Duration {
	for _, s := range cfg.Main.Sticky {
		if s == uci.ScopeRemote || s == uci.ScopeAll {
			return 0
		}
	}
	return cfg.Main.HostIdle
}
