package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"weir/internal/rollup"
	"weir/store/archive"
)

// SnapshotReport says what a snapshot did.
type SnapshotReport struct {
	Slots   int   // taken, the open ones included
	Devices int   // taken, or said to be gone
	Rows    int   // the same
	Flows   int   // blocks of the flow log
	Records int   // written: a slot may be several, by class
	Bytes   int64 // written
	Refused int   // records that the archive has no room for; they are not tried again
	Damaged int   // blocks and rows that could not be read
	Partial bool  // the time ran out: the rest waits for the next one
	Took    time.Duration
}

const (
	snapshotPage = 128              // unsaved entries read at once
	compactFor   = 10 * time.Second // a snapshot with less time does not compact
)

// Snapshot appends to an archive what is new since the last one, with the open
// slots on top, and notes it as saved when it is on the disk. What is written
// meanwhile stays unsaved. When ctx ends, what was appended so far is made last
// and the rest waits, so a stop with a deadline keeps what is most important.
//
// An archive that is not the one of the last snapshot, or an older state of it,
// gets everything.
func (s *Store) Snapshot(ctx context.Context, a *archive.Archive, newest Newest) (SnapshotReport, error) {
	begin := time.Now()
	s.keepOpenFlows(true)
	if err := s.Commit(); errors.Is(err, ErrClosed) {
		return SnapshotReport{}, err // another error is in Status; what is committed can be saved
	}
	b, err := a.Begin(s.opt.Now().Unix())
	if err != nil {
		return SnapshotReport{}, err
	}
	n := &snapshot{s: s, ctx: ctx, b: b}
	report, err := n.run(newest)
	report.Took = time.Since(begin)
	return report, err
}

// snapshot is one that is being taken.
type snapshot struct {
	s      *Store
	ctx    context.Context
	b      *archive.Batch
	db     *bolt.DB // that is read; another one has other transactions
	upTo   uint32   // newest transaction that is read
	open   map[[2]int64]bool
	done   map[string]bool // prefixes that were gone through
	report SnapshotReport
	buf    []byte
}

// run takes the snapshot and ends the batch.
func (n *snapshot) run(newest Newest) (SnapshotReport, error) {
	err := n.begin()
	if err == nil {
		err = n.addOpen(newest)
	}
	if err == nil {
		err = n.addUnsaved()
	}
	if deadline, ok := n.ctx.Deadline(); err == nil && !n.report.Partial && (!ok || time.Until(deadline) > compactFor) {
		err = n.b.Compact()
	}
	if err != nil {
		n.b.Abort()
		return n.report, fmt.Errorf("snapshot: %w", err)
	}
	id, _ := n.b.Mark()
	tally, err := n.b.Commit()
	if err != nil {
		return n.report, fmt.Errorf("snapshot: %w", err)
	}
	n.report.Records, n.report.Bytes = tally.Records, tally.Bytes
	return n.report, n.clear(id, tally.Total)
}

// addUnsaved goes through what is unsaved, band by band.
func (n *snapshot) addUnsaved() error {
	n.done = make(map[string]bool)
	for _, p := range n.s.passes() {
		if err := n.pass(p); err != nil {
			return err
		}
		if n.report.Partial {
			delete(n.done, string(p.prefix)) // its last band is missing
			for _, rest := range n.s.passes() {
				if rest.part.band > p.part.band {
					delete(n.done, string(rest.prefix))
				}
			}
			return nil
		}
		n.done[string(p.prefix)] = true
	}
	return nil
}

// pass goes through the unsaved entries of one prefix.
func (n *snapshot) pass(p pass) error {
	after := p.prefix
	for {
		var items []unsavedItem
		err := n.s.view(func(tx *bolt.Tx) error {
			items = unsaved(tx, after, snapshotPage)
			return nil
		})
		if err != nil {
			return err
		}
		for _, item := range items {
			if !bytes.HasPrefix(item.key, p.prefix) {
				return nil
			}
			if n.ctx.Err() != nil {
				n.report.Partial = true
				return nil
			}
			if err := n.addItem(p, item); err != nil {
				return err
			}
			after = item.key
		}
		if len(items) == 0 {
			return nil
		}
	}
}

// addItem adds what one entry names, or that it is gone.
func (n *snapshot) addItem(p pass, item unsavedItem) error {
	if item.what == unsavedIsSlot {
		return n.addSlot(p.part, item)
	}
	var value []byte
	err := n.s.view(func(tx *bolt.Tx) error {
		switch item.what {
		case unsavedIsDevice:
			value = bytes.Clone(tx.Bucket(bucketDevices).Get(item.name))
		case unsavedIsRow:
			value = bytes.Clone(tx.Bucket(bucketRows).Get(item.name))
		case unsavedIsFlow:
			value = getParts(tx.Bucket(bucketFlows), item.name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	r := archive.Record{Kind: kindOf(item.what), Key: string(item.name), Data: value, Gone: value == nil}
	if item.what == unsavedIsFlow {
		r.Start = int64(binary.BigEndian.Uint64(item.name))
	}
	return n.add(p.part.band, r)
}

// kindOf is the kind of record for a kind of unsaved entry.
func kindOf(what byte) archive.Kind {
	switch what {
	case unsavedIsDevice:
		return archive.KindDevice
	case unsavedIsRow:
		return archive.KindNote
	case unsavedIsFlow:
		return archive.KindFlow
	}
	return archive.KindSlot
}

// addSlot adds a band's part of a slot. One that is still open was added as it
// stands.
func (n *snapshot) addSlot(p part, item unsavedItem) error {
	if n.open[[2]int64{item.step, item.start}] {
		return nil
	}
	var block []byte
	err := n.s.view(func(tx *bolt.Tx) error {
		if b := tx.Bucket(bucketSlots(item.step)); b != nil {
			block = getBlock(b, item.start)
		}
		return nil
	})
	if err != nil {
		return err
	}
	r := archive.Record{Kind: archive.KindSlot, Step: item.step, Start: item.start, Gone: block == nil}
	if block != nil {
		n.buf, err = rollup.AppendFiltered(n.buf[:0], block, p.has)
		if err != nil {
			n.s.badBlocks.Add(1)
			n.report.Damaged++
			return nil
		}
		if p.band != bandParts(item.step)[0].band && !hasRows(n.buf) {
			return nil
		}
		r.Data = n.buf
	}
	return n.add(p.band, r)
}

// hasRows reports whether a block has any.
func hasRows(block []byte) bool {
	it := rollup.NewIter(block)
	return it.Next()
}

// add adds a record. What has no room, or is damaged, is counted.
func (n *snapshot) add(band archive.Band, r archive.Record) error {
	err := n.b.Add(band, r, n.s.opt.Names.Name)
	switch {
	case errors.Is(err, archive.ErrNoRoom):
		n.report.Refused++
	case errors.Is(err, archive.ErrRecord):
		n.report.Damaged++
	case err == nil:
		n.count(band, &r)
	default:
		return err
	}
	return nil
}

// count notes what was taken; of a slot in parts the first counts.
func (n *snapshot) count(band archive.Band, r *archive.Record) {
	switch r.Kind {
	case archive.KindDevice:
		n.report.Devices++
	case archive.KindNote:
		n.report.Rows++
	case archive.KindFlow:
		n.report.Flows++
	case archive.KindOpen:
		n.report.Slots++
	case archive.KindSlot:
		if band == bandParts(r.Step)[0].band {
			n.report.Slots++
		}
	}
}
