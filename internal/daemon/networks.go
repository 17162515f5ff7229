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
		synced := false
		err := w.Run(ctx, func(e link.Event) {
			changed := state.Apply(e)
			synced = synced || e.Op == link.Synced
			if !synced || !changed && e.Op != link.Synced {
				return
			}
			d.mu.Lock()
			d.links = &state
			d.mu.Unlock()
			d.relocate(d.config.Load())
		})
		if err != nil {
			d.log.Error("follow interfaces: local networks stay as they are", "error", err)
		}
		return nil
	})
}

// relocate tells the engine what is local now.
func (d *Daemon) relocate(cfg *uci.Config) { d.engine.SetNetworks(d.networks(cfg)) }

// networks returns the scopes of addresses: the networks of the captured
// interfaces and those of the configuration are local, every address of this
// machine is the router's. Where neither is known, as behind a mirror port,
// private addresses are local.
func (d *Daemon) networks(cfg *uci.Config) *device.Networks {
	local := slices.Clone(cfg.Main.LocalNetworks)
	var own []netip.Addr
	d.mu.Lock()
	state, devices := d.links, d.capture.Devices
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
	if !slices.ContainsFunc(local, func(p netip.Prefix) bool { return p.Addr().IsGlobalUnicast() }) {
		local = append(local, device.Private...)
	}
	return device.NewNetworks(local, own)
}
