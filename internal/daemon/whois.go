package daemon

import (
	"context"
	"errors"
	"time"

	"weir/internal/link"
	"weir/internal/packet"
	"weir/uci"
)

// How often is looked who is who: at files that may have changed, at the stations of
// access points and the ports of bridges; and at leases that no file tells of.
const (
	whoisEvery = 5 * time.Second
	whoisAll   = 30 * time.Second
	whoisCall  = 3 * time.Second // for one look over ubus, of which a busy router has many callers
)

// whois is what is remembered between two looks. It is of the goroutine that looks.
type whois struct {
	ethers                  string      // path of /etc/ethers, but in tests
	stamps                  []stamp     // of files with leases, when they were read
	config                  *uci.Config // by which they were
	leases, stations, ports once        // what was told to be wrong
}

// whoisLoop tells the engine who is who, as DHCP servers, access points and bridges
// have it.
func (d *Daemon) whoisLoop(ctx context.Context) error {
	ticker := time.NewTicker(whoisEvery)
	defer ticker.Stop()
	defer d.bus.close()
	var looked time.Time
	for {
		all := looked.IsZero() || time.Since(looked) >= whoisAll
		if all {
			looked = time.Now()
		}
		d.lookup(ctx, all)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// lookup looks once, also at leases that may have changed without a sign if it is to.
func (d *Daemon) lookup(ctx context.Context, all bool) {
	if err := timely(ctx, func(ctx context.Context) error { return d.tellLeases(ctx, all) }); d.whois.leases.changed(err) {
		d.log.Warn("leases of DHCP are not known", "error", err)
	}
	if err := timely(ctx, d.tellStations); d.whois.stations.changed(err) {
		d.log.Warn("stations of access points are not known", "error", err)
	}
	if err := d.tellPorts(); d.whois.ports.changed(err) {
		d.log.Warn("ports of bridges are not known", "error", err)
	}
}

// timely calls f with a time limit of its own: one service that hangs does not keep
// others from being asked.
func timely(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, whoisCall)
	defer cancel()
	return f(ctx)
}

// once tells errors apart that were told already.
type once struct{ last string }

// changed reports whether err is one, and another one than the last time. It is of
// one goroutine.
func (o *once) changed(err error) bool {
	text := ""
	if err != nil && !errors.Is(err, context.Canceled) {
		text = err.Error()
	}
	changed := text != "" && text != o.last
	o.last = text
	return changed
}

// tellPorts tells the engine behind which port of a bridge hardware addresses are.
func (d *Daemon) tellPorts() error {
	entries, err := link.ForwardingTables()
	if err != nil {
		return err
	}
	ports := make(map[packet.MAC]string, len(entries))
	d.mu.Lock()
	for _, e := range entries {
		if l, ok := byIndex(d.links, e.Port); ok {
			ports[packet.MAC(e.MAC)] = l.Name
		}
	}
	d.mu.Unlock()
	d.engine.SetPorts(ports)
	return nil
}

func byIndex(s *link.State, index int) (link.Link, bool) {
	if s == nil {
		return link.Link{}, false
	}
	return s.ByIndex(index)
}
