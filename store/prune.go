package store

import (
	bolt "go.etcd.io/bbolt"

	"weir/internal/rollup"
)

// Pruning by age is done in steps of six hours' slots, so that most commits touch the
// end of a bucket only, and never more than maxPrune slots at once, so that none
// takes long.
const (
	pruneSlack = 6 * 3600
	maxPrune   = 512
)

// shares are the parts of its Keep that a tier is left with, in the order in
// which a database that is too large takes them; at last all but one slot goes.
var shares = []int64{4, 16, 64, 256, 1 << 40}

// prune deletes what is too old and, from 80 % of the limit on, the oldest slots
// of the finest tier. Once a tier is down to a quarter of the time it should keep
// the next coarser one gives; when all are, they do so down to a sixteenth, and
// so on, so that no tier starves another. It returns how many slots went.
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
	for _, share := range shares {
		for _, t := range s.opt.Tiers {
			n, freed, err := pruneSize(tx, t, t.Keep/share, excess, maxPrune-total)
			if err != nil {
				return 0, err
			}
			total += n
			if excess -= freed; excess <= 0 {
				return total, nil
			}
		}
	}
	return total, nil
}

// pruneAge deletes a tier's slots that are older than it keeps, once that is
// pruneSlack's worth.
func pruneAge(tx *bolt.Tx, t rollup.Tier, now int64, limit int) (int, error) {
	n, _, err := pruneTier(tx, t, limit, func(start int64, n int, _ int64) bool {
		age := now - t.Keep - (start + t.Step)
		return age >= pruneSlack || n > 0 && age >= 0
	})
	return n, err
}

// pruneSize deletes a tier's oldest slots until their blocks sum up to excess
// bytes. It leaves the newest one and those up to spare seconds before it.
func pruneSize(tx *bolt.Tx, t rollup.Tier, spare, excess int64, limit int) (int, int64, error) {
	last, _ := tx.Bucket(bucketSlots(t.Step)).Cursor().Last()
	newest, _ := slotStart(last)
	return pruneTier(tx, t, limit, func(start int64, _ int, freed int64) bool {
		return start < newest-spare && freed < excess
	})
}

// pruneTier deletes a tier's oldest slots while goes says so of the next one,
// told how many went before and their bytes, and at most limit. It returns both.
func pruneTier(tx *bolt.Tx, t rollup.Tier, limit int, goes func(start int64, n int, freed int64) bool) (n int, freed int64, err error) {
	bucket := tx.Bucket(bucketSlots(t.Step))
	for n < limit {
		k, _ := bucket.Cursor().First()
		if k == nil {
			break
		}
		start, ok := slotStart(k)
		if !ok { // a key of no slot is junk
			if err := bucket.Delete(k); err != nil {
				return n, freed, err
			}
			continue
		}
		if !goes(start, n, freed) {
			break
		}
		freed += int64(len(getBlock(bucket, start)))
		if err := deleteSlot(bucket, start); err != nil {
			return n, freed, err
		}
		n++
	}
	return n, freed, nil
}
