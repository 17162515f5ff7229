package daemon

import (
	"fmt"
	"time"

	"weir/internal/api"
	"weir/internal/source"
	"weir/internal/source/afpacket"
	"weir/internal/source/conntrack"
	"weir/internal/source/pcap"
	"weir/uci"
)

// origin is what a source is made from; one of the three is set. A reload leaves
// a source alone whose origin stayed the same: a file that was read to its end
// must not be counted again, and connection tracking keeps its baselines.
type origin struct {
	capture  *afpacket.Config // the interfaces, all of them in one source
	tracking bool             // the kernel's table of connections
	file     *pcap.Config     // a capture file or a pipe
}

// plan is what a configuration wants to be read, made but not running.
type plan struct {
	choice   choice
	origins  []origin
	sources  []source.Source // one for each origin
	watched  []watched
	problems []api.Problem // what of it cannot be done
}

func (p *plan) add(o origin, s source.Source) {
	p.origins, p.sources = append(p.origins, o), append(p.sources, s)
}

// watched is a network that is configured to be watched, with a row of its own.
type watched struct {
	name   string // of the observation point
	point  uint8  // and its number
	device string
	uplink bool // it leads outside: what it leads to is not local
}

// plan makes the sources that cfg wants, observed as c says. It opens nothing.
func (d *Daemon) plan(cfg *uci.Config, c choice) (plan, error) {
	p := plan{choice: c}
	p.watched, p.problems = watchedOf(cfg)
	if c.mode != uci.ModePackets {
		p.add(origin{tracking: true}, conntrack.New(conntrack.Config{Broadcast: d.broadcast, Now: d.opt.Now}, d.log))
	}
	if capture := captureOf(cfg, c, p.watched); len(capture.Interfaces) > 0 {
		src, err := afpacket.New(capture, d.log)
		if err != nil {
			return plan{}, err
		}
		p.add(origin{capture: &capture}, src)
	}
	for _, file := range filesOf(cfg) {
		live := file
		live.Now = func() time.Time { return d.opt.Now().Wall }
		p.add(origin{file: &file}, pcap.New(live))
	}
	return p, nil
}

// watchedOf resolves the configured interfaces to devices.
func watchedOf(cfg *uci.Config) (all []watched, problems []api.Problem) {
	uplink := make(map[string]bool)
	for _, u := range uplinksOf(cfg) {
		uplink[u.device] = true
	}
	takenAs := make(map[string]string) // interface by device
	warn := func(format string, args ...any) {
		problems = append(problems, api.Problem{Section: "main", Option: "interface", Warning: true, Message: fmt.Sprintf(format, args...)})
	}
	for _, name := range cfg.Main.Interfaces {
		device, _ := cfg.Router.Resolve(name)
		if device == "" {
			warn("interface %s is not watched: the router's configuration names no device for it; give the device itself, such as wwan0", name)
			continue
		}
		if other, taken := takenAs[device]; taken {
			warn("interface %s is left out: its device %s is watched as %s already; remove one of the two", name, device, other)
			continue
		}
		takenAs[device] = name
		all = append(all, watched{name: name, device: device, uplink: uplink[device]})
	}
	return all, problems
}

// captureOf returns what is to be captured. Where connection tracking counts, an
// uplink is left out: behind the translation of addresses its packets name no
// flow of the house.
func captureOf(cfg *uci.Config, c choice, all []watched) afpacket.Config {
	a := afpacket.Config{
		RingBytes: int(cfg.Main.RingSize), Snaplen: cfg.Main.Snaplen,
		Sampling: cfg.Main.Sampling, Promiscuous: cfg.Main.Promiscuous,
		Hybrid: c.mode == uci.ModeHybrid,
	}
	if a.Hybrid {
		a.Budget, a.BridgedTracked = c.budget, c.bridged
	}
	if c.mode == uci.ModeConntrack {
		return a
	}
	for _, w := range all {
		if !w.uplink || !a.Hybrid {
			a.Interfaces = append(a.Interfaces, afpacket.Interface{Name: w.name, Device: w.device, Ports: c.ports})
		}
	}
	return a
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
