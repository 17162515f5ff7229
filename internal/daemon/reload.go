package daemon

import (
	"context"
	"slices"

	"weir/internal/api"
	"weir/uci"
)

// Reload implements api.Daemon: it reads the configuration again. When it is
// invalid the old one stays in force and what is wrong is reported, here and by
// State. When it is valid only the tasks whose part changed are restarted.
func (d *Daemon) Reload(context.Context) error {
	d.reload.Lock()
	defer d.reload.Unlock()
	notify(reloading)
	defer notify(ready)
	cfg, warnings, err := uci.Load(d.opt.ConfigPath)
	if err != nil {
		d.setProblems(problemsOf(warnings, err))
		return err
	}
	old := d.config.Load()
	changed := cfg.Changed(old)
	problems := append(problemsOf(warnings, nil), atRestart(old, cfg)...)
	d.setProblems(problems)
	d.config.Store(cfg)
	d.log.Info("configuration read again", "changed", changed)
	d.setLevel(cfg)
	d.limitMemory(cfg)
	d.engine.SetTimeouts(cfg.Main.IdleTimeout, cfg.Main.ActiveTimeout)
	d.engine.Configure(namedDevices(cfg))
	if d.captureChanged(cfg) || slices.Contains(changed, "source") {
		d.stopSources()
		d.startCapture(cfg)
		d.startFiles(cfg)
	}
	d.relocate(cfg)
	if slices.Contains(changed, "api") {
		if err := d.restartAPI(old, cfg); err != nil {
			d.setProblems(append(problems, api.Problem{Section: "api", Message: err.Error()}))
			return err
		}
	}
	return nil
}

func (d *Daemon) setProblems(p []api.Problem) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.problems = p
}

// atRestart names what a running daemon cannot change: the sizes of its tables
// and its database.
func atRestart(old, cfg *uci.Config) []api.Problem {
	var out []api.Problem
	add := func(changed bool, section, option string) {
		if changed {
			out = append(out, api.Problem{Section: section, Option: option, Warning: true,
				Message: "option " + option + " takes effect when weir is restarted"})
		}
	}
	add(old.Main.MaxFlows != cfg.Main.MaxFlows, "main", "max_flows")
	add(old.Main.MaxDevices != cfg.Main.MaxDevices, "main", "max_devices")
	add(old.Main.HostIdle != cfg.Main.HostIdle, "main", "host_idle")
	add(old.Main.DeviceStale != cfg.Main.DeviceStale, "main", "device_stale")
	add(old.Main.Enabled != cfg.Main.Enabled, "main", "enabled")
	add(old.Store.Path != cfg.Store.Path, "store", "path")
	add(old.Store.MaxSize != cfg.Store.MaxSize, "store", "max_size")
	return out
}
