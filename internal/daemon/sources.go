package daemon

import (
	"context"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strconv"
	"time"

	"weir/internal/api"
	"weir/internal/source"
	"weir/internal/source/afpacket"
	"weir/internal/source/pcap"
	"weir/uci"
)

// origin is what a source is made from; one of the two is set. A reload leaves
// a source alone whose origin stayed the same: a file that was read to its end
// must not be counted again.
type origin struct {
	capture *afpacket.Config // the interfaces, all of them in one source
	file    *pcap.Config     // a capture file or a pipe
}

// plan is what a configuration wants to be read, made but not running.
type plan struct {
	origins  []origin
	sources  []source.Source // one for each origin
	devices  []string        // captured ones whose networks are local
	problems []api.Problem   // what of it cannot be done
}

// running is one source with the task that runs it.
type running struct {
	origin origin
	source source.Source
	task   *task
}

// plan makes the sources that cfg wants. It opens nothing.
func (d *Daemon) plan(cfg *uci.Config) (plan, error) {
	var p plan
	var capture afpacket.Config
	capture, p.devices, p.problems = captureOf(cfg)
	if len(capture.Interfaces) > 0 {
		src, err := afpacket.New(capture, d.log)
		if err != nil {
			return plan{}, err
		}
		p.origins, p.sources = append(p.origins, origin{capture: &capture}), append(p.sources, src)
	}
	for _, file := range filesOf(cfg) {
		live := file
		live.Now = func() time.Time { return d.opt.Now().Wall }
		p.origins, p.sources = append(p.origins, origin{file: &file}), append(p.sources, pcap.New(live))
	}
	return p, nil
}

// captureOf resolves the configured interfaces to devices, and returns those of
// them whose networks are the house's: uplinks are captured when they are asked
// for, but what they lead to is not local.
func captureOf(cfg *uci.Config) (c afpacket.Config, local []string, problems []api.Problem) {
	c = afpacket.Config{
		RingBytes: int(cfg.Main.RingSize), Snaplen: cfg.Main.Snaplen,
		Sampling: cfg.Main.Sampling, Promiscuous: cfg.Main.Promiscuous,
	}
	uplink := make(map[string]bool)
	for _, name := range cfg.Uplinks() {
		device, _ := cfg.Router.Resolve(name)
		uplink[device] = true
	}
	takenAs := make(map[string]string) // interface by device
	warn := func(format string, args ...any) {
		problems = append(problems, api.Problem{Section: "main", Option: "interface", Warning: true, Message: fmt.Sprintf(format, args...)})
	}
	for _, name := range cfg.Main.Interfaces {
		device, ports := cfg.Router.Resolve(name)
		if device == "" {
			warn("interface %s is not watched: the router's configuration names no device for it; give the device itself, such as wwan0", name)
			continue
		}
		if other, taken := takenAs[device]; taken {
			warn("interface %s is left out: its device %s is watched as %s already; remove one of the two", name, device, other)
			continue
		}
		takenAs[device] = name
		c.Interfaces = append(c.Interfaces, afpacket.Interface{
			Name: name, Device: device, Ports: len(ports) > 0 && cfg.Main.CapturePorts == uci.On,
		})
		if !uplink[device] {
			local = append(local, device)
		}
	}
	return c, local, problems
}

// filesOf returns the captures that are to be read.
func filesOf(cfg *uci.Config) []pcap.Config {
	var files []pcap.Config
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		if !s.Enabled {
			continue
		}
		name := s.Name
		if name == "" {
			name = s.ID
		}
		files = append(files, pcap.Config{Name: name, Path: s.Path, Pace: float64(s.Pace), Loop: s.Loop})
	}
	return files
}

// setSources makes the plan come true: sources that run and are planned go on,
// others are stopped, and then the new ones start. A planned source that failed
// gets another chance. Called with reload held.
func (d *Daemon) setSources(p plan) {
	d.mu.Lock()
	stop := slices.Clone(d.sources)
	next := make([]running, len(p.sources))
	for i, o := range p.origins {
		next[i] = running{origin: o, source: p.sources[i]}
		same := func(r running) bool { return !r.task.failed() && reflect.DeepEqual(r.origin, o) }
		if at := slices.IndexFunc(stop, same); at >= 0 {
			next[i] = stop[at]
			stop = slices.Delete(stop, at, at+1)
		}
	}
	d.devices = p.devices
	d.mu.Unlock()
	for _, r := range stop {
		d.tasks.stop(r.task)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range next {
		if next[i].task == nil {
			next[i].task = d.startSource(next[i])
		}
	}
	d.sources = next
}

func (d *Daemon) startSource(r running) *task {
	name := r.source.Status().Name
	if f := r.origin.file; f != nil {
		pace := "max"
		if f.Pace > 0 {
			pace = strconv.FormatFloat(f.Pace, 'g', -1, 64) + "x"
		}
		d.log.Info("reading", "interface", name, "path", f.Path, "pace", pace, "loop", f.Loop)
	}
	return d.tasks.startSource(name, func(ctx context.Context) error {
		err := r.source.Run(ctx, d.engine)
		if err == nil {
			return nil
		}
		if r.origin.file != nil {
			err = explain(err, "make it, or set another option path or enabled 0 in its config source", fs.ErrNotExist)
			err = explain(err, readable, fs.ErrPermission)
		}
		return fmt.Errorf("source %s: %w", name, err)
	})
}
