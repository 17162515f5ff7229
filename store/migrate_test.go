package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"weir/internal/clock"
	"weir/internal/intern"
	"weir/internal/rollup"
)

// schemaOne writes a database as the first weir did, with nothing but bbolt: hours
// and their five minutes from start on, each with a row of the device with handle
// 2 that sent one byte for each five minutes.
func schemaOne(path string, start int64, hours int) error {
	db, err := bolt.Open(path, 0o600, &bolt.Options{PageSize: pageSize, NoFreelistSync: true})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		put := func(bucket string, key, value []byte) {
			b, bucketErr := tx.CreateBucketIfNotExists([]byte(bucket))
			if bucketErr == nil {
				bucketErr = b.Put(key, value)
			}
			err = errors.Join(err, bucketErr)
		}
		version := []byte{0, 0, 0, 1}
		put("meta", []byte("schema"), binary.BigEndian.AppendUint32(version, crc32.Checksum(version, castagnoli)))
		put("meta", []byte("applied"), []byte{0, 0, 0, 0, 0, 0, 1, 0})
		put("names", []byte{0, 0, 0, 1}, []byte("br-lan"))
		put("names", []byte{0, 0, 0, 2}, []byte("02:00:00:00:00:01"))
		d := sampleDevice()
		put("devices", []byte(d.Key), appendDevice(nil, d))
		for i := range int64(hours) {
			for j := range int64(12) {
				put("slots/300", slotOne(start+3600*i+300*j, 0), blockOne(1))
			}
			block := blockOne(12)
			put("slots/3600", slotOne(start+3600*i, 0), block[:10]) // blocks are in parts
			put("slots/3600", slotOne(start+3600*i, 1), block[10:])
		}
		return err
	})
	return errors.Join(err, db.Close())
}

func slotOne(start int64, part uint16) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint64(nil, uint64(start)), part)
}

// blockOne is a block of version 1: class 1 is devices, five columns, one row.
func blockOne(sent byte) []byte {
	b := []byte{1, 1, 5, 1, 1, 2, 1, sent, 1, 0, 1, sent, 1, 0, 1, 0}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// migrationStart is the first of March 2024, 0:00 in Berlin.
const migrationStart = 1709247600

func berlin(t testing.TB) clock.Calendar {
	t.Helper()
	zone, err := clock.ParseTZ("CET-1CEST,M3.5.0,M10.5.0/3")
	if err != nil {
		t.Fatal(err)
	}
	return clock.Calendar{Zone: zone}
}

// TestMigration opens a database of schema 1: nothing is lost, days and months are
// summed up where they begin in the router's zone, and a snapshot finds everything
// unsaved. March has a day of 23 hours.
func TestMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	const hours = 31*24 - 1 + 5 // March, and five hours of April
	if err := schemaOne(path, migrationStart, hours); err != nil {
		t.Fatal(err)
	}
	names := intern.New(100)
	s := open(t, path, Options{Names: names, Tiers: rollup.DefaultTiers(), Calendar: berlin(t)})
	r := s.Opened()
	if r.Fresh || r.MovedTo != "" || len(r.Dropped) != 0 || names.Name(2) != "02:00:00:00:00:01" || names.Last() != 2 {
		t.Fatalf("opened %+v, name %q", r, names.Name(2))
	}
	tiers := map[int64][]uint64{}
	for _, tier := range s.opt.Tiers {
		starts, sums := stored(t, s, tier.Step)
		tiers[tier.Step] = sums
		if len(starts) > 0 && starts[0] != migrationStart {
			t.Errorf("tier %d s begins at %d", tier.Step, starts[0])
		}
	}
	month, april := uint64(31*24-1)*12, uint64(5*12)
	if diff := cmp.Diff([]uint64{month, april}, tiers[clock.Month]); diff != "" {
		t.Errorf("months (-want +got):\n%s", diff)
	}
	days := tiers[clock.Day]
	if len(days) != 32 || days[0] != 24*12 || days[30] != 23*12 || days[31] != april {
		t.Errorf("days %v", days)
	}
	if len(tiers[3600]) != hours || len(tiers[300]) != 12*hours || len(tiers[60]) != 0 {
		t.Errorf("%d hours, %d times 5 min", len(tiers[3600]), len(tiers[300]))
	}
	devices, err := s.Devices()
	if err != nil || len(devices) != 1 || devices[0].Name != "Anna's phone" {
		t.Errorf("devices %+v, %v", devices, err)
	}
	if want := 13*hours + 32 + 2 + 1; s.Status().Unsaved != want {
		t.Errorf("%d things are unsaved, want %d", s.Status().Unsaved, want)
	}
	s.Append([]rollup.Slot{{Step: 300, Start: migrationStart, Block: block(map[uint32]uint64{2: 5})}})
	commit(t, s)
	if _, sums := stored(t, s, 300); sums[0] != 6 {
		t.Errorf("a block of version 1 and a new one sum up to %d", sums[0])
	}
	closeAndCheck(t, s)
	s = open(t, path, Options{Names: intern.New(100), Tiers: rollup.DefaultTiers(), Calendar: berlin(t)})
	if _, sums := stored(t, s, clock.Month); !cmp.Equal(sums, []uint64{month, april}) {
		t.Errorf("opened again the months are %v", sums)
	}
}

// TestMigrationOfADamagedDatabase has a damaged hour: the others still make up the
// day.
func TestMigrationOfADamagedDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	if err := schemaOne(path, migrationStart, 24); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := rewritten(t, file, []byte("slots/3600"), func(b *bolt.Bucket) error {
		return b.Put(slotOne(migrationStart+7200, 0), []byte("damaged"))
	})
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, Options{Tiers: rollup.DefaultTiers(), Calendar: berlin(t)})
	if _, sums := stored(t, s, clock.Day); len(sums) != 1 || sums[0] != 23*12 || s.Status().BadBlocks == 0 {
		t.Errorf("days %v, %d bad blocks", sums, s.Status().BadBlocks)
	}
}

// stored returns the starts of a tier's stored slots and the bytes that devices
// sent in each.
func stored(t testing.TB, s *Store, step int64) (starts []int64, sums []uint64) {
	t.Helper()
	err := s.view(func(tx *bolt.Tx) error {
		bucket := tx.Bucket(bucketSlots(step))
		if bucket == nil {
			return fmt.Errorf("no tier of %d s", step)
		}
		_, err := readAll(bucket, 0, 1<<62, func(start int64, block []byte) error {
			sum := uint64(0)
			it := rollup.NewClassIter(block, rollup.Device)
			for it.Next() {
				sum += it.Row().TxBytes
			}
			starts, sums = append(starts, start), append(sums, sum)
			return nil
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return starts, sums
}
