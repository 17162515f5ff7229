package daemon

import (
	"net/netip"
	"time"

	"weir/internal/packet"
	"weir/internal/resolve"
	"weir/uci"
)

// newResolver returns what looks up names of addresses, for d.engine.
func (d *Daemon) newResolver(cfg *uci.Config) *resolve.Resolver {
	servers := d.opt.Resolvers
	if servers == nil {
		servers = func() []netip.AddrPort { return resolve.Nameservers(resolve.ResolvConf) }
	}
	return resolve.New(resolve.Config{
		Mode:    reverseMode(cfg),
		Servers: servers,
		Answer: func(a packet.Addr, name []byte, again time.Duration) {
			d.engine.Called(a, name, again)
		},
	})
}

// reverseMode returns which addresses are looked up.
func reverseMode(cfg *uci.Config) resolve.Mode {
	switch cfg.Main.DNSMode {
	case uci.ScopeLocal:
		return resolve.Local
	case uci.ScopeAll:
		return resolve.All
	}
	return resolve.Off
}
