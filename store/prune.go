package store

import (
	bolt "go.etcd.io/bbolt"

	"weir/internal/rollup"
)

// Pruning is done in steps of an hour's slots, so that most commits touch the
// end of a bucket only, and never more than maxPrune slots at once, so that none
// takes long.
const (
	pruneSlack = 3600
	maxPrune   = 512
)

// prune deletes what is too old and, from 80 % of the limit on, the oldest slots
// of the finest tier, down to what the limit asks for; a coarser tier's turn
// comes when the finer ones have one slot left. It returns how many went.
func (s *Store) prune(tx *bolt.Tx) (int, error) {
	total := 0
	if s.opt.TimeTrusted() {
		now := s.opt.Now().Unix()
		for _, t := range s.opt.Tiers {
			n, err := pruneAge(tx, t, now, maxPrune-total)
			if err != nil {
				return 0, err
			}
			total += n
		}
	}
	stats := s.db.Stats()
	used := tx.Size() - int64(stats.FreePageN+stats.PendingPageN)*pageSize
	excess := used - s.opt.MaxSize/5*4
	if excess <= 0 {
		return total, nil
	}
	excess += s.opt.MaxSize / 50 // so that the next commit is not about it again
	for _, t := range s.opt.Tiers {
		n, freed, err := pruneSize(tx, t, excess, maxPrune-total)
		if err != nil {
			return 0, err
		}
		total += n
		if excess -= freed; excess <= 0 {
			break
		}
	}
	return total, nil
}

// pruneAge deletes a tier's slots that are older than it keeps, once that is an
// hour's worth.
func pruneAge(tx *bolt.Tx, t rollup.Tier, now int64, limit int) (int, error) {
	c := tx.Bucket(bucketSlots(t.Step)).Cursor()
	n := 0
	for k, _ := c.First(); k != nil && n < limit; k, _ = c.First() {
		start, ok := slotStart(k)
		age := now - t.Keep - (start + t.Step)
		if ok && (age < 0 || n == 0 && age < pruneSlack) {
			break
		}
		if err := c.Delete(); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// pruneSize deletes a tier's oldest slots until their blocks sum up to excess
// bytes. It leaves the newest one.
func pruneSize(tx *bolt.Tx, t rollup.Tier, excess int64, limit int) (n int, freed int64, err error) {
	c := tx.Bucket(bucketSlots(t.Step)).Cursor()
	last, _ := c.Last()
	newest, _ := slotStart(last)
	for k, v := c.First(); k != nil && n < limit && freed < excess; k, v = c.First() {
		if start, ok := slotStart(k); ok && start >= newest {
			break
		}
		freed += int64(len(v))
		if err := c.Delete(); err != nil {
			return n, freed, err
		}
		n++
	}
	return n, freed, nil
}
