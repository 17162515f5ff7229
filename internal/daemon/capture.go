package daemon

import (
	"context"
	"fmt"
	"reflect"

	"weir/internal/source"
	"weir/internal/source/afpacket"
	"weir/internal/source/pcap"
	"weir/uci"
)

// captureConfig is what the live capture is made from; comparing two tells
// whether a reload has to restart it.
type captureConfig struct {
	afpacket.Config
	Devices []string // where the local networks are, by device
}

// captureOf resolves the configured interfaces to devices. Uplinks are captured
// when they are asked for, but their networks are not the house's.
func captureOf(cfg *uci.Config) captureConfig {
	c := captureConfig{Config: afpacket.Config{
		RingBytes: int(cfg.Main.RingSize), Snaplen: cfg.Main.Snaplen,
		Sampling: cfg.Main.Sampling, Promiscuous: cfg.Main.Promiscuous,
	}}
	uplink := make(map[string]bool)
	for _, name := range cfg.Uplinks() {
		device, _ := cfg.Router.Resolve(name)
		uplink[device] = true
	}
	for _, name := range cfg.Main.Interfaces {
		device, ports := cfg.Router.Resolve(name)
		c.Interfaces = append(c.Interfaces, afpacket.Interface{
			Name: name, Device: device, Ports: len(ports) > 0 && cfg.Main.CapturePorts == uci.On,
		})
		if !uplink[device] {
			c.Devices = append(c.Devices, device)
		}
	}
	return c
}

// startCapture starts the live capture, if the configuration has any.
func (d *Daemon) startCapture(cfg *uci.Config) {
	c := captureOf(cfg)
	d.mu.Lock()
	d.capture = c
	d.mu.Unlock()
	if len(c.Interfaces) == 0 {
		return
	}
	src, err := afpacket.New(c.Config, d.log)
	if err != nil {
		d.addSource(failedSource{name: "interfaces", kind: "afpacket", err: err})
		return
	}
	for _, i := range c.Interfaces {
		d.log.Info("capturing", "interface", i.Name, "device", i.Device, "ports", i.Ports, "promiscuous", c.Promiscuous)
	}
	d.addSource(src)
}

// startFiles starts a source for each capture file, pipe or stream.
func (d *Daemon) startFiles(cfg *uci.Config) {
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		if !s.Enabled {
			continue
		}
		name := s.Name
		if name == "" {
			name = s.ID
		}
		d.log.Info("reading", "interface", name, "path", s.Path, "pace", s.Pace, "loop", s.Loop)
		d.addSource(pcap.New(pcap.Config{Name: name, Path: s.Path, Pace: float64(s.Pace), Loop: s.Loop}))
	}
}

// addSource runs a source and remembers it for its status.
func (d *Daemon) addSource(s source.Source) {
	name := s.Status().Name
	t := d.tasks.startSource(name, func(ctx context.Context) error {
		if err := s.Run(ctx, d.engine); err != nil {
			return fmt.Errorf("source %s: %w", name, err)
		}
		return nil
	})
	d.mu.Lock()
	d.sources = append(d.sources, running{s, t})
	d.mu.Unlock()
}

// stopSources ends all sources and forgets them.
func (d *Daemon) stopSources() {
	d.mu.Lock()
	all := d.sources
	d.sources = nil
	d.mu.Unlock()
	for _, r := range all {
		d.tasks.stop(r.task)
	}
}

// captureChanged reports whether the live capture of cfg is another one.
func (d *Daemon) captureChanged(cfg *uci.Config) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !reflect.DeepEqual(d.capture, captureOf(cfg))
}

// failedSource stands for a source that could not even be made, so that its
// error ends up where the errors of the others do.
type failedSource struct {
	name, kind string
	err        error
}

// Run fails.
func (f failedSource) Run(context.Context, source.Sink) error { return f.err }

// Status says why.
func (f failedSource) Status() source.Status {
	return source.Status{Name: f.name, Kind: f.kind, State: "failed", Note: f.err.Error()}
}
