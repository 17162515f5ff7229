package conntrack

import (
	"encoding/binary"
	"hash/maphash"
	"time"

	"weir/internal/clock"
	"weir/internal/flow"
	"weir/internal/packet"
	"weir/internal/source"
)

// standing is how many dumps in a row an offloaded entry's counters must not
// move to count as standing.
const standing = 3

// patience is for how long at least an entry must be in no dump to be forgotten:
// the kernel takes a second to repeat an event that found no room, or more while
// there is still none.
const patience = 10 * time.Second

// ledger makes the connections of the sink from what entries show: it is all the
// arithmetic of this package, without a socket. The rules that it keeps stand in
// the package comment. It belongs to the goroutine of Run.
type ledger struct {
	table     table
	seed      maphash.Seed
	broadcast func(*packet.Addr) bool
	sink      source.Sink
	batch     []flow.Connection // of capacity source.MaxConnections
	now       clock.Reading
	patience  time.Duration
	aged      time.Duration // when what no dump shows grew older for the last time, since the boot
	booted    int64         // wall time of the boot in ns by the clock as it is now; no entry is older

	dump        uint8 // number of the dump under way, or of the last one; never 0
	dumping     bool
	interrupted bool // the dump under way may lack something
	primed      bool // a complete dump was made: what is unknown now began after it
	blind       bool // unless it had no room then
	purged      bool // the table was searched for room since the last dump

	entry   entry           // reused for every message
	counts  source.Tracking // since the start, and of the last complete dump
	current census          // of the dump under way
}

// census is what a dump shows.
type census struct{ entries, offloaded, hardware, standing, standingHardware int }

func newLedger(cfg *Config, sink source.Sink) *ledger {
	return &ledger{
		table:     newTable(cfg.MaxEntries),
		seed:      maphash.MakeSeed(),
		broadcast: cfg.Broadcast,
		patience:  patience,
		sink:      sink,
		batch:     make([]flow.Connection, 0, source.MaxConnections),
	}
}

// at says what time it is from now on.
func (l *ledger) at(now clock.Reading) {
	l.now = now
	l.booted = now.Wall.UnixNano() - int64(now.Up)
}

// beginDump says that a dump is about to be asked for.
func (l *ledger) beginDump() {
	if l.dump++; l.dump == 0 {
		l.dump = 1
	}
	l.dumping, l.interrupted, l.purged = true, false, false
	l.current = census{}
}

// endDump says that a dump came to its end, or not, and reports whether it showed
// all entries.
func (l *ledger) endDump(done bool) (whole bool) {
	whole = done && !l.interrupted
	l.dumping, l.purged = false, false
	aging := whole && l.now.Up-l.aged >= l.patience
	if aging {
		l.aged = l.now.Up
	}
	l.table.removeIf(func(b *baseline) bool { return l.settle(b, aging) })
	if whole {
		l.primed = true
		l.counts.Dumps++
		l.counts.Entries = l.current.entries
		l.counts.Offloaded, l.counts.Hardware = l.current.offloaded, l.current.hardware
		l.counts.Standing, l.counts.StandingHardware = l.current.standing, l.current.standingHardware
	}
	l.counts.Baselines = l.table.count
	return whole
}

// settle draws the conclusions of a dump for one baseline and reports whether it
// is to be forgotten. With aging, what the dump did not show grows older.
func (l *ledger) settle(b *baseline, aging bool) (forget bool) {
	b.skip = 0
	b.marks &^= markFresh
	switch {
	case b.seen == l.dump || !aging:
		return false
	case b.marks&markAged == 0:
		b.marks |= markAged
		return false
	case b.marks&markEnded == 0:
		l.counts.Vanished++
	}
	return true
}

// key returns the identity of an entry in 64 bits. CTA_ID is the kernel's own
// hash of where the entry lies in memory and of its tuple, so an entry that is
// made again in the same place has it, too.
func (l *ledger) key(e *entry) uint64 {
	var b [45]byte
	binary.NativeEndian.PutUint32(b[0:], e.id)
	copy(b[4:], e.orig.Src[:])
	copy(b[20:], e.orig.Dst[:])
	binary.NativeEndian.PutUint16(b[36:], e.orig.SrcPort)
	binary.NativeEndian.PutUint16(b[38:], e.orig.DstPort)
	binary.NativeEndian.PutUint16(b[40:], e.zone)
	b[42] = e.proto
	return maphash.Bytes(l.seed, b[:43])
}
