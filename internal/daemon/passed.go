package daemon

import (
	"math/rand/v2"
	"slices"
	"strings"

	"weir/internal/engine"
	"weir/internal/usage"
)

// passed sums up what passed, by the scopes of quotas. It adds what is new of each
// uplink and device: one that joins a group, or is forgotten and comes back, takes
// nothing along from before. The zero value counts from zero; it is bounded by the
// uplinks, devices and quotas that there are.
type passed struct {
	epoch   uint64 // names the beginning of sums
	sums    map[string]amount
	lines   map[string]amount // of uplinks, as they were last
	devices map[uint32]amount // the same; nil while no quota is about devices
}

// amount is what was sent and received, in bytes.
type amount struct{ tx, rx uint64 }

// since returns what is new, all if a counter began anew.
func (b amount) since(last amount) amount {
	if b.tx < last.tx || b.rx < last.rx {
		return b
	}
	return amount{b.tx - last.tx, b.rx - last.rx}
}

// begin makes the sums begin anew.
func (p *passed) begin() {
	p.epoch, p.sums = rand.Uint64()|1, make(map[string]amount)
}

// keep forgets the sums of other scopes, so that they begin anew if they come
// back.
func (p *passed) keep(scopes []string) {
	for scope := range p.sums {
		if !slices.Contains(scopes, scope) {
			delete(p.sums, scope)
		}
	}
}

func (p *passed) add(scope string, b amount) {
	if p.sums == nil {
		p.begin()
	}
	sum := p.sums[scope]
	p.sums[scope] = amount{sum.tx + b.tx, sum.rx + b.rx}
}

// line adds what an uplink carried.
func (p *passed) line(name string, tx, rx uint64, scopes []string) {
	if p.lines == nil {
		p.lines = make(map[string]amount)
	}
	now := amount{tx, rx}
	fresh := now.since(p.lines[name])
	p.lines[name] = now
	for _, scope := range scopes {
		if scope == scopeHouse || scope == scopeUplink+name {
			p.add(scope, fresh)
		}
	}
}

// see adds what devices sent and received, whose groups are in pools. The first
// time it only notes where they stand: their totals are as old as they are.
func (p *passed) see(rows []engine.DeviceRow, pools map[string]string, scopes []string) {
	first := p.devices == nil
	seen := make(map[uint32]amount, len(rows))
	for i := range rows {
		r := &rows[i]
		now := amount{r.Bytes.Tx, r.Bytes.Rx}
		fresh := now.since(p.devices[r.ID])
		seen[r.ID] = now
		if first || fresh == (amount{}) {
			continue
		}
		for _, scope := range scopes {
			device, isDevice := strings.CutPrefix(scope, scopeDevice)
			pool, isPool := strings.CutPrefix(scope, scopePool)
			if isDevice && (device == r.Name || isKeyOf(device, r)) || isPool && pool == pools[r.Key] {
				p.add(scope, fresh)
			}
		}
	}
	p.devices = seen
}

// isKeyOf reports whether a device, or what it was found to be, too, has that key.
func isKeyOf(key string, r *engine.DeviceRow) bool {
	return strings.EqualFold(key, r.Key) ||
		slices.ContainsFunc(r.Members, func(m engine.MemberRow) bool { return strings.EqualFold(key, m.Key) })
}

// totals returns the sums of scopes for the ledger.
func (p *passed) totals(scopes []string) []usage.Total {
	if p.sums == nil {
		p.begin()
	}
	all := make([]usage.Total, len(scopes))
	for i, scope := range scopes {
		sum := p.sums[scope]
		all[i] = usage.Total{Scope: scope, Tx: sum.tx, Rx: sum.rx, Epoch: p.epoch}
	}
	return all
}
