package names

// queryLife is how long a query waits for its answer, in microseconds: most stub
// resolvers ask once more after five seconds, and give up after another five.
const queryLife = 10_000_000

// Sizes of the table of waiting queries: a query may wait in one of ways places.
const (
	waitingSets = 128
	ways        = 4
)

// pending holds the queries whose answers did not come yet, and for as long those
// that were answered, so that an answer seen twice counts once.
type pending struct {
	slots []waiting // nil until the first query

	crowded uint64 // queries given up for others: what became of them is not known
}

// waiting is a query, known by a hash of everything that its answer repeats.
type waiting struct {
	hash     uint64 // 0 for an unused slot
	at       int64
	entry    uint32 // in the log
	client   uint32 // clientKey
	answered bool
}

// add puts a query in and returns it, or the one that is waiting already.
func (p *pending) add(hash uint64, now int64) (w *waiting, repeated bool) {
	if p.slots == nil {
		p.slots = make([]waiting, waitingSets*ways)
	}
	set := p.set(hash)
	oldest := &set[0]
	for i := range set {
		w := &set[i]
		switch {
		case w.hash == hash && !w.answered:
			return w, true
		case w.hash == hash:
			*w = waiting{hash: hash, at: now}
			return w, false
		case w.hash == 0 && oldest.hash != 0, w.at < oldest.at && oldest.hash != 0:
			oldest = w
		}
	}
	if oldest.hash != 0 && !oldest.answered {
		p.crowded++
	}
	*oldest = waiting{hash: hash, at: now}
	return oldest, false
}

// find returns a query, or nil.
func (p *pending) find(hash uint64) *waiting {
	if p.slots == nil {
		return nil
	}
	set := p.set(hash)
	for i := range set {
		if set[i].hash == hash {
			return &set[i]
		}
	}
	return nil
}

// expire drops the queries that waited too long and calls lost with those that had
// no answer.
func (p *pending) expire(now int64, lost func(*waiting)) {
	for i := range p.slots {
		w := &p.slots[i]
		if w.hash != 0 && now-w.at >= queryLife {
			if !w.answered {
				lost(w)
			}
			*w = waiting{}
		}
	}
}

func (p *pending) set(hash uint64) []waiting {
	i := hash >> 32 % waitingSets * ways // the lowest bit is always set
	return p.slots[i : i+ways : i+ways]
}
