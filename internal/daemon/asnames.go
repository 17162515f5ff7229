package daemon

import (
	"strconv"
	"strings"
	"sync"
)

// maxASNames bounds the names of autonomous systems that are remembered: reading one
// from the database takes some 50 µs, and pages show the same few again and again.
const maxASNames = 128

// asNames remembers who autonomous systems belong to. It is safe for concurrent
// use.
type asNames struct {
	mu  sync.Mutex
	all map[uint32]string
}

// name returns the name of a system, which ask tells if it is not known.
func (n *asNames) name(asn uint32, ask func(uint32) string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	name, ok := n.all[asn]
	if ok {
		return name
	}
	if n.all == nil || len(n.all) >= maxASNames {
		n.all = make(map[uint32]string)
	}
	name = ask(asn)
	n.all[asn] = name
	return name
}

// forget forgets all names: there is another database.
func (n *asNames) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = nil
}

// ASName returns who an autonomous system belongs to, "" where that is not known.
func (d *Daemon) ASName(asn uint32) string { return d.asNames.name(asn, d.places.ASName) }

// asLabel returns the name of the system with a key of series, as "AS64500".
func (d *Daemon) asLabel(key string) string {
	asn, err := strconv.ParseUint(strings.TrimPrefix(key, "AS"), 10, 32)
	if err != nil {
		return ""
	}
	return d.ASName(uint32(asn))
}
