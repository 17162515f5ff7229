package daemon

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"

	"weir/internal/api"
	"weir/internal/clock"
	"weir/internal/source"
	"weir/store"
	"weir/uci"
)

// State implements api.Daemon.
func (d *Daemon) State() api.State {
	st := d.store.Status()
	s := api.State{
		Version: d.opt.Version, Started: d.started, ConfigPath: d.opt.ConfigPath,
		DB:     api.DB{Path: st.Path, FS: st.FS, Bytes: uint64(st.FileBytes), WrittenToday: st.WrittenToday},
		Memory: api.Memory{RSS: rss(), Heap: heapInUse(), Limit: memoryLimit()},
		CPU:    clock.CPU(), Bus: d.busState(),
		Line: lineOf(uplinksOf(d.config.Load()), d.config.Load().Router.Shapers),
	}
	if st.Err != nil {
		s.DB.Err = waiting(st) + ": " + st.Err.Error()
	}
	if d.archive != nil {
		a := d.archiveState()
		s.DB.Saved = a.Last
		if a.Err != nil && s.DB.Err == "" {
			s.DB.Err = "what is new waits to be saved: " + a.Err.Error()
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s.ClockTrusted, s.ClockSource = d.trust != clock.Untrusted, string(d.trust)
	s.Problems = slices.Concat(d.problems, d.steady.problems, d.apiProblems)
	if d.placesErr != "" {
		s.Problems = append(s.Problems, api.Problem{Section: "geo", Message: d.placesErr, Warning: true})
	}
	s.Mode, s.ModeWhy = string(d.steady.mode), d.steady.why
	if d.known != nil {
		s.Offload = d.known.offload()
	}
	return s
}

// waiting says what becomes of history while the database cannot be written.
func waiting(st store.Status) string {
	if st.Dropped > 0 {
		return fmt.Sprintf("history waits in memory, %d slots of it are lost", st.Dropped)
	}
	return "history waits in memory"
}

// offload returns what is known of flow offload.
func (f *facts) offload() api.Offload {
	o := api.Offload{Software: f.software, Hardware: f.hardware}
	for i := range f.tables {
		t := &f.tables[i]
		o.Flowtables = append(o.Flowtables, api.Flowtable{
			Table: t.Table, Name: t.Name, Devices: t.Devices, Counter: t.Counter, Hardware: t.Hardware,
		})
	}
	if f.tablesErr != nil {
		o.Err = f.tablesErr.Error()
	}
	return o
}

// Sources implements api.Daemon.
func (d *Daemon) Sources() []source.Status {
	d.mu.Lock()
	all := append([]running(nil), d.sources...)
	d.mu.Unlock()
	out := make([]source.Status, len(all))
	for i, r := range all {
		out[i] = r.source.Status()
		if r.task.failed() {
			out[i].State, out[i].Note = "failed", r.task.err.Error()
		}
	}
	return out
}

// Config implements api.Daemon.
func (d *Daemon) Config() []byte { return d.config.Load().AppendUCI(nil) }

// CheckConfig implements api.Daemon.
func (d *Daemon) CheckConfig(_ context.Context, text string) []api.Problem {
	var cfg *uci.Config
	var warnings []uci.Warning
	var err error
	if text == "" {
		cfg, warnings, err = d.opt.load()
	} else {
		cfg, warnings, err = uci.Parse(strings.NewReader(text), "text")
	}
	problems := problemsOf(warnings, err)
	if err == nil {
		problems = append(problems, Check(cfg)...)
	}
	return problems
}

// problemsOf turns what package uci found into the API's rows.
func problemsOf(warnings []uci.Warning, err error) []api.Problem {
	var out []api.Problem
	var list uci.Errors
	switch {
	case errors.As(err, &list):
		for _, e := range list {
			out = append(out, api.Problem{Section: e.Section, Option: e.Option, Message: e.Error()})
		}
	case err != nil:
		out = append(out, api.Problem{Message: err.Error()})
	}
	for _, w := range warnings {
		out = append(out, api.Problem{Section: w.Section, Option: w.Option, Message: w.String(), Warning: true})
	}
	return out
}

// heapInUse returns the bytes of live and not yet swept objects.
func heapInUse() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}

// memoryLimit returns the runtime's limit, 0 for none.
func memoryLimit() uint64 {
	if l := debug.SetMemoryLimit(-1); l != math.MaxInt64 {
		return uint64(l)
	}
	return 0
}
