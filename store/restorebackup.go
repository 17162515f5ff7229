package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	bolt "go.etcd.io/bbolt"

	"weir/store/archive"
)

// backupBytes is how much is read in one transaction: none is open while w takes
// its time.
const backupBytes = 64 << 10

// Backup writes all that is stored, in the form of an archive's segment, so that
// any weir can restore it, whatever its machine. What is written to the database
// meanwhile may be in it or not.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	s.keepOpenFlows(true)
	if err := s.Commit(); errors.Is(err, ErrClosed) {
		return err
	}
	b := &backup{s: s, ctx: ctx, w: archive.NewWriter(w, codec)}
	err := b.rows(bucketDevices, archive.KindDevice)
	if err == nil {
		err = b.rows(bucketRows, archive.KindNote)
	}
	for i := len(s.opt.Tiers) - 1; i >= 0 && err == nil; i-- {
		err = b.slots(s.opt.Tiers[i].Step)
	}
	if err == nil {
		err = b.flows()
	}
	if err == nil {
		err = b.w.Flush()
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// backup is one that is being written.
type backup struct {
	s   *Store
	ctx context.Context
	w   *archive.Writer
}

// page is some records read in one transaction.
type page struct {
	records []archive.Record
	bytes   int
}

func (p *page) full() bool { return p.bytes >= backupBytes || len(p.records) >= restoreRecords }

func (p *page) add(r archive.Record) {
	p.records = append(p.records, r)
	p.bytes += len(r.Data)
}

// pages calls fill, which reads what comes next into a page, until one is empty.
func (b *backup) pages(fill func(tx *bolt.Tx, p *page) error) error {
	for {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		p := &page{}
		if err := b.s.view(func(tx *bolt.Tx) error { return fill(tx, p) }); err != nil {
			return err
		}
		if len(p.records) == 0 {
			return nil
		}
		for _, r := range p.records {
			err := b.w.Add(r, b.s.opt.Names.Name)
			if errors.Is(err, archive.ErrRecord) {
				b.s.badBlocks.Add(1)
			} else if err != nil {
				return err
			}
		}
	}
}

// rows writes a bucket of rows as they are stored.
func (b *backup) rows(bucket []byte, kind archive.Kind) error {
	var after []byte
	return b.pages(func(tx *bolt.Tx, p *page) error {
		c := tx.Bucket(bucket).Cursor()
		k, v := c.Seek(after)
		if after != nil && bytes.Equal(k, after) {
			k, v = c.Next()
		}
		for ; k != nil && !p.full(); k, v = c.Next() {
			p.add(archive.Record{Kind: kind, Key: string(k), Data: bytes.Clone(v)})
			after = bytes.Clone(k)
		}
		return nil
	})
}

// slots writes a tier.
func (b *backup) slots(step int64) error {
	next := int64(0)
	return b.pages(func(tx *bolt.Tx, p *page) error {
		_, err := readAll(tx.Bucket(bucketSlots(step)), next, 1<<62, func(start int64, block []byte) error {
			if p.full() {
				return errPause
			}
			p.add(archive.Record{Kind: archive.KindSlot, Step: step, Start: start, Data: bytes.Clone(block)})
			next = start + 1
			return nil
		})
		return err
	})
}

// flows writes the flow log, newest first.
func (b *backup) flows() error {
	var before []byte
	return b.pages(func(tx *bolt.Tx, p *page) error {
		for !p.full() {
			prefix, data := flowBlockBefore(tx, before)
			if prefix == nil {
				return nil
			}
			at, _ := flowTime(append(bytes.Clone(prefix), 0, 0))
			p.add(archive.Record{Kind: archive.KindFlow, Start: at, Key: string(prefix), Data: data})
			before = prefix
		}
		return nil
	})
}

// Restore takes a backup in, beside what is there: rows replace those with their
// keys, of a device the later state stays, and of two sums of one time, class by
// class, the fuller one. So to restore the same twice changes nothing. Damage is
// reported and no error; a stream that is no backup is archive.ErrForeign, and
// the rest stays as far as it was read when reading it fails.
//
// Memory is bounded, whatever the stream says.
func (s *Store) Restore(ctx context.Context, in io.Reader) (RestoreReport, error) {
	begin := time.Now()
	r := newRestorer(s)
	r.keep, r.unsaved = true, true
	if err := s.Commit(); errors.Is(err, ErrClosed) { // what waits is older than what comes
		return r.report, fmt.Errorf("restore: %w", err)
	}
	from := archive.NewReader(in, codec)
	err := s.restoreAll(ctx, r, from)
	if flushErr := r.flush(); err == nil {
		err = flushErr
	}
	lost, losses := from.Lost()
	found := archive.Report{Lost: lost, Losses: losses, Unnamed: from.Unnamed()}
	r.report.Lost, r.report.Unnamed, r.report.Took = found.Words(), found.Unnamed, time.Since(begin)
	if err != nil {
		return r.report, fmt.Errorf("restore: %w", err)
	}
	return r.report, nil
}

func (s *Store) restoreAll(ctx context.Context, r *restorer, from *archive.Reader) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		rec, err := from.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if rec.Gone {
			continue // a backup deletes nothing
		}
		if err := r.add(from, rec); err != nil {
			return err
		}
	}
}
