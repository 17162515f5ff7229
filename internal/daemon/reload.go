package daemon

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"weir/internal/api"
	"weir/uci"
)

// errStopping is returned by Reload once weir is on its way out.
var errStopping = errors.New("weir is stopping")

// Reload implements api.Daemon: it reads the configuration again. When it is
// invalid the old one stays in force and what is wrong is reported, here and by
// State. When it is valid only the tasks whose part changed are restarted. The
// API is restarted after Reload has returned, as it may be the API that calls;
// should that fail, State and the log tell.
func (d *Daemon) Reload(context.Context) error {
	d.reload.Lock()
	defer d.reload.Unlock()
	if d.stopping {
		return errStopping
	}
	notifyReloading()
	defer notify(ready)
	cfg, warnings, err := d.opt.load()
	var p plan
	var f *facts
	var c choice
	if err == nil {
		f, c = d.look(cfg)
		p, err = d.plan(cfg, c)
	}
	if err != nil {
		d.setProblems(problemsOf(warnings, err))
		return err
	}
	old := d.config.Load()
	problems := append(problemsOf(warnings, nil), p.problems...)
	table, leftOut := applications(cfg)
	problems = append(problems, leftOut...)
	problems = append(problems, atRestart(d.boot, cfg)...)
	d.setProblems(problems)
	if d.config.Store(cfg); d.adopt(f, c, true) {
		defer d.logChoice(p)
	}
	d.log.Info("configuration read again", "changed", cfg.Changed(old))
	d.noteConfig(cfg.Changed(old))
	d.warn(problems)
	d.setLevel(cfg)
	d.limitMemory(cfg)
	d.engine.SetTimeouts(cfg.Main.IdleTimeout, cfg.Main.ActiveTimeout)
	d.engine.Configure(namedDevices(cfg))
	d.setZone(cfg)
	d.engine.SetKept(levels(cfg), d.calendar())
	d.configureAccounts(cfg)
	d.store.SetCalendar(d.calendar())
	d.snapshotSoon()
	d.loadPlaces()
	d.engine.SetPrivacy(privacy(cfg))
	d.engine.SetDNS(readsDNS(cfg))
	if d.resolver.SetMode(reverseMode(cfg)) {
		d.engine.ForgetReverse()
	}
	if !reflect.DeepEqual(cfg.Applications, old.Applications) {
		d.engine.SetApps(table)
	}
	d.setSources(p)
	select {
	case d.serveAgain <- struct{}{}:
	default: // it is to look at the API already
	}
	return nil
}

func (d *Daemon) setProblems(p []api.Problem) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.problems = p
}

// warn logs problems that do not keep a configuration from being in force.
func (d *Daemon) warn(problems []api.Problem) {
	for _, p := range problems {
		d.log.Warn(p.Message)
	}
}

// atRestart names what a running daemon cannot change: the sizes of its tables
// and what is kept where. The configuration it was started with is what counts, so
// that the note stays until the restart.
func atRestart(boot, cfg *uci.Config) []api.Problem {
	var out []api.Problem
	add := func(changed bool, section, option string) {
		if changed {
			out = append(out, api.Problem{Section: section, Option: option, Warning: true,
				Message: "option " + option + " takes effect when weir is restarted"})
		}
	}
	add(boot.Main.MaxFlows != cfg.Main.MaxFlows, "main", "max_flows")
	add(boot.Main.MaxDevices != cfg.Main.MaxDevices, "main", "max_devices")
	add(boot.Main.HostIdle != cfg.Main.HostIdle, "main", "host_idle")
	add((hostIdle(boot) == 0) != (hostIdle(cfg) == 0), "main", "sticky")
	add(boot.Main.DeviceStale != cfg.Main.DeviceStale, "main", "device_stale")
	add(boot.Main.Enabled != cfg.Main.Enabled, "main", "enabled")
	add(boot.Store.Path != cfg.Store.Path, "store", "path")
	add(boot.Store.MaxSize != cfg.Store.MaxSize, "store", "max_size")
	add(boot.Store.SnapshotPath != cfg.Store.SnapshotPath, "store", "snapshot_path")
	add(boot.Store.SnapshotSize != cfg.Store.SnapshotSize, "store", "snapshot_size")
	add(boot.Store.FlowDays != cfg.Store.FlowDays, "store", "flow_days")
	add(!slices.Equal(boot.Store.Tiers, cfg.Store.Tiers), "store", "tier")
	return out
}
