package store

import (
	"bytes"

	"weir/internal/intern"
)

// migrate brings a database of an older schema to the present one, in the
// transaction that opens it: a kill leaves it as it was.
func (e *edit) migrate(have uint32) error {
	if have < 2 {
		if err := e.sealNames(); err != nil {
			return err
		}
		if err := e.markAll(); err != nil {
			return err
		}
	}
	// Schema 1 had no days and months. A tier that the configuration has added
	// needs the same.
	if e.s.again {
		return nil // whoever appends has the open slots still
	}
	return e.fill()
}

// sealNames gives the names the checksums that schema 1 had not.
func (e *edit) sealNames() error {
	bucket := e.tx.Bucket(bucketNames)
	var keys [][]byte
	var names []string
	err := bucket.ForEach(func(k, v []byte) error {
		keys, names = append(keys, bytes.Clone(k)), append(names, string(v[:min(len(v), intern.MaxName)]))
		return nil
	})
	for i, key := range keys {
		if err == nil {
			err = bucket.Put(key, encodeName(key, names[i]))
		}
	}
	return err
}

// markAll notes that no archive has anything yet: schema 1 had no snapshots.
func (e *edit) markAll() error {
	for _, t := range e.s.opt.Tiers {
		bucket := e.tx.Bucket(bucketSlots(t.Step))
		err := bucket.ForEach(func(k, _ []byte) error {
			start, ok := slotStart(k)
			if !ok || k[8] != 0 || k[9] != 0 {
				return nil
			}
			return e.markUnsaved(unsavedSlot(t.Step, start))
		})
		if err != nil {
			return err
		}
	}
	return e.tx.Bucket(bucketDevices).ForEach(func(k, _ []byte) error {
		return e.markUnsaved(unsavedDevice(string(k)))
	})
}
