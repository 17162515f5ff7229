package store

import (
	"encoding/binary"
	"math"

	bolt "go.etcd.io/bbolt"
)

var keyArchive = []byte("archive") // be64 each: id of the archive that the unsaved ones are new to, bytes it had

// begin notes where the database stands, and marks everything as unsaved for an
// archive that does not know what the last one did.
func (n *snapshot) begin() error {
	id, total := n.b.Mark()
	have := archiveMark{}
	n.db = n.s.db.Load()
	look := func() error {
		return n.s.view(func(tx *bolt.Tx) error {
			n.upTo = uint32(tx.ID())
			have = loadArchiveMark(tx)
			return nil
		})
	}
	if err := look(); err != nil {
		return err
	}
	if have.id == id && have.total <= total {
		return nil
	}
	if err := n.s.change("mark for a new archive", (*edit).markEverything); err != nil {
		return err
	}
	return look()
}

// markEverything notes that the archive has nothing yet.
func (e *edit) markEverything() error {
	if err := e.markAll(); err != nil {
		return err
	}
	err := e.tx.Bucket(bucketRows).ForEach(func(k, _ []byte) error { return e.markUnsaved(unsavedRow(k)) })
	if err != nil {
		return err
	}
	return e.tx.Bucket(bucketFlows).ForEach(func(k, _ []byte) error {
		if len(k) != flowKeyLen || k[flowKeyLen-2] != 0 || k[flowKeyLen-1] != 0 {
			return nil
		}
		return e.markUnsaved(unsavedFlow(k[:flowKeyLen-2]))
	})
}

// clear notes what is saved now.
func (n *snapshot) clear(id, total int64) error {
	s := n.s
	s.writer.Lock()
	defer s.writer.Unlock()
	if s.db.Load() != n.db {
		return nil // it was opened anew: what is unsaved there is another matter
	}
	var after []byte
	for more := true; more; {
		err := s.update("note what is saved", func(e *edit) error {
			items := unsaved(e.tx, after, snapshotPage)
			if more = len(items) == snapshotPage; len(items) > 0 {
				after = items[len(items)-1].key
			}
			cleared := items[:0]
			for _, item := range items {
				if n.saved(item) {
					cleared = append(cleared, item)
				}
			}
			if err := e.saved(cleared); err != nil {
				return err
			}
			return archiveMark{id, total}.save(e.tx)
		})
		if err != nil {
			return s.explain(err)
		}
	}
	return nil
}

// saved reports whether an entry is as the snapshot has read it.
func (n *snapshot) saved(item unsavedItem) bool {
	if len(item.mark) != 4 || binary.BigEndian.Uint32(item.mark) > n.upTo || n.open[[2]int64{item.step, item.start}] {
		return false
	}
	prefix := item.key[:1]
	if item.what == unsavedIsSlot {
		prefix = item.key[:1+8]
	}
	return n.done[string(prefix)]
}

// archiveMark is which archive the unsaved entries are new to.
type archiveMark struct{ id, total int64 }

func loadArchiveMark(tx *bolt.Tx) archiveMark {
	v := tx.Bucket(bucketMeta).Get(keyArchive)
	if len(v) != 16 {
		return archiveMark{}
	}
	m := archiveMark{int64(binary.BigEndian.Uint64(v)), int64(binary.BigEndian.Uint64(v[8:]))}
	if m.total < 0 {
		m.total = math.MaxInt64
	}
	return m
}

func (m archiveMark) save(tx *bolt.Tx) error {
	v := binary.BigEndian.AppendUint64(nil, uint64(m.id))
	return tx.Bucket(bucketMeta).Put(keyArchive, binary.BigEndian.AppendUint64(v, uint64(m.total)))
}
