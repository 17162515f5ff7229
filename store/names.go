package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// errNames says that the dictionary cannot be trusted: every series would get
// another one's name.
var errNames = errors.New("dictionary of names has a hole")

// readNames returns the dictionary: names[i] has handle i+1, "" is free. A damaged
// name is replaced by one that says so.
func (e *edit) readNames() ([]string, error) {
	var names []string
	err := e.tx.Bucket(bucketNames).ForEach(func(k, v []byte) error {
		if len(k) != 4 || binary.BigEndian.Uint32(k) != uint32(len(names)+1) {
			return fmt.Errorf("%w: %w after %d", ErrDamaged, errNames, len(names))
		}
		name, ok := decodeName(k, v)
		if !ok {
			e.s.badBlocks.Add(1)
			name = fmt.Sprintf("damaged name %d", len(names)+1)
		}
		names = append(names, name)
		return nil
	})
	return names, err
}

// A stored name is followed by the CRC32-C, little endian, of its key and itself.
func encodeName(key []byte, name string) []byte {
	return binary.LittleEndian.AppendUint32([]byte(name), checksum(key, []byte(name)))
}

func decodeName(key, b []byte) (string, bool) {
	if len(b) < 4 || len(b) > intern.MaxName+4 {
		return "", false
	}
	name := b[:len(b)-4]
	return string(name), checksum(key, name) == binary.LittleEndian.Uint32(b[len(name):])
}

// errOtherNames says that a database has names of its own.
var errOtherNames = errors.New("another database has come to its place: restart weir to use it")

// loadNames reads the dictionary. When more than three quarters of the table are
// taken, names that nothing stored refers to are forgotten first: a handle must
// not change its meaning while the process lives, but at its start nobody holds
// one. A database that is opened again must have the names of the table.
func (e *edit) loadNames() ([]string, error) {
	names, err := e.readNames()
	if err != nil {
		return nil, err
	}
	table, used := e.s.opt.Names, 0
	for i, name := range names {
		if name == "" {
			continue
		}
		if used++; e.s.again && table.Name(uint32(i+1)) != name {
			return nil, errOtherNames
		}
	}
	if !e.s.again && used > table.Max()-table.Max()/4 {
		err = e.freeNames(names)
	}
	return names, err
}

// freeNames makes those names empty, in the list and in the dictionary, that no
// block, device and row uses.
func (e *edit) freeNames(names []string) error {
	inUse, ok, err := e.namesInUse(names)
	if err != nil || !ok {
		return err
	}
	for i, name := range names {
		if name == "" || inUse[i+1] {
			continue
		}
		names[i] = ""
		e.s.found.Freed++
		if err := putName(e.tx, uint32(i+1), ""); err != nil {
			return err
		}
	}
	return nil
}

// namesInUse tells by handle which names something stored refers to. It reports
// false when a newer weir's block cannot be read: then nobody knows.
func (e *edit) namesInUse(names []string) (inUse []bool, ok bool, err error) {
	inUse, ok = make([]bool, len(names)+1), true
	mark := func(handle uint32) {
		if uint64(handle) < uint64(len(inUse)) {
			inUse[handle] = true
		}
	}
	for _, t := range e.s.opt.Tiers {
		_, err = readAll(e.tx.Bucket(bucketSlots(t.Step)), 0, 1<<62, func(_ int64, block []byte) error {
			it := rollup.NewIter(block)
			for it.Next() {
				mark(it.Row().ID)
				mark(it.Row().Sub)
			}
			ok = ok && !errors.Is(it.Err(), rollup.ErrVersion)
			return nil // a damaged one refers to nothing that can be read
		})
		if err != nil {
			return nil, false, err
		}
	}
	handles := make(map[string]uint32, len(names))
	for i, name := range names {
		handles[name] = uint32(i + 1)
	}
	err = e.tx.Bucket(bucketDevices).ForEach(func(k, _ []byte) error {
		mark(handles[string(k)])
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	err = e.tx.Bucket(bucketRows).ForEach(func(k, _ []byte) error {
		mark(handles[string(k[1:])])
		return nil
	})
	return inUse, ok && e.markFlowDevices(mark), err
}

// putName saves one name; "" says that the handle is free.
func putName(tx *bolt.Tx, handle uint32, name string) error {
	b := tx.Bucket(bucketNames)
	b.FillPercent = appendFill
	key := binary.BigEndian.AppendUint32(nil, handle)
	if err := b.Put(key, encodeName(key, name)); err != nil {
		return fmt.Errorf("save name %q: %w", name, err)
	}
	return nil
}

// newNames are the names that the dictionary does not have yet.
type newNames struct {
	first  uint32 // handle of the first of names
	names  []string
	reused []uint32 // handles that were free
}

// newNames returns what came since the last commit. The caller holds writer.
func (s *Store) newNames() newNames {
	return newNames{s.names + 1, s.opt.Names.Names(s.names + 1), s.opt.Names.Reused(s.reused)}
}

// namesSaved notes that n is in the dictionary now.
func (s *Store) namesSaved(n newNames) {
	s.names += uint32(len(n.names))
	s.reused += len(n.reused)
}

// putNames saves new names.
func (e *edit) putNames(n newNames) error {
	for i, name := range n.names {
		if err := putName(e.tx, n.first+uint32(i), name); err != nil {
			return err
		}
	}
	for _, handle := range n.reused {
		if err := putName(e.tx, handle, e.s.opt.Names.Name(handle)); err != nil {
			return err
		}
	}
	return nil
}
