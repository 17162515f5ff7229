package names

import (
	"sort"
)

// How many names are counted for the house and for each client.
const (
	houseNames  = 200
	clientNames = 20
)

// Most is a name that is asked for often.
type Most struct {
	Name  string
	Count uint32 // queries, at most Over too many
	// Over is what the count began with, taken from a name that made room: the
	// error of the Space-Saving algorithm (Metwally et al., 2005).
	Over   uint32
	Denied uint32 // answers that the name does not exist
}

// tally counts names for several owners in one bounded store: 0 is the house,
// others are clients by slot. An owner whose list is full counts a new name
// instead of its rarest; when the store is full, rare names of any client go.
type tally struct {
	pool  *Pool
	slots []counter // 0 is unused
	lists []tallied // by owner
	free  uint16
	max   int
	hand  uint16

	stolen uint64 // counters given up for another owner
}

// counter takes 20 bytes.
type counter struct {
	name, count, over, denied uint32
	next                      uint16
	owner                     uint16
}

// tallied is the list of an owner's counters.
type tallied struct{ head, len uint16 }

func newTally(limit, owners int, pool *Pool) *tally {
	return &tally{pool: pool, max: min(max(limit, houseNames), 1<<16-2), lists: make([]tallied, owners+1), slots: make([]counter, 1)}
}

// add counts a name of the Pool for an owner.
func (t *tally) add(owner uint16, name uint32) {
	if name == 0 {
		return
	}
	c, rarest := t.find(owner, name)
	if c != nil {
		c.count = uint32(min(uint64(c.count)+1, 1<<32-1))
		return
	}
	limit := clientNames
	if owner == 0 {
		limit = houseNames
	}
	t.pool.Hold(name)
	if l := &t.lists[owner]; int(l.len) >= limit {
		t.pool.Release(rarest.name)
		rarest.name, rarest.over, rarest.denied = name, rarest.count, 0
		rarest.count = uint32(min(uint64(rarest.count)+1, 1<<32-1))
		return
	}
	i := t.slot()
	l := &t.lists[owner]
	t.slots[i] = counter{name: name, count: 1, owner: owner, next: l.head}
	l.head = i
	l.len++
}

// deny counts an answer that the name does not exist, if the name is counted.
func (t *tally) deny(owner uint16, name uint32) {
	if c, _ := t.find(owner, name); c != nil && name != 0 {
		c.denied++
	}
}

// find returns the owner's counter of a name, or nil and the rarest one.
func (t *tally) find(owner uint16, name uint32) (c, rarest *counter) {
	for i := t.lists[owner].head; i != 0; i = t.slots[i].next {
		s := &t.slots[i]
		if s.name == name {
			return s, nil
		}
		if rarest == nil || s.count < rarest.count {
			rarest = s
		}
	}
	return nil, rarest
}

// slot returns an unused counter, taking one from a client if it must.
func (t *tally) slot() uint16 {
	if t.free == 0 && len(t.slots) > t.max {
		t.steal()
	}
	if i := t.free; i != 0 {
		t.free = t.slots[i].next
		return i
	}
	if len(t.slots) == cap(t.slots) {
		grown := make([]counter, len(t.slots), min(max(2*cap(t.slots), 64), t.max+1))
		copy(grown, t.slots)
		t.slots = grown
	}
	t.slots = append(t.slots, counter{})
	return uint16(len(t.slots) - 1)
}

// steal frees the rarest of the next few counters that are not the house's. The
// house has houseNames of them at most, and goes past those.
func (t *tally) steal() {
	best, seen := uint16(0), 0
	for range houseNames + looks {
		if t.hand++; int(t.hand) >= len(t.slots) {
			t.hand = 1
		}
		c := &t.slots[t.hand]
		if c.name == 0 || c.owner == 0 {
			continue
		}
		if best == 0 || c.count < t.slots[best].count {
			best = t.hand
		}
		if seen++; seen == looks {
			break
		}
	}
	if best == 0 {
		best = t.lists[0].head // the house alone fills it
	}
	t.drop(best)
	t.stolen++
}

// drop frees a counter.
func (t *tally) drop(i uint16) {
	c := &t.slots[i]
	l := &t.lists[c.owner]
	link := &l.head
	for *link != i {
		link = &t.slots[*link].next
	}
	*link = c.next
	l.len--
	t.pool.Release(c.name)
	*c = counter{next: t.free}
	t.free = i
}

// forget drops the counters of an owner.
func (t *tally) forget(owner uint16) {
	for t.lists[owner].head != 0 {
		t.drop(t.lists[owner].head)
	}
}

// top returns an owner's names, the most asked first.
func (t *tally) top(owner uint16) []Most {
	out := make([]Most, 0, t.lists[owner].len)
	for i := t.lists[owner].head; i != 0; i = t.slots[i].next {
		c := &t.slots[i]
		out = append(out, Most{Name: string(t.pool.Text(c.name)), Count: c.count, Over: c.over, Denied: c.denied})
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Count != out[j].Count {
			return out[i].Count > out[j].Count
		}
		return out[i].Name < out[j].Name
	})
	return out
}

func (t *tally) size() int { return 20*cap(t.slots) + 4*cap(t.lists) }
