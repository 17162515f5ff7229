package conntrack

// chunkSize is how many baselines are allocated at once: a growing table copies
// none of them, and a shrinking one gives memory back.
const chunkSize = 1024

// maxTable bounds what a table can be asked to hold: 1.5 GB of baselines.
const maxTable = 1 << 25

// table holds baselines by key, in no order, without gaps. Pointers into it are
// valid until the next insert or remove.
type table struct {
	limit  int
	count  int
	chunks []*[chunkSize]baseline
	// index is an open hash of linear probing, at most 3/4 full, its size a power
	// of two: a place in chunks plus one, 0 where nothing is.
	index []uint32
}

func newTable(limit int) table {
	return table{limit: limit, index: make([]uint32, 256)}
}

func (t *table) at(place int) *baseline {
	return &t.chunks[place/chunkSize][place%chunkSize]
}

// slot returns where in the index key is, or the free slot where it belongs. The
// keys are hashes, so their lower bits will do.
func (t *table) slot(key uint64) uint32 {
	mask := uint32(len(t.index) - 1)
	i := uint32(key) & mask
	for t.index[i] != 0 && t.at(int(t.index[i]-1)).key != key {
		i = (i + 1) & mask
	}
	return i
}

// find returns the baseline of key, nil when there is none.
func (t *table) find(key uint64) *baseline {
	if place := t.index[t.slot(key)]; place != 0 {
		return t.at(int(place - 1))
	}
	return nil
}

// insert adds a baseline for a key that has none, zero but for the key. It
// returns nil when the table is full.
func (t *table) insert(key uint64) *baseline {
	if t.count >= t.limit {
		return nil
	}
	if 4*(t.count+1) > 3*len(t.index) {
		t.grow()
	}
	if t.count == len(t.chunks)*chunkSize {
		t.chunks = append(t.chunks, new([chunkSize]baseline))
	}
	t.index[t.slot(key)] = uint32(t.count + 1)
	b := t.at(t.count)
	*b = baseline{key: key}
	t.count++
	return b
}

func (t *table) grow() {
	t.index = make([]uint32, 2*len(t.index))
	for place := range t.count {
		t.index[t.slot(t.at(place).key)] = uint32(place + 1)
	}
}

// remove forgets the baseline at place, which the last one then takes.
func (t *table) remove(place int) {
	t.unlink(t.slot(t.at(place).key))
	t.count--
	if place != t.count {
		last := t.at(t.count)
		t.index[t.slot(last.key)] = uint32(place + 1)
		*t.at(place) = *last
	}
	// One chunk stays in reserve, so that a table at its edge does not allocate
	// again and again.
	if n := len(t.chunks); t.count <= (n-2)*chunkSize {
		t.chunks[n-1] = nil
		t.chunks = t.chunks[:n-1]
	}
}

// unlink frees slot i of the index and moves up what stands behind it only
// because it was taken (Knuth, The Art of Computer Programming 3, algorithm 6.4 R).
func (t *table) unlink(i uint32) {
	mask := uint32(len(t.index) - 1)
	for j := (i + 1) & mask; t.index[j] != 0; j = (j + 1) & mask {
		home := uint32(t.at(int(t.index[j]-1)).key) & mask
		if (j-home)&mask >= (j-i)&mask {
			t.index[i] = t.index[j]
			i = j
		}
	}
	t.index[i] = 0
}

// removeIf removes every baseline of which gone says so. gone is called once for
// each.
func (t *table) removeIf(gone func(*baseline) bool) {
	// Backwards, so that the one that takes a free place was asked already.
	for place := t.count - 1; place >= 0; place-- {
		if gone(t.at(place)) {
			t.remove(place)
		}
	}
}
