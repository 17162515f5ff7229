package archive

import (
	"errors"
	"fmt"
	"math/rand/v2"
)

// Batch adds records to an archive. Begin makes one, Commit or Abort ends it; the
// archive waits for that with everything else. Records come band by band and
// period by period, or they make small chunks.
type Batch struct {
	a       *Archive
	now     int64
	pack    packer
	out     *segmentOutput // segment at hand, nil if there is none
	made    bool           // files were made or renamed
	records int
	bytes   int64
	err     error // what ended the batch
}

// segmentOutput is the segment at hand.
type segmentOutput struct {
	*segment
	w       *Writer
	f       output
	b       *Batch
	waiting int  // records that are not written yet
	full    bool // no room is left
}

// Tally says what a batch did.
type Tally struct {
	Records int   // added
	Bytes   int64 // written
	Total   int64 // written ever, see Archive.Mark
}

// Begin starts a batch at now, in seconds since the Unix epoch. Other calls wait
// until it ends.
func (a *Archive) Begin(now int64) (*Batch, error) {
	a.mu.Lock()
	if err := a.load(); err != nil {
		a.err = a.explain(err)
		a.show()
		a.mu.Unlock()
		return nil, a.err
	}
	a.now = now
	a.ledger.at(now)
	if a.ledger.id == 0 {
		a.ledger.id = 1 + rand.Int64N(1<<62)
	}
	a.makeRoom(0, Identity, 0)
	return &Batch{a: a, now: now}, nil
}

// Mark names what the archive holds: the id that it made up for itself, and the
// bytes ever written. An archive with another id, or with fewer bytes than it had,
// is not the one that was written to before.
func (b *Batch) Mark() (id, bytes int64) { return b.a.ledger.id, b.a.ledger.total }

// Mark is Batch.Mark between batches.
func (a *Archive) Mark() (id, bytes int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ledger.id, a.ledger.total
}

// Add adds a record to a band; name tells what the handles of its block stand
// for. ErrNoRoom and ErrRecord concern this record alone; any other error ends
// the batch. Nothing is kept of the record's memory.
func (b *Batch) Add(band Band, r Record, name func(h uint32) string) error {
	if b.err != nil {
		return b.err
	}
	period := band.period(r.Start)
	if b.out == nil || b.out.band != band || b.out.period != period {
		if r.Gone && r.Kind == KindSlot && group(b.a.segs, band, period) == nil {
			return nil // it was never there
		}
		if !b.a.wants(band, period) {
			b.a.refused[band]++
			return ErrNoRoom
		}
		if err := b.closeSegment(); err != nil {
			return b.fail(err)
		}
		if err := b.openSegment(band, period); err != nil {
			return b.fail(err)
		}
	}
	if b.out.full {
		b.a.refused[band]++
		return ErrNoRoom
	}
	err := b.out.w.Add(r, name)
	switch {
	case errors.Is(err, ErrNoRoom):
		b.out.full = true
		b.a.refused[band] += uint64(b.out.waiting) + 1
		b.records -= b.out.waiting
	case err == nil:
		b.records++
		b.out.waiting++
	case !errors.Is(err, ErrRecord):
		return b.fail(err)
	}
	return err
}

// wants reports whether a period of a band is written at all, at the present
// limit and after what was written today.
func (a *Archive) wants(band Band, period int64) bool {
	rule := bands[band.rank(period, a.newest())]
	if a.limit < rule.from {
		return false
	}
	return rule.share == 0 || a.ledger.days[0] < a.daily()*rule.share/100
}

// openSegment goes on with the newest generation of a period, or with a new one
// where that is damaged: its handles are not known for certain.
func (b *Batch) openSegment(band Band, period int64) error {
	g := group(b.a.segs, band, period)
	var s *segment
	if len(g) > 0 {
		s = g[len(g)-1]
	}
	if s == nil || s.broken {
		next := int64(0)
		if s != nil {
			next = s.generation + 1
		}
		s = &segment{entry: entry{name: fileName(band, period, next)}, band: band, period: period, generation: next}
		b.a.segs = append(b.a.segs, s)
		order(b.a.segs)
		b.made = true
	}
	w := &Writer{pack: &b.pack, codec: b.a.opt.Codec, ids: make(map[string]uint32)}
	if s.chunks > 0 {
		known, err := b.a.readNames(s)
		if err != nil {
			return err
		}
		w.names, w.saved = *known, uint32(len(known.list))
		for i, name := range known.list {
			w.ids[name] = uint32(i + 1)
		}
	}
	w.begun, w.chunks, w.again = s.good > 0, s.data, s.data > 1
	f, err := b.a.folder.extend(s.name, s.good)
	if err != nil {
		return err
	}
	s.size, s.lost, s.losses, s.writing = s.good, 0, nil, true
	b.out = &segmentOutput{segment: s, w: w, f: f, b: b}
	w.out = b.out
	return nil
}

