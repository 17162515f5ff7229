package store

import (
	"fmt"

	"weir/internal/clock"
	"weir/internal/rollup"
	"weir/store/archive"
)

// restorer puts records into the database, some at a time.
type restorer struct {
	s       *Store
	keep    bool // of two sums of one time each class of the fuller one stays
	unsaved bool // what is put is news to the archive
	waiting []archive.Record
	bytes   int
	report  RestoreReport
	newest  int64 // slots that begin later are skipped; 0 is no bound
}

const (
	restoreBytes   = 128 << 10 // in one transaction, about
	restoreRecords = 512
)

func newRestorer(s *Store) *restorer {
	r := &restorer{s: s}
	for _, t := range s.opt.Tiers {
		r.report.Tiers = append(r.report.Tiers, RestoredTier{Step: t.Step})
	}
	if s.opt.TimeTrusted() {
		r.newest = s.opt.Now().Unix() + clock.Day
	}
	return r
}

// add takes one record; its data is copied.
func (r *restorer) add(from *archive.Reader, rec archive.Record) error {
	switch rec.Kind {
	case archive.KindSlot, archive.KindOpen, archive.KindFlow:
		if rec.Gone {
			break
		}
		block, err := mapBlock(nil, rec.Kind, rec.Data, from.Names(rec, r.handle))
		if err != nil || !r.fits(rec) {
			r.report.Skipped++
			return nil
		}
		rec.Data = block
	default:
		rec.Data = append(make([]byte, 0, len(rec.Data)), rec.Data...)
	}
	r.waiting = append(r.waiting, rec)
	if r.bytes += len(rec.Data); r.bytes < restoreBytes && len(r.waiting) < restoreRecords {
		return nil
	}
	return r.flush()
}

// handle gives the handle of a name. A backup may come from anybody: it does not get
// the last quarter of the table, which what is counted from now on needs.
func (r *restorer) handle(name string) uint32 {
	names := r.s.opt.Names
	if h, ok := names.Lookup(name); ok || r.keep && names.Len() >= names.Max()-names.Max()/4 {
		return h
	}
	return names.Handle(name)
}

// fits reports whether there is a place for a slot or a block of flows.
func (r *restorer) fits(rec archive.Record) bool {
	if rec.Start < 0 || rec.Start > maxFlowTime || r.newest > 0 && rec.Start > r.newest {
		return false
	}
	if rec.Kind == archive.KindFlow {
		at, ok := flowTime(append([]byte(rec.Key), 0, 0))
		return ok && at == rec.Start
	}
	for _, t := range r.s.opt.Tiers {
		if t.Step == rec.Step {
			return true
		}
	}
	return false
}

// flush puts what waits, in one transaction.
func (r *restorer) flush() error {
	if len(r.waiting) == 0 {
		return nil
	}
	s := r.s
	s.writer.Lock()
	defer s.writer.Unlock()
	before := r.report
	before.Tiers = append([]RestoredTier(nil), r.report.Tiers...)
	names := s.newNames()
	err := s.update("restore", func(e *edit) error {
		if err := e.putNames(names); err != nil {
			return err
		}
		for i := range r.waiting {
			if err := r.put(e, &r.waiting[i]); err != nil {
				return err
			}
		}
		_, err := e.prune(maxPrune)
		return err
	})
	if err != nil {
		r.report = before
		return s.explain(err)
	}
	s.namesSaved(names)
	s.committed()
	r.waiting, r.bytes = r.waiting[:0], 0
	return nil
}

// put stores one record.
func (r *restorer) put(e *edit, rec *archive.Record) error {
	switch rec.Kind {
	case archive.KindSlot, archive.KindOpen:
		return r.putSlot(e, rec)
	case archive.KindDevice:
		return r.putDevice(e, rec)
	case archive.KindNote:
		return r.putRow(e, rec)
	case archive.KindFlow:
		return r.putFlow(e, rec)
	}
	r.report.Skipped++ // of a newer weir
	return nil
}

// putSlot stores a slot, or a band's part of one in place of that part.
func (r *restorer) putSlot(e *edit, rec *archive.Record) error {
	_, bucket := e.tier(rec.Step)
	if bucket == nil {
		r.report.Skipped++
		return nil
	}
	key := unsavedSlot(rec.Step, rec.Start)
	stored := getBlock(bucket, rec.Start)
	block, err := r.combine(stored, rec)
	if err != nil {
		r.report.Skipped++
		return nil
	}
	if block == nil {
		if err := e.deleteSlot(rec.Step, rec.Start); err != nil {
			return err
		}
		return r.mark(e, key)
	}
	if err := e.setSlot(rec.Step, rec.Start, block); err != nil {
		return err
	}
	r.count(rec)
	if rec.Kind == archive.KindOpen {
		return nil // setSlot has marked it: the archive lacks it once it has ended
	}
	return r.mark(e, key)
}

