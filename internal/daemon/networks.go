package daemon

import (
	"context"
	"net/netip"
	"slices"

	"weir/internal/device"
	"weir/internal/link"
	"weir/internal/packet"
	"weir/internal/source"
	"weir/uci"
)

// startLinks follows the kernel's interfaces, so that local networks change with
// them: IPv6 prefixes come and go, PPPoE redials. Their neighbours tell whose
// addresses are where no packet does.
func (d *Daemon) startLinks() {
	w, err := link.Open()
	if err != nil {
		d.log.Warn("follow interfaces: local networks are those of the configuration only", "error", err)
		return
	}
	d.tasks.start("links", func(ctx context.Context) error {
		defer w.Close()
		err := w.Run(ctx, d.follow(new(link.State)))
		if err != nil {
			d.log.Warn("follow interfaces: local networks stay as they are", "error", err)
		}
		return nil
	})
}

// follow returns what keeps state and what depends on it up to date. Until all
// that is there has been told, what link.List told at the start is better.
func (d *Daemon) follow(state *link.State) func(link.Event) {
	synced := false
	return func(e link.Event) {
		d.mu.Lock()
		changed := state.Apply(e)
		if e.Op == link.Synced {
			changed, synced, d.links = true, true, state
		}
		d.mu.Unlock()
		switch {
		case !changed || !synced:
		case e.Op == link.NeighbourSet:
			d.meet([]link.Neighbour{e.Neighbour})
		case e.Op == link.NeighbourGone:
		default:
			d.moved.Store(true)
			d.relocate()
		}
	}
}

// relocate tells the engine what is local now, and what leads outside. It is
// called when interfaces changed and at a reload, which may be at once: the later
// one must have the last word.
func (d *Daemon) relocate() {
	d.locating.Lock()
	defer d.locating.Unlock()
	cfg := d.config.Load()
	ways := d.ways(cfg)
	d.mu.Lock()
	nets := d.networks(cfg)
	links, all := linksOf(d.links), d.watched
	uplinks := d.engineUplinks(ways)
	d.gauges = gauges(ways, links)
	before := d.waysAre(ways)
	d.mu.Unlock()
	d.tellWays(before)
	d.nets.Store(nets)
	d.engine.SetNetworks(nets)
	d.engine.SetUplinks(uplinks)
	d.engine.SetUnlinked(unlinked(links, all))
	d.engine.SetTunnels(tunnels(links, all, wireGuardPort(cfg)))
	d.coverage.Set(namesOf(ways))
	d.meetAll()
	d.remap(true)
	d.segments()
}

// unlinked returns the names of the watched networks of the house whose devices have
// no hardware address, as those behind a tunnel.
func unlinked(links []link.Link, all []watched) []string {
	var names []string
	for _, w := range all {
		i := slices.IndexFunc(links, func(l link.Link) bool { return l.Name == w.device })
		if i >= 0 && !w.uplink && links[i].Type != link.TypeEthernet && links[i].Type != link.TypeLoopback {
			names = append(names, w.name)
		}
	}
	return names
}

// networks returns the scopes of addresses: the networks of the watched
// interfaces and those of the configuration are local, every address of this
// machine is the router's. Where neither is known, as behind a mirror port,
// private addresses are local and the traffic tells the others. Called with mu
// held.
func (d *Daemon) networks(cfg *uci.Config) *device.Networks {
	local := slices.Clone(cfg.Main.LocalNetworks)
	var own []netip.Addr
	if d.links != nil {
		for _, a := range d.links.Addresses(0) {
			own = append(own, a.Prefix.Addr())
		}
	}
	at := d.prefixes()
	for _, p := range at {
		local = append(local, p.prefix)
	}
	guessed := !slices.ContainsFunc(local, func(p netip.Prefix) bool { return p.Addr().IsGlobalUnicast() })
	if guessed {
		local = append(local, device.Private...)
	}
	n := device.NewNetworks(local, own)
	n.Guessed = guessed
	for _, p := range at {
		if !p.prefix.Addr().IsLinkLocalUnicast() { // which is on every link
			n.Place(p.prefix, p.point)
		}
	}
	return n
}

// placed is a network of the house and where it is watched.
type placed struct {
	prefix netip.Prefix
	point  uint8
}

// prefixes returns the networks of the house that watched interfaces have
// addresses in. Called with mu held.
func (d *Daemon) prefixes() []placed {
	var all []placed
	for _, w := range d.watched {
		l, ok := byName(d.links, w.device)
		if !ok || w.uplink {
			continue
		}
		for _, a := range d.links.Addresses(l.Index) {
			all = append(all, placed{a.Prefix.Masked(), w.point})
		}
	}
	return all
}

// broadcast reports whether a is the broadcast address of a network of the house.
func (d *Daemon) broadcast(a *packet.Addr) bool {
	nets := d.nets.Load()
	return nets != nil && nets.Scope(a) == device.Broadcast
}

// meetAll tells the engine of all neighbours. It is done again and again, as the
// engine gives addresses up for others.
func (d *Daemon) meetAll() {
	d.mu.Lock()
	var all []link.Neighbour
	for _, w := range d.watched {
		if l, ok := byName(d.links, w.device); ok {
			all = append(all, d.links.Neighbours(l.Index)...)
		}
	}
	d.mu.Unlock()
	d.meet(all)
}

// meet tells the engine of neighbours.
func (d *Daemon) meet(all []link.Neighbour) {
	d.mu.Lock()
	batch := d.house(all)
	d.mu.Unlock()
	now := d.now().UnixMicro()
	for part := range slices.Chunk(batch, source.MaxConnections) { // each holds the engine's lock
		d.engine.Neighbours(part, now)
	}
}

// house returns those of the neighbours that are devices of the house: not those
// of an uplink, and not this machine itself, which is a neighbour where one of its
// devices is stacked on another. Called with mu held.
func (d *Daemon) house(all []link.Neighbour) []device.Neighbour {
	var out []device.Neighbour
	own := make(map[int][]link.MAC)
	for _, n := range all {
		l, ok := d.links.ByIndex(n.Index)
		i := slices.IndexFunc(d.watched, func(w watched) bool { return w.device == l.Name && !w.uplink })
		if !ok || i < 0 {
			continue
		}
		if _, known := own[n.Index]; !known {
			own[n.Index] = d.links.MACs(n.Index)
		}
		if !slices.Contains(own[n.Index], n.MAC) {
			out = append(out, device.Neighbour{Addr: packet.AddrOf(n.Addr), MAC: packet.MAC(n.MAC), Point: d.watched[i].point})
		}
	}
	return out
}
