package daemon

import (
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"weir/internal/alert"
	"weir/internal/api"
	"weir/internal/clock"
	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/flowlog"
	"weir/internal/geo"
	"weir/internal/packet"
	"weir/internal/rollup"
	"weir/store"
	"weir/uci"
)

// durableEvery is the least time between two commits where each wears flash. In
// RAM slots are committed as they close.
const durableEvery = 10 * time.Minute

// open makes the store and the engine.
func (d *Daemon) open(cfg *uci.Config) error {
	d.setZone(cfg)
	if err := d.openStore(cfg); err != nil {
		return err
	}
	r, err := rollup.New(rollup.Config{Tiers: tiers(cfg), Levels: levels(cfg), Calendar: d.calendar()})
	if err != nil {
		return err
	}
	d.loadPlaces()
	d.resolver = d.newResolver(cfg)
	table, problems := applications(cfg)
	d.problems = append(d.problems, problems...)
	d.warn(problems)
	d.engine = engine.New(engine.Config{
		Flows: flow.Config{
			Max: cfg.Main.MaxFlows, Idle: cfg.Main.IdleTimeout, Active: cfg.Main.ActiveTimeout,
			Completed: closedAfter,
		},
		MaxHosts: max(cfg.Main.MaxFlows/hostsPer, 256), MaxDevices: cfg.Main.MaxDevices,
		HostIdle: hostIdle(cfg), DeviceStale: cfg.Main.DeviceStale,
		Apps: table, Privacy: privacy(cfg), NoDNS: !readsDNS(cfg),
		Rollup: r, Names: d.names, Log: d.flowLog(cfg), Place: d.places.Lookup, Reverse: d.resolver.Ask,
		Vendor: func(m packet.MAC) string { return d.places.VendorName(geo.MAC(m)) },
	})
	d.configureAccounts(cfg)
	d.restoreKept()
	d.engine.Configure(namedDevices(cfg))
	d.tellOpened()
	d.restoreClock()
	d.backend = &api.Backend{
		Traffic: d.engine, History: d, Daemon: d, Uplinks: &d.coverage, Storage: d, Account: d, Alerts: &d.alerts, World: d, Identity: d,
		Now: func() time.Time { return d.wall().In(d.zone.Load()) },
	}
	if cfg.Store.FlowDays > 0 {
		d.backend.FlowLog = flowLog{d}
	}
	return nil
}

// openStore opens the database, and the archive that it is made from when it is
// not there: after a reboot, which empties a router's RAM, or when it cannot be
// used.
func (d *Daemon) openStore(cfg *uci.Config) error {
	path := filepath.Join(cfg.Store.Path, store.FileName)
	st, err := store.Open(path, store.Options{
		Names: d.names, MaxSize: storeSize(cfg), Now: d.now,
		Tiers: tiers(cfg), Calendar: d.calendar(), FlowKeep: flowKeep(cfg), CommitEvery: durableEvery,
		MaxDevices:  max(store.DefaultMaxDevices, cfg.Main.MaxDevices),
		TimeTrusted: d.ageing.Load,
	})
	if err != nil {
		return explain(err, "set option path in section store to another directory", syscall.ENOTDIR, syscall.EISDIR)
	}
	d.store = st
	d.logOpened(path)
	d.openArchive(cfg)
	return nil
}

// logOpened logs what became of an earlier database; of one that cannot be used
// tellOpened does.
func (d *Daemon) logOpened(path string) {
	o := d.store.Opened()
	switch {
	case o.MovedTo != "":
	case o.Fresh:
		d.log.Info("new database", "path", path)
	default:
		d.log.Info("database", "path", path, "names", o.Names)
	}
	if len(o.Removed) > 0 {
		d.log.Warn("older databases that could not be used made room", "removed", o.Removed)
	}
}

// tellOpened raises alerts for what is wrong with storage, now that those of earlier
// runs are there.
func (d *Daemon) tellOpened() {
	if o := d.store.Opened(); o.MovedTo != "" {
		d.raiseDamaged(o)
	}
	if err := d.snapshots.err; err != nil {
		d.raiseSnapshots(err)
	}
}

func (d *Daemon) raiseDamaged(o store.OpenReport) {
	d.raise(alert.New{
		Severity: alert.Error, Type: storageAlert, Subject: "damaged",
		Text: fmt.Sprintf("the database could not be used and was moved to %s; another one begins: %v", o.MovedTo, o.Why),
	})
}

// flowLog returns what takes the flows that ended, nil where none are kept.
func (d *Daemon) flowLog(cfg *uci.Config) func(*flowlog.Flow) {
	if cfg.Store.FlowDays == 0 {
		return nil
	}
	return d.store.LogFlow
}

// flowKeep returns how long flows that ended are kept, in seconds; 0 means the
// store's default, which is not reached where none are logged.
func flowKeep(cfg *uci.Config) int64 { return int64(cfg.Store.FlowDays) * clock.Day }

// tiers returns the tiers of the store: those configured, and months, which are
// few and are kept for good.
func tiers(cfg *uci.Config) []rollup.Tier {
	var all []rollup.Tier
	for _, t := range cfg.Store.Tiers {
		all = append(all, rollup.Tier{Step: int64(t.Step / time.Second), Keep: int64(t.Keep / time.Second)})
	}
	if n := len(all); n == 0 || all[n-1].Step < clock.Month && clock.Month%all[n-1].Step == 0 {
		all = append(all, rollup.Tier{Step: clock.Month})
	}
	return all
}

// coverageClasses are what uci calls coverage.
var coverageClasses = []rollup.Class{rollup.Uplink, rollup.Attributed, rollup.RouterOwn}

// levels returns how much is kept of each class: the defaults with what is
// configured over them.
func levels(cfg *uci.Config) [rollup.NumClasses]rollup.Level {
	all := rollup.DefaultLevels()
	for _, s := range cfg.Store.Series {
		level, ok := rollup.ParseLevel(s.Level)
		if !ok {
			continue // uci knows the words
		}
		classes := coverageClasses
		if c, ok := rollup.ParseClass(s.Class); ok {
			classes = []rollup.Class{c}
		}
		for _, c := range classes {
			all[c] = level
		}
	}
	return all
}
