// Package intern maps names to small numbers and back: the handles that keep
// strings out of counters, blocks and files.
//
// A handle never changes its meaning while the process lives. Handle 0 is the
// empty name, and also what a full table answers: callers account it as "other".
// The table never shrinks, is bounded in names and in bytes per name, and counts
// what it refused. Handles that Load finds free are given out again, so that names
// nothing stored refers to any more leave room over a restart. It is safe for
// concurrent use.
package intern

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// MaxName is the longest name, in bytes, that is given a handle; it holds any
// DNS name.
const MaxName = 255

// ErrLoaded is returned by Load on a table that already gave out handles.
var ErrLoaded = errors.New("intern: table is not empty")

// Table is a bounded set of names with dense handles. Use New.
type Table struct {
	mu      sync.RWMutex
	names   []string // by handle; names[0] is ""
	handles map[string]uint32
	free    []uint32 // handles without a name, the next to give out last
	reused  []uint32 // of those, the ones given out, in this order
	max     int
	refused uint64
}

// New returns a table for at most max names besides the empty one.
func New(max int) *Table {
	return &Table{names: make([]string, 1), handles: map[string]uint32{"": 0}, max: max}
}

// Handle returns the handle of name and gives it one if it has none. It returns
// 0 for the empty name, for a name longer than MaxName and for a new name when
// the table is full. A known name costs no allocation.
func (t *Table) Handle(name string) uint32 {
	if h, ok := t.Lookup(name); ok {
		return h
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if h, ok := t.handles[name]; ok {
		return h
	}
	if len(name) > MaxName || t.used() >= t.max {
		t.refused++
		return 0
	}
	if n := len(t.free); n > 0 {
		h := t.free[n-1]
		t.free = t.free[:n-1]
		t.reused = append(t.reused, h)
		t.names[h], t.handles[name] = name, h
		return h
	}
	return t.add(name)
}

// HandleBytes is Handle for a name in a buffer, which is copied only when the
// name is new.
func (t *Table) HandleBytes(name []byte) uint32 {
	t.mu.RLock()
	h, ok := t.handles[string(name)]
	t.mu.RUnlock()
	if ok {
		return h
	}
	return t.Handle(string(name))
}

// used counts the names; the caller holds mu.
func (t *Table) used() int { return len(t.names) - 1 - len(t.free) }

// add appends name; the caller holds mu.
func (t *Table) add(name string) uint32 {
	h := uint32(len(t.names))
	t.names = append(t.names, name)
	if _, ok := t.handles[name]; !ok {
		t.handles[name] = h
	}
	return h
}

// Lookup returns the handle of name without giving one.
func (t *Table) Lookup(name string) (uint32, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	h, ok := t.handles[name]
	return h, ok
}

// Name returns the name of a handle, "" for 0 and for one never given.
func (t *Table) Name(h uint32) string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if uint64(h) >= uint64(len(t.names)) {
		return ""
	}
	return t.names[h]
}

// Names returns the names with handles from, from+1 and so on, "" for those that
// are free: with Reused, what there is to save.
func (t *Table) Names(from uint32) []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if uint64(from) >= uint64(len(t.names)) {
		return nil
	}
	return slices.Clone(t.names[from:])
}

// Reused returns the free handles that were given out since Load, in that order,
// without the first from of them.
func (t *Table) Reused(from int) []uint32 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if from < 0 || from >= len(t.reused) {
		return nil
	}
	return slices.Clone(t.reused[from:])
}

// Load seeds an empty table: names[i] gets handle i+1, the order in which
// Names(1) returned them. A handle whose name is "" is free and is given out
// again, the lowest first. More names than the bound are kept, because what was
// stored refers to them; then no new ones are taken.
func (t *Table) Load(names []string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.names) > 1 {
		return fmt.Errorf("%w: %d names", ErrLoaded, len(t.names)-1)
	}
	for _, name := range names {
		if h := t.add(name); name == "" {
			t.free = append(t.free, h)
		}
	}
	slices.Reverse(t.free)
	return nil
}

// Len returns the number of names, the empty one not counted.
func (t *Table) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.used()
}

// Last returns the highest handle that has or had a name.
func (t *Table) Last() uint32 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return uint32(len(t.names) - 1)
}

// Max returns the bound of names that New was given.
func (t *Table) Max() int { return t.max }

// Refused counts the calls of Handle that were answered with 0 because the
// table was full or the name too long.
func (t *Table) Refused() uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.refused
}