// combine returns what is to be stored in place of stored, which may be nil; nil
// for nothing.
func (r *restorer) combine(stored []byte, rec *archive.Record) ([]byte, error) {
	switch {
	case stored == nil && rec.Gone:
		return nil, nil
	case stored == nil:
		return rec.Data, nil
	case r.keep || rec.Kind == archive.KindOpen:
		block, _ := fullest(stored, rec.Data)
		return block, nil
	}
	others, err := rollup.AppendFiltered(nil, stored, func(c rollup.Class) bool { return !inBand(rec.Band, rec.Step, c) })
	switch {
	case err != nil:
		return rec.Data, nil
	case !rec.Gone:
		return rollup.AppendMerged(nil, others, rec.Data)
	case !hasRows(others):
		return nil, nil
	}
	return others, nil
}

// inBand reports whether a band holds a class of slots of a step.
func inBand(band archive.Band, step int64, c rollup.Class) bool {
	for _, p := range bandParts(step) {
		if p.band == band {
			return p.has(c)
		}
	}
	return true
}

// count notes a slot in the report.
func (r *restorer) count(rec *archive.Record) {
	r.report.Newest = max(r.report.Newest, rec.Start)
	for i := range r.report.Tiers {
		t := &r.report.Tiers[i]
		if t.Step != rec.Step {
			continue
		}
		if t.Slots == 0 {
			t.Oldest = rec.Start
		}
		t.Slots++
		t.Oldest, t.Newest = min(t.Oldest, rec.Start), max(t.Newest, rec.Start)
	}
}

// mark notes whether what was just put is news to the archive.
func (r *restorer) mark(e *edit, key []byte) error {
	if r.unsaved {
		return nil // whoever put it has marked it
	}
	return e.forgetUnsaved(key)
}

// putDevice stores a device. Of two states of one the later counts, and the
// earlier First.
func (r *restorer) putDevice(e *edit, rec *archive.Record) error {
	key := []byte(rec.Key)
	bucket := e.tx.Bucket(bucketDevices)
	if rec.Gone {
		if bucket.Get(key) != nil {
			e.devices--
			if err := bucket.Delete(key); err != nil {
				return fmt.Errorf("forget device %s: %w", rec.Key, err)
			}
		}
		return r.mark(e, unsavedDevice(rec.Key))
	}
	d, err := decodeDevice(key, rec.Data)
	if err != nil || len(key) == 0 || len(key) > maxDeviceKey {
		r.report.Skipped++
		return nil
	}
	have := bucket.Get(key)
	if old, err := decodeDevice(key, have); r.keep && have != nil && err == nil {
		if old.Last > d.Last {
			d, old = old, d
		}
		d.First = min(d.First, old.First)
	}
	if have == nil {
		r.report.Devices++
	}
	if err := e.putDevices(map[string]Device{rec.Key: d}); err != nil {
		return err
	}
	return r.mark(e, unsavedDevice(rec.Key))
}

// putRow stores a row in place of the one with its key.
func (r *restorer) putRow(e *edit, rec *archive.Record) error {
	key := []byte(rec.Key)
	kind, ok := rowKind(key)
	if !ok {
		r.report.Skipped++
		return nil
	}
	row := Row{Kind: kind, Key: rec.Key[1:]}
	if !rec.Gone {
		value, err := decodeRow(key, rec.Data)
		if row.Value = value; err != nil || !row.valid() {
			r.report.Skipped++
			return nil
		}
		if e.tx.Bucket(bucketRows).Get(key) == nil {
			r.report.Rows++
		}
	}
	if err := e.putRow(row); err != nil {
		return err
	}
	return r.mark(e, unsavedRow(key))
}

// putFlow stores a block of the flow log.
func (r *restorer) putFlow(e *edit, rec *archive.Record) error {
	prefix := []byte(rec.Key)
	if rec.Gone {
		if len(prefix) != flowKeyLen-2 {
			r.report.Skipped++
			return nil
		}
		if err := e.flows.remove(e.tx.Bucket(bucketFlows), prefix); err != nil {
			return err
		}
		return r.mark(e, unsavedFlow(prefix))
	}
	r.report.Flows++
	if err := e.setFlowBlock(prefix, rec.Data); err != nil {
		return err
	}
	return r.mark(e, unsavedFlow(prefix))
}