// Write writes a chunk, or the magic. What is written in part is cut off.
func (o *segmentOutput) Write(chunk []byte) (int, error) {
	if !o.b.a.makeRoom(int64(len(chunk)), o.band, o.period) {
		return 0, ErrNoRoom
	}
	n, err := o.f.Write(chunk)
	if err != nil {
		_ = o.f.Truncate(o.size)
		return n, err
	}
	o.b.bytes += int64(n)
	o.b.a.ledger.add(int64(n))
	o.size += int64(n)
	o.good = o.size
	if h, ok := parseHeader(chunk); ok {
		o.note(h, o.good)
		if h.flags&flagNames == 0 {
			o.waiting = 0
		}
	}
	return n, nil
}

// closeSegment writes what is left for the segment at hand and waits until it is
// on the disk.
func (b *Batch) closeSegment() error {
	o := b.out
	if o == nil {
		return nil
	}
	b.out = nil
	err := o.w.Flush()
	if errors.Is(err, ErrNoRoom) {
		b.a.refused[o.band] += uint64(o.waiting)
		b.records -= o.waiting
		err = nil
	}
	if err == nil {
		err = o.f.Sync()
	}
	if closeErr := o.f.Close(); err == nil {
		err = closeErr
	}
	o.writing = false
	if err != nil {
		return fmt.Errorf("write %s: %w", o.name, err)
	}
	if o.size == 0 {
		return b.a.drop(o.segment) // nothing of it had room
	}
	return nil
}

// fail ends the batch.
func (b *Batch) fail(err error) error {
	if b.out != nil {
		_ = b.out.f.Close()
		b.out.writing = false
		b.out = nil
	}
	b.err = b.a.explain(err)
	return b.err
}

// Commit makes last what was added and ends the batch. After an error some of it
// may be there; adding it again does no harm.
func (b *Batch) Commit() (Tally, error) {
	defer b.a.mu.Unlock()
	defer b.a.show()
	err := b.err
	if err == nil {
		err = b.a.explain(b.finish())
	}
	b.a.err = err
	if err != nil {
		b.a.loaded = false // who knows what is there now
		return Tally{}, err
	}
	b.a.last = b.now
	return Tally{Records: b.records, Bytes: b.bytes, Total: b.a.ledger.total}, nil
}

// Abort ends the batch without waiting for the disk.
func (b *Batch) Abort() {
	if b.err != nil {
		b.a.err = b.err
	}
	_ = b.fail(nil)
	b.a.loaded = false
	b.a.show()
	b.a.mu.Unlock()
}

// finish writes the ledger and syncs.
func (b *Batch) finish() error {
	if err := b.closeSegment(); err != nil {
		return err
	}
	if b.bytes > 0 {
		const own = 96 // about what the ledger itself takes
		if err := b.openSegment(Identity, 0); err != nil {
			return err
		}
		stored := b.a.ledger
		stored.add(own)
		if err := b.out.w.put(stored.record()); err != nil {
			return err
		}
		if err := b.closeSegment(); err != nil {
			return err
		}
		b.a.ledger = stored // as the next one reads it
	}
	if b.made {
		if err := b.a.folder.sync(); err != nil {
			return fmt.Errorf("sync the directory: %w", err)
		}
	}
	return b.a.refresh()
}

// refresh takes over what the directory says about the files just written, so
// that they are not read again.
func (a *Archive) refresh() error {
	files, err := a.folder.list()
	if err != nil {
		return err
	}
	for _, e := range files {
		for _, s := range a.segs {
			if s.name == e.name && s.size == e.size {
				s.entry = e
			}
		}
	}
	return nil
}
