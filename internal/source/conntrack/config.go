package conntrack

import (
	"time"

	"weir/internal/clock"
	"weir/internal/packet"
)

// Defaults and limits of Config.
const (
	DefaultEvery      = 5 * time.Second
	MaxEvery          = time.Minute // that dumps move apart when they take long
	DefaultMaxEntries = 1 << 16
	DefaultBuffer     = 2 << 20
)

// Config says how connection tracking is read. Zero values mean the defaults,
// values out of range the nearest that is in it.
type Config struct {
	// Every is the time between dumps. It grows, up to MaxEvery, while a dump
	// takes more than 1/share of it.
	Every time.Duration
	// MaxEntries bounds the entries whose counters are remembered.
	MaxEntries int
	// Buffer is the size of the receive buffer of events in bytes, which the
	// kernel doubles for its own needs: the default holds some 3,200 events. Memory
	// is taken only by events that are there.
	Buffer int
	// Broadcast reports whether an IPv4 address is the broadcast address of one of
	// this machine's networks: entries to it are left out as those to multicast
	// are, and nothing in them tells. It is called from Run's goroutine, once per
	// entry. Nil knows none.
	Broadcast func(*packet.Addr) bool
	// Now is for tests; clock.Now by default.
	Now func() clock.Reading
}

// maxBuffer is what the kernel takes for the size of a receive buffer, halved.
const maxBuffer = 1 << 29

// share is how much longer than a dump the time until the next is.
const share = 64

// withDefaults returns c with its zero values filled in, and those out of range
// brought into it.
func (c Config) withDefaults() Config {
	if c.Every <= 0 {
		c.Every = DefaultEvery
	}
	if c.MaxEntries <= 0 {
		c.MaxEntries = DefaultMaxEntries
	}
	if c.Buffer <= 0 {
		c.Buffer = DefaultBuffer
	}
	c.MaxEntries = min(c.MaxEntries, maxTable)
	c.Buffer = min(c.Buffer, maxBuffer)
	if c.Broadcast == nil {
		c.Broadcast = func(*packet.Addr) bool { return false }
	}
	if c.Now == nil {
		c.Now = clock.Now
	}
	return c
}

// pace returns the time between dumps when the last one took so long.
func (c *Config) pace(took time.Duration) time.Duration {
	return max(c.Every, min(share*took, MaxEvery))
}
