// Package intern maps names to small numbers and back: the handles that keep
// strings out of counters, blocks and files.
//
// A handle is given once and never changes its meaning. Handle 0 is the empty
// name, and also what a full table answers: callers account it as "other". The
// table never shrinks, is bounded in names and in bytes per name, and counts
// what it refused. It is safe for concurrent use.
package intern

import (
	"errors"
	"fmt"
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
	if len(name) > MaxName || len(t.names) > t.max {
		t.refused++
		return 0
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

// Names returns the names with handles from, from+1 and so on, for saving what
// is new. The slice is shared and must not be written.
func (t *Table) Names(from uint32) []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if uint64(from) >= uint64(len(t.names)) {
		return nil
	}
	return t.names[from:len(t.names):len(t.names)]
}

// Load seeds an empty table: names[i] gets handle i+1, the order in which
// Names(1) returned them. More names than the bound are kept, because what was
// stored refers to them; then no new ones are taken.
func (t *Table) Load(names []string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.names) > 1 {
		return fmt.Errorf("%w: %d names", ErrLoaded, len(t.names)-1)
	}
	for _, name := range names {
		t.add(name)
	}
	return nil
}

// Len returns the number of names, the empty one not counted.
func (t *Table) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.names) - 1
}

// Refused counts the calls of Handle that were answered with 0 because the
// table was full or the name too long.
func (t *Table) Refused() uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.refused
}
