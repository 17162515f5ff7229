package store

import (
	"time"

	"weir/store/archive"
)

// maxOpen bounds the open slots of an archive; there is one for each tier from an
// hour on.
const maxOpen = 16

// RebuildFrom fills a fresh database from an archive and reports what is kept and
// what was lost. Of what does not fit the oldest and finest goes, as it does
// always. Slots that were open when the archive was last written go on where they
// stood; those whose sums are missing are added up from finer ones.
//
// What damage the archive has is in the report and no error. An error, or a kill,
// leaves the database with what was rebuilt so far, and OpenReport.Unfinished set:
// to rebuild it again is right, and doubles nothing.
func (s *Store) RebuildFrom(a *archive.Archive) (RestoreReport, error) {
	begin := time.Now()
	r := newRestorer(s)
	id, total := a.Mark()
	open := make(map[int64]archive.Record)
	err := s.change("rebuild", func(e *edit) error { return e.tx.Bucket(bucketMeta).Put(keyRebuild, []byte{1}) })
	if err != nil {
		return r.report, err
	}
	found, err := a.Read(func(from *archive.Reader, rec archive.Record) error {
		if rec.Kind != archive.KindOpen {
			return r.add(from, rec)
		}
		block, err := mapBlock(nil, rec.Kind, rec.Data, from.Names(rec, s.opt.Names.Handle))
		if _, known := open[rec.Step]; err != nil || !r.fits(rec) || !known && len(open) >= maxOpen {
			r.report.Skipped++
			return nil
		}
		rec.Data = block
		open[rec.Step] = rec
		return nil
	})
	if err == nil {
		for _, rec := range open {
			r.waiting = append(r.waiting, rec)
		}
		err = r.flush()
	}
	if err == nil {
		err = s.change("rebuild", func(e *edit) error {
			if err := e.rebuild(); err != nil {
				return err
			}
			if err := e.tx.Bucket(bucketMeta).Delete(keyRebuild); err != nil {
				return err
			}
			return archiveMark{id, total}.save(e.tx)
		})
	}
	r.report.Lost, r.report.Unnamed = found.Words(), found.Unnamed
	r.report.Took = time.Since(begin)
	return r.report, err
}
