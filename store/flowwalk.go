package store

import (
	"bytes"
	"time"

	bolt "go.etcd.io/bbolt"

	"weir/internal/flowlog"
)

// flowWalk goes through the blocks of the log, in one direction.
type flowWalk struct {
	FlowStats
	s      *Store
	search *flowlog.Search
	at     place
	back   bool // to older flows
	ended  bool
}

// flowBytes is a block, nil for none, and what it is stored under.
type flowBytes struct{ prefix, data []byte }

// done counts a block that was unpacked.
func (w *flowWalk) done(block []byte, err error) {
	w.Unpacked++
	if err != nil {
		w.damaged()
		return
	}
	if h, err := flowlog.ReadHeader(block); err == nil {
		w.Flows += h.Count
	}
}

func (w *flowWalk) damaged() {
	w.Damaged++
	w.s.badBlocks.Add(1)
}

// may reports whether a block is worth unpacking, and counts it if not. One whose
// header is damaged is not.
func (w *flowWalk) may(header []byte) bool {
	h, err := flowlog.ReadHeader(header)
	if err != nil {
		w.damaged()
		return false
	}
	if !w.search.MayHave(&h) {
		w.Skipped++
		return false
	}
	return true
}

// beyond reports whether a block lies beyond the place at hand. A place with a row
// is in its block, of which there is more.
func (w *flowWalk) beyond(prefix []byte) bool {
	return w.at.prefix == nil || w.nearer(w.at.prefix, prefix) || w.at.row > 0 && bytes.Equal(prefix, w.at.prefix)
}

// nearer reports whether the walk comes to one block before it comes to another.
func (w *flowWalk) nearer(prefix, than []byte) bool {
	if w.back {
		prefix, than = than, prefix
	}
	return bytes.Compare(prefix, than) < 0
}

// nearest returns of the blocks that are not in the database yet, or in an earlier
// form, the first one beyond the place at hand, and whether it is the open one, which
// is not packed yet. That is looked at first, the queue next and the database last: a
// block on its way is seen at least once, and where it is seen again it is no newer.
func (w *flowWalk) nearest() (near flowBytes, open bool) {
	l := &w.s.flows
	l.mu.Lock()
	if p := l.key.prefix(); l.open != nil && l.open.Len() > 0 && w.beyond(p) {
		near, open = flowBytes{prefix: p}, true
	}
	l.mu.Unlock()
	queued := w.s.queue.waitingFlows()
	for i := len(queued) - 1; i >= 0; i-- { // the newest form of a block first
		p := queued[i].key().prefix()
		if w.beyond(p) && (near.prefix == nil || w.nearer(p, near.prefix)) {
			near, open = flowBytes{p, queued[i].data}, false
		}
	}
	return near, open
}

// packOpen returns the open block if it is the one with a prefix. That keeps who logs
// flows waiting, so it is done once it is known that this one is next.
func (s *Store) packOpen(prefix []byte) []byte {
	l := &s.flows
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil || l.open.Len() == 0 || !bytes.Equal(l.key.prefix(), prefix) {
		return nil
	}
	return l.open.AppendBlock(nil)
}

// next goes on to the next block, or to the rest of the one that the place is in.
// The block is nil where there is nothing to be found; more is false at the end.
// The walk to newer flows ends with the block that is open.
func (w *flowWalk) next() (block []byte, more bool, err error) {
	if w.ended {
		return nil, false, nil
	}
	was := w.at
	near, open := w.nearest()
	found, more, err := w.stored(near.prefix)
	if err != nil || more && found.data == nil {
		return nil, more, err
	}
	if !more {
		if found = near; found.prefix == nil {
			return nil, false, nil
		}
		if open {
			if found.data = w.s.packOpen(found.prefix); found.data == nil {
				return nil, true, nil // it was closed: the queue has it
			}
			w.ended = !w.back
		}
		if w.at = (place{found.prefix, 0}); !w.may(found.data) {
			return nil, true, nil
		}
	}
	if w.at = (place{found.prefix, flowlog.BlockFlows}); was.row > 0 && bytes.Equal(found.prefix, was.prefix) {
		w.at.row = was.row
	}
	return found.data, true, nil
}

// stored looks in the database for a block that is worth unpacking, but not as far
// as until. more says that it came to one, or that it has looked long enough and
// goes on at the place at hand.
func (w *flowWalk) stored(until []byte) (found flowBytes, more bool, err error) {
	err = w.s.view(func(tx *bolt.Tx) error {
		begin := time.Now()
		c := tx.Bucket(bucketFlows).Cursor()
		for {
			prefix := w.seek(c)
			if prefix == nil || until != nil && !w.nearer(prefix, until) {
				return nil
			}
			w.at, more = place{prefix, 0}, true
			if w.may(readHeader(c, prefix)) {
				found = flowBytes{prefix, getParts(tx.Bucket(bucketFlows), prefix)}
				return nil
			}
			if w.Skipped >= flowSkips || time.Since(begin) > readFor {
				return nil
			}
			more = false
		}
	})
	return found, more, err
}

// seek returns the first block of the database beyond the place at hand, nil for
// none.
func (w *flowWalk) seek(c *bolt.Cursor) []byte {
	var k []byte
	step := c.Next
	if w.back {
		step = c.Prev
	}
	switch {
	case w.at.prefix != nil:
		if k, _ = c.Seek(w.at.prefix); k == nil {
			k, _ = c.Last()
		}
	case w.back:
		k, _ = c.Last()
	default:
		k, _ = c.First()
	}
	for ; k != nil; k, _ = step() {
		if len(k) == flowKeyLen && w.beyond(k[:flowKeyLen-2]) {
			return bytes.Clone(k[:flowKeyLen-2])
		}
	}
	return nil
}

// readHeader reads as many parts of a block as its header takes.
func readHeader(c *bolt.Cursor, prefix []byte) []byte {
	var b []byte
	for k, v := c.Seek(prefix); isPart(k, prefix); k, v = c.Next() {
		if b = append(b, v...); len(b) >= flowlog.HeaderLen(b) {
			break
		}
	}
	return b
}
