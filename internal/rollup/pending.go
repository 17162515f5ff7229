package rollup

import (
	"sort"
)

// pending holds what was counted while the date was not known.
type pending struct {
	parts []part // in the order of time
	bytes int
	begun bool
	since int64 // when the part began that is not among them yet
	step  int64 // of the parts
}

// part is what a level held from at on.
type part struct {
	at    int64
	level int // anyLevel: where each class is counted
	block []byte
}

const anyLevel = -1

// Bounds of what is pending. When one is reached the parts are merged in pairs, so
// that nothing is lost but the minute in which it was counted.
const (
	pendingStep  = 60
	maxPending   = 120
	pendingBytes = 96 << 10
)

// Hold is Tick while the date is not known: now is wrong, but goes on, and Move
// tells by how much it was set. Slots that were open, because the date was known
// before, are returned as they stand.
func (r *Rollup) Hold(now int64) []Slot {
	r.tickRings(now)
	if r.dated {
		r.closeStored()
		r.dated = false
	}
	out := r.out
	r.now, r.out = now, nil
	w := &r.wait
	switch {
	case !w.begun:
		*w = pending{begun: true, since: now, step: pendingStep}
	case now < w.since || now >= w.since+w.step:
		r.hold()
		w.since = now
	}
	return out
}

// hold puts the stored levels' sums into a part.
func (r *Rollup) hold() {
	w := &r.wait
	block := r.takeStored()
	w.parts = append(w.parts, part{w.since, anyLevel, block})
	w.bytes += len(block)
	for len(w.parts) > 1 && (len(w.parts) > maxPending || w.bytes > pendingBytes) {
		w.halve()
	}
}

// takeStored returns the sums of the stored levels and the cells, and empties them.
func (r *Rollup) takeStored() []byte {
	var all []int
	for i := r.stored(); i < len(r.levels); i++ {
		all = append(all, i)
	}
	block := r.pack(all...)
	for _, i := range all {
		r.wipe(i)
	}
	return block
}

// halve merges the parts in pairs.
func (w *pending) halve() {
	merged := w.parts[:0]
	w.bytes = 0
	for i := 0; i < len(w.parts); i += 2 {
		p := w.parts[i]
		if i+1 < len(w.parts) {
			if sum, err := AppendMerged(nil, p.block, w.parts[i+1].block); err == nil {
				p.block = sum
			}
		}
		merged = append(merged, p)
		w.bytes += len(p.block)
	}
	clear(w.parts[len(merged):])
	w.parts = merged
	w.step *= 2
}

// settle opens the stored slots at the first Tick and puts into them, or into the
// slots before them, what is pending.
func (r *Rollup) settle(now int64) {
	if !r.wait.begun {
		r.wait.since = now
	}
	r.hold()
	parts := r.wait.parts
	r.wait = pending{}
	r.replay(parts, now)
}

// replay counts parts as if it was their time, and returns to now. None of them
// may be later than that.
func (r *Rollup) replay(parts []part, now int64) {
	for i := range parts {
		parts[i].at = min(parts[i].at, now)
	}
	sort.SliceStable(parts, func(i, j int) bool { return parts[i].at < parts[j].at })
	for i, p := range parts {
		if i == 0 {
			r.beginStored(p.at)
		}
		r.advance(p.at)
		it := NewIter(p.block)
		for it.Next() {
			row := it.Row()
			level := p.level
			if level == anyLevel {
				level = r.base[row.Class]
			}
			if level >= 0 {
				r.count(max(level, r.stored()), row.Key, &row.Values)
			}
		}
	}
	if len(parts) == 0 {
		r.beginStored(now)
	}
	r.advance(now)
}

// Move moves what is not handed out yet by so many seconds, for the clock was wrong
// by them: the open slots, the slots in memory and what is pending. The next Tick
// returns what has to be in other slots than the open ones.
func (r *Rollup) Move(by int64) {
	for i := range r.rings {
		r.rings[i].move(by, r.levels[i].step)
		r.levels[i].begin(r.cal, r.levels[i].since+by)
	}
	for i := range r.wait.parts {
		r.wait.parts[i].at += by
	}
	r.wait.since += by
	r.now += by
	if !r.dated {
		return
	}
	var parts []part
	for i := r.stored(); i < len(r.levels); i++ {
		if l := &r.levels[i]; len(l.refs) > 0 {
			// Most of it is nearer to the middle of its time than to the begin.
			parts = append(parts, part{l.since + by + (r.now-by-l.since)/2, i, r.pack(i)})
			r.wipe(i)
		}
	}
	r.replay(parts, r.now)
}
