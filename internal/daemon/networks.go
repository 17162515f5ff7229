package daemon

import (
	"context"
	"net/netip"
	"slices"

	"weir/internal/device"
	"weir/internal/link"
	"weir/uci"
)

// startLinks follows the kernel's interfaces, so that local networks change with
// them: IPv6 prefixes come and go, PPPoE redials.
func (d *Daemon) startLinks() {
	w, err := link.Open()
	if err != nil {
		d.log.Warn("follow interfaces: local networks are those of the configuration only", "error", err)
		return
	}
	d.tasks.start("links", func(ctx context.Context) error {
		defer w.Close()
		var state link.State
		err := w.Run(ctx, func(e link.Event) {
			d.mu.Lock()
			changed := state.Apply(e)
			if e.Op == link.Synced {
				changed, d.links = true, &state
			}
			changed = changed && d.links != nil
			d.mu.Unlock()
			if changed {
				d.relocate()
			}
		})
		if err != nil {
			d.log.Error("follow interfaces: local networks stay as they are", "error", err)
		}
		return nil
	})
}

// relocate tells the engine what is local now. It is called when interfaces
// changed and at a reload, which may be at once: the later one must have the last
// word.
func (d *Daemon) relocate() {
	d.locating.Lock()
	defer d.locating.Unlock()
	d.engine.SetNetworks(d.networks(d.config.Load()))
}

// networks returns the scopes of addresses: the networks of the captured
// interfaces and those of the configuration are local, every address of this
// machine is the router's. Where neither is known, as behind a mirror port,
// private addresses are local and the traffic tells the others.
func (d *Daemon) networks(cfg *uci.Config) *device.Networks {
	local := slices.Clone(cfg.Main.LocalNetworks)
	var own []netip.Addr
	d.mu.Lock()
	state, devices := d.links, d.devices
	if state != nil {
		for _, a := range state.Addresses(0) {
			own = append(own, a.Prefix.Addr())
		}
		for _, name := range devices {
			if l, ok := state.ByName(name); ok {
				for _, a := range state.Addresses(l.Index) {
					local = append(local, a.Prefix.Masked())
				}
			}
		}
	}
	d.mu.Unlock()
	guessed := !slices.ContainsFunc(local, func(p netip.Prefix) bool { return p.Addr().IsGlobalUnicast() })
	if guessed {
		local = append(local, device.Private...)
	}
	n := device.NewNetworks(local, own)
	n.Guessed = guessed
	return n
}
