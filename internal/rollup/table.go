package rollup

// maxLevels bounds the tiers of a Rollup, those in memory and the stored ones
// together, and the room of the cells.
const maxLevels = 10

// ref names an entry of a table.
type ref = uint16

// table is the one index of all levels: it says where in each of them a series
// has its sums. An entry lives as long as any level has sums of it.
//
// It hashes with open addressing and linear probing. Keys are handles that this
// program gave out in order, so nobody can make them collide.
type table struct {
	slots   []ref // entry number plus 1, 0 for none; a power of two of them
	entries []entry
	free    []ref // entries that are not in use
}

// entry is one series.
type entry struct {
	key Key
	at  [maxLevels]uint16 // index into the level's sums plus 1, 0 for none
}

const minSlots = 64

func newTable() table { return table{slots: make([]ref, minSlots)} }

// used returns how many entries are in use.
func (t *table) used() int { return len(t.entries) - len(t.free) }

// home is the slot that a key hashes to.
func (t *table) home(k Key) int {
	h := (k.ID*0x9e3779b1 ^ k.Sub*0x85ebca6b ^ uint32(k.Class)*0xc2b2ae35) * 0x27d4eb2f
	return int((h ^ h>>15) & uint32(len(t.slots)-1))
}

// find returns the entry of a key, and whether there is one.
func (t *table) find(k Key) (ref, bool) {
	mask := len(t.slots) - 1
	for i := t.home(k); t.slots[i] != 0; i = (i + 1) & mask {
		if n := t.slots[i] - 1; t.entries[n].key == k {
			return n, true
		}
	}
	return 0, false
}

// insert makes an entry of a key that has none.
func (t *table) insert(k Key) ref {
	var n ref
	if last := len(t.free) - 1; last >= 0 {
		n = t.free[last]
		t.free = t.free[:last]
	} else {
		n = ref(len(t.entries))
		t.entries = appendRoom(t.entries, entry{})
	}
	t.entries[n] = entry{key: k}
	if 4*t.used() > 3*len(t.slots) {
		t.grow()
	}
	t.place(n + 1)
	return n
}

// grow doubles the slots.
func (t *table) grow() {
	old := t.slots
	t.slots = make([]ref, 2*len(old))
	for _, n := range old {
		if n != 0 {
			t.place(n)
		}
	}
}

// place puts an entry number plus 1 into the first free slot from its home on.
func (t *table) place(n ref) {
	i := t.home(t.entries[n-1].key)
	for t.slots[i] != 0 {
		i = (i + 1) & (len(t.slots) - 1)
	}
	t.slots[i] = n
}

// release says that level has no sums of an entry any more.
func (t *table) release(n ref, level int) {
	e := &t.entries[n]
	if e.at[level] = 0; e.at != [maxLevels]uint16{} {
		return
	}
	mask := len(t.slots) - 1
	i := t.home(e.key)
	for t.slots[i] != n+1 {
		i = (i + 1) & mask
	}
	t.slots[i] = 0
	// What follows without a gap may have its home at or before the slot that is
	// free now: it is put in anew.
	for i = (i + 1) & mask; t.slots[i] != 0; i = (i + 1) & mask {
		moved := t.slots[i]
		t.slots[i] = 0
		t.place(moved)
	}
	t.free = append(t.free, n)
}

// appendRoom is append for slices that live long: it grows by an eighth, not to
// the double.
func appendRoom[E any](s []E, v E) []E {
	if len(s) == cap(s) {
		grown := make([]E, len(s), len(s)+max(64, len(s)/8))
		copy(grown, s)
		s = grown
	}
	return append(s, v)
}
