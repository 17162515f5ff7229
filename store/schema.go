package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"

	bolt "go.etcd.io/bbolt"
)

// The buckets. Each tier has one of its own, "slots/STEP", so that every tier is
// appended to at its end; see parts.go for what is inside.
var (
	bucketMeta    = []byte("meta")    // the keys below
	bucketNames   = []byte("names")   // be32 handle → name, see names.go
	bucketDevices = []byte("devices") // device key → row, see device.go
	bucketRows    = []byte("rows")    // kind and key → row, see row.go
	bucketFlows   = []byte("flows")   // blocks of the flow log, see flowblocks.go
	bucketUnsaved = []byte("unsaved") // what the next snapshot takes, see unsaved.go

	keySchema  = []byte("schema")  // be32 and its CRC32-C, be32
	keyApplied = []byte("applied") // be64, number in the queue of what was committed last
	keyWritten = []byte("written") // bytes ever, day, bytes of that day, be64 each
	keySession = []byte("session") // be64, a random number: who gives the queue's numbers
	keyRebuild = []byte("rebuild") // is there until the database was filled from an archive
	keyMove    = []byte("move")    // of the move that is under way, see rebase.go

	keyMoveFlows = []byte("moveflows") // the same of flows, see flowmove.go
)

// schema is the version of all this. A weir reads its own and older ones, which
// it migrates; see migrate.go.
const schema = 2

func bucketSlots(step int64) []byte {
	return strconv.AppendInt([]byte("slots/"), step, 10)
}

// prepare makes what is missing of the schema and counts what is there. It refuses
// a newer one and what is not weir's, migrates an older one, and drops the slots of
// tiers that are not configured any more.
func (e *edit) prepare() error {
	have, err := e.s.checkSchema(e.tx)
	if err != nil {
		return err
	}
	known := [][]byte{bucketMeta, bucketNames, bucketDevices, bucketRows, bucketFlows, bucketUnsaved}
	for _, t := range e.s.opt.Tiers {
		known = append(known, bucketSlots(t.Step))
	}
	var unknown [][]byte
	err = e.tx.ForEach(func(name []byte, _ *bolt.Bucket) error {
		if !slices.ContainsFunc(known, func(k []byte) bool { return bytes.Equal(k, name) }) {
			unknown = append(unknown, bytes.Clone(name))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range unknown {
		if err := e.tx.DeleteBucket(name); err != nil {
			return err
		}
		e.s.found.Dropped = append(e.s.found.Dropped, string(name))
	}
	fresh := e.tx.Bucket(bucketMeta) == nil
	for _, name := range known {
		if _, err := e.tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	if fresh { // even if its file is there: whoever made it may have got no further
		e.s.found.Fresh = true
		if err := e.tx.Bucket(bucketMeta).Put(keyRebuild, []byte{1}); err != nil {
			return err
		}
	}
	if err := e.take(); err != nil {
		return err
	}
	if err := e.measure(); err != nil {
		return err
	}
	if err := e.migrate(have); err != nil {
		return fmt.Errorf("migrate schema %d: %w", have, err)
	}
	return e.tx.Bucket(bucketMeta).Put(keySchema, sealed(schema))
}

// take makes the database this process's: its queue goes on with the numbers that
// are there, and when the database is opened again later, the queue's numbers mean
// something in it only if nobody else had it meanwhile.
func (e *edit) take() error {
	meta := e.tx.Bucket(bucketMeta)
	session := binary.BigEndian.AppendUint64(nil, e.s.session)
	if e.s.again {
		if bytes.Equal(meta.Get(keySession), session) {
			return nil
		}
		if err := setApplied(e.tx, 0); err != nil {
			return err
		}
	} else {
		e.s.status.Lock()
		e.s.status.written = loadWritten(e.tx)
		e.s.status.Unlock()
	}
	return meta.Put(keySession, session)
}

// checkSchema returns the schema of the database, the present one if it is new. It
// tells a newer weir's database and a foreign one from ours.
func (s *Store) checkSchema(tx *bolt.Tx) (uint32, error) {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		if k, _ := tx.Cursor().First(); k != nil {
			return 0, fmt.Errorf("%w: a bbolt database, but not weir's: it has a bucket %q", ErrDamaged, k)
		}
		return schema, nil
	}
	v := meta.Get(keySchema)
	if len(v) != 8 || !bytes.Equal(v, sealed(binary.BigEndian.Uint32(v))) {
		return 0, fmt.Errorf("%w: schema %x", ErrDamaged, v)
	}
	have := binary.BigEndian.Uint32(v)
	if have > schema {
		return 0, &SchemaError{Path: s.path, Have: have, Want: schema}
	}
	return have, nil
}

// sealed encodes a schema number with its checksum, so that a flipped bit does
// not look like a newer weir.
func sealed(n uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, n)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// applied returns the highest number whose work tx sees.
func applied(tx *bolt.Tx) uint64 {
	v := tx.Bucket(bucketMeta).Get(keyApplied)
	if len(v) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(v) &^ (1 << 63) // a flipped bit must not make it overflow
}

// setApplied notes that all numbers up to seq are committed.
func setApplied(tx *bolt.Tx, seq uint64) error {
	return tx.Bucket(bucketMeta).Put(keyApplied, binary.BigEndian.AppendUint64(nil, seq))
}
