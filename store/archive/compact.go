package archive

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"slices"
)

// Compact rewrites what changes in place, if enough of it was replaced since it
// was last done: Identity and the newest year of Months. The generation before
// stays beside the new one.
func (b *Batch) Compact() error {
	if b.err != nil {
		return b.err
	}
	if err := b.closeSegment(); err != nil {
		return b.fail(err)
	}
	if err := b.compact(Identity, 0); err != nil {
		return b.fail(err)
	}
	newest := int64(-1)
	for _, s := range b.a.segs {
		if s.band == Months {
			newest = max(newest, s.period)
		}
	}
	if newest < 0 {
		return nil
	}
	if err := b.compact(Months, newest); err != nil {
		return b.fail(err)
	}
	return nil
}

// compactSlack is what a period may grow beyond one and a half times of what the
// last compaction left.
const compactSlack = 16 << 10

// compact rewrites one period into a new generation, if it is worth it.
func (b *Batch) compact(band Band, period int64) error {
	g := group(b.a.segs, band, period)
	if len(g) == 0 {
		return nil
	}
	at := base(g)
	size := int64(0)
	for _, s := range g[at:] {
		size += s.size
	}
	if size <= g[at].compacted*3/2+compactSlack {
		return nil
	}
	from := current(g)
	last, err := b.a.lastOnes(from)
	if err != nil {
		return fmt.Errorf("compact %s: %w", band, err)
	}
	if len(from) == 1 && last.all() {
		return nil
	}
	return b.replace(band, period, from, last)
}

// replace writes a new generation of a period and keeps that before it.
func (b *Batch) replace(band Band, period int64, from []*segment, last *lastOnes) error {
	g := group(b.a.segs, band, period)
	next := &segment{band: band, period: period, generation: g[len(g)-1].generation + 1}
	next.name = fileName(band, period, next.generation)
	if err := b.rewrite(next, from, last); err != nil {
		return fmt.Errorf("compact %s: %w", band, err)
	}
	for _, s := range g[:base(g)] {
		if err := b.a.drop(s); err != nil {
			return err
		}
	}
	b.a.segs = append(b.a.segs, next)
	order(b.a.segs)
	b.a.makeRoom(0, Identity, 0)
	return nil
}

// rewrite writes what counts of the segments from into a new one.
func (b *Batch) rewrite(next *segment, from []*segment, last *lastOnes) error {
	f, err := b.a.folder.extend(tmpName, 0)
	if err != nil {
		return err
	}
	out := &tmpOutput{f: f, next: next}
	w := &Writer{out: out, pack: &b.pack, codec: b.a.opt.Codec, ids: make(map[string]uint32), flags: flagCompacted}
	n := uint32(0)
	for _, s := range from {
		err = b.a.readSegment(s, func(_ *Reader, r Record) error {
			n++
			if r.Gone || last.find(&r) != n || last.without == r.Kind {
				return nil
			}
			return w.Add(r, func(h uint32) string { name, _ := r.names.name(h); return name })
		})
		if err != nil {
			break
		}
	}
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = b.a.folder.rename(tmpName, next.name)
	}
	if err == nil {
		err = b.a.folder.sync()
	}
	if err != nil {
		_ = b.a.folder.remove(tmpName)
		return err
	}
	next.size, next.good = out.n, out.n
	b.bytes += out.n
	b.a.ledger.add(out.n)
	return nil
}

// tmpOutput is the file of a compaction.
type tmpOutput struct {
	f    output
	next *segment
	n    int64
}

func (o *tmpOutput) Write(b []byte) (int, error) {
	n, err := o.f.Write(b)
	o.n += int64(n)
	if h, ok := parseHeader(b); ok {
		o.next.note(h, o.n)
	}
	return n, err
}

// lastOnes are, by what records are of, the numbers of the last ones. It keeps
// hashes alone, with a seed that nobody can guess: 12 bytes a record.
type lastOnes struct {
	seed    maphash.Seed
	at      map[uint64]uint32
	records uint32
	without Kind // that is left out altogether, 0 is none
}

// all reports whether there is nothing to leave out.
func (l *lastOnes) all() bool { return uint32(len(l.at)) == l.records }

// lastOnes reads segments through.
func (a *Archive) lastOnes(segs []*segment) (*lastOnes, error) {
	l := &lastOnes{seed: maphash.MakeSeed(), at: make(map[uint64]uint32)}
	for _, s := range segs {
		err := a.readSegment(s, func(_ *Reader, r Record) error {
			l.records++
			l.at[l.hash(&r)] = l.records
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *lastOnes) find(r *Record) uint32 { return l.at[l.hash(r)] }

// hash is that of what a record is of.
func (l *lastOnes) hash(r *Record) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	step, start := r.Step, r.Start
	switch r.Kind {
	case KindOpen:
		start = 0
	case kindLedger:
		step = 0
	}
	var b [1 + 16]byte
	b[0] = byte(r.Kind)
	binary.BigEndian.PutUint64(b[1:], uint64(step))
	binary.BigEndian.PutUint64(b[9:], uint64(start))
	_, _ = h.Write(b[:])
	_, _ = h.WriteString(r.Key)
	return h.Sum64()
}

// Forget deletes all segments of some bands, and, if open is set, the open slots
// with every generation of Identity that has them. now is as in Begin.
func (a *Archive) Forget(now int64, open bool, list ...Band) error {
	b, err := a.Begin(now)
	if err != nil {
		return err
	}
	if err := b.forget(open, list); err != nil {
		_ = b.fail(err)
	}
	_, err = b.Commit()
	return err
}

func (b *Batch) forget(open bool, list []Band) error {
	b.made = true // names are to be synced
	for _, s := range slices.Clone(b.a.segs) {
		if slices.Contains(list, s.band) {
			if err := b.a.drop(s); err != nil {
				return err
			}
		}
	}
	from := current(group(b.a.segs, Identity, 0))
	if !open || len(from) == 0 {
		return nil
	}
	last, err := b.a.lastOnes(from)
	if err != nil {
		return err
	}
	last.without = KindOpen
	if err := b.replace(Identity, 0, from, last); err != nil {
		return err
	}
	g := group(b.a.segs, Identity, 0)
	for _, s := range g[:base(g)] {
		if err := b.a.drop(s); err != nil {
			return err
		}
	}
	return nil
}
