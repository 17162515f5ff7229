package store

import (
	bolt "go.etcd.io/bbolt"

	"weir/internal/rollup"
)

// rebuild sums up the newest slot of each coarser tier from the slots of the
// finer one. A kill loses what a coarse slot has gathered, up to an hour, while
// all but the last of the finer slots inside of it were saved. What is there
// stays if it holds more: the finer ones may have been pruned.
func (s *Store) rebuild(tx *bolt.Tx) error {
	for i := 1; i < len(s.opt.Tiers); i++ {
		fine := tx.Bucket(bucketSlots(s.opt.Tiers[i-1].Step))
		coarse, step := tx.Bucket(bucketSlots(s.opt.Tiers[i].Step)), s.opt.Tiers[i].Step
		k, _ := fine.Cursor().Last()
		last, ok := slotStart(k)
		if !ok || last < 0 {
			continue
		}
		start := last - last%step
		sum := rollup.AppendBlock(nil, nil)
		_, err := readAll(fine, start, start+step, func(_ int64, block []byte) error {
			merged, err := rollup.AppendMerged(nil, sum, block)
			if err != nil {
				s.badBlocks.Add(1)
				return nil
			}
			sum = merged
			return nil
		})
		if err != nil {
			return err
		}
		if have := getBlock(coarse, start); have != nil && weight(have) >= weight(sum) {
			continue
		}
		if err := putBlock(coarse, start, sum); err != nil {
			return err
		}
	}
	return nil
}

// weight is the sum of a block's packets, to tell which of two sums of the same
// time holds more; 0 for a damaged one.
func weight(block []byte) (sum uint64) {
	it := rollup.NewIter(block)
	for it.Next() {
		sum += rollup.Packets.Of(it.Row().Values) + it.Row().Flows
	}
	if it.Err() != nil {
		return 0
	}
	return sum
}
