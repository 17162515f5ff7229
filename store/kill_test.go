package store

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"weir/internal/clock"
	"weir/internal/intern"
	"weir/internal/rollup"
)

// killRounds names, in the environment, how many children the tests below kill in
// all. Few by default, because each takes a tenth of a second.
const killRounds = "WEIR_STORE_KILLS"

// kills returns a test's part of killRounds.
func kills(t *testing.T, percent int) int {
	t.Helper()
	all := 30
	if testing.Short() {
		all = 10
	}
	if text := os.Getenv(killRounds); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		all = n
	}
	return all * percent / 100
}

// killOne starts a child in a role and kills it at a random moment after its first
// line, within the given time. It returns the last line that came.
func killOne(t *testing.T, role, dir string, rng *rand.Rand, within time.Duration) (last string) {
	t.Helper()
	cmd := child(t, role, dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if lines.Scan() {
		last = lines.Text()
		kill := time.AfterFunc(time.Duration(rng.Int64N(int64(within))), func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
	}
	for lines.Scan() {
		last = lines.Text()
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	return last
}

// commitForever accounts a packet every minute and commits the slots that close, of
// all tiers, with names, devices, rows and flows. It says so line by line, once
// each commit is done.
func commitForever(dir string) error { return commitMany(dir, 1<<62) }

// commitMany is commitForever that ends after so many commits.
func commitMany(dir string, n int64) error {
	names := intern.New(1 << 16)
	tiers := rollup.DefaultTiers()
	s, err := Open(filepath.Join(dir, FileName), Options{Names: names, MaxSize: 4 << 20, Tiers: tiers})
	if err != nil {
		return err
	}
	packets := make([]uint64, len(tiers)) // of each tier's open slot since this start
	begin := int64(names.Last()) * 60
	for start := begin; (start-begin)/60 < n; start += 60 {
		id := names.Handle(fmt.Sprintf("name of %d", start))
		var closed []rollup.Slot
		for i, tier := range tiers {
			packets[i]++
			slot := (clock.Calendar{}).Floor(start, tier.Step)
			if start+60 < (clock.Calendar{}).Next(slot, tier.Step) {
				continue
			}
			rows := []rollup.Row{{Key: rollup.Key{Class: rollup.Total}, Values: rollup.Values{TxPackets: packets[i]}}}
			if i == 0 {
				rows = append([]rollup.Row{{Key: rollup.Key{Class: rollup.Device, ID: id}, Values: rollup.Values{TxBytes: uint64(start)}}}, rows...)
			}
			closed = append(closed, rollup.Slot{Step: tier.Step, Start: slot, Block: rollup.AppendBlock(nil, rows)})
			packets[i] = 0
		}
		s.Append(closed)
		s.PutDevices([]Device{{Key: "router", Last: start}})
		s.PutRows([]Row{{RowState, "last", fmt.Append(nil, start)}})
		s.queue.appendFlows(flowBlock{last: start, data: binary.BigEndian.AppendUint64(nil, uint64(start))})
		if err := s.Commit(); err != nil {
			return err
		}
		fmt.Println(start)
	}
	return nil
}

// TestKilledWriter kills a writer at random moments. What it said to be committed
// must be there, with names, devices, rows and flows of the same commit, in a sound
// file, and the open slots of all coarser tiers too.
func TestKilledWriter(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	rounds, commits := kills(t, 60), int64(0)
	for round := range rounds {
		line := killOne(t, "commit", dir, rng, 60*time.Millisecond)
		if line == "" {
			continue // killed before its first commit
		}
		last, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		names := intern.New(1 << 16)
		s := open(t, path, Options{Names: names, MaxSize: 4 << 20, Tiers: rollup.DefaultTiers()})
		if r := s.Opened(); r.Fresh || r.MovedTo != "" || s.Status().BadBlocks != 0 {
			t.Fatalf("round %d: opened %+v, %d bad blocks", round, r, s.Status().BadBlocks)
		}
		checkCommitted(t, s, names, last)
		closeAndCheck(t, s)
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
		commits = last / 60
	}
	if commits < int64(rounds) {
		t.Errorf("only %d commits", commits)
	}
	t.Logf("%d commits survived %d kills", commits, rounds)
}

// checkCommitted checks what commitForever said to be committed with its slot last.
func checkCommitted(t *testing.T, s *Store, names *intern.Table, last int64) {
	t.Helper()
	if id, ok := names.Lookup(fmt.Sprintf("name of %d", last)); !ok {
		t.Errorf("slot %d has no name", last)
	} else if got, _ := sumOf(t, s, id, last, last+60, 1); got != uint64(last) {
		t.Errorf("slot %d has %d", last, got)
	}
	devices, err := s.Devices()
	if err != nil || len(devices) != 1 || devices[0].Last < last {
		t.Errorf("devices %+v, %v; last commit %d", devices, err, last)
	}
	if state := rows(t, s, RowState); len(state) != 1 {
		t.Errorf("rows %q", state)
	} else if at, err := strconv.ParseInt(string(state[0].Value), 10, 64); err != nil || at < last {
		t.Errorf("rows %q, %v; last commit %d", state, err, last)
	}
	err = s.view(func(tx *bolt.Tx) error {
		_, flows := flowBlockBefore(tx, flowPrefix(last+1, 0))
		if len(flows) != 8 || int64(binary.BigEndian.Uint64(flows)) != last {
			t.Errorf("flows of %d: %x", last, flows)
		}
		for _, tier := range s.opt.Tiers {
			start := s.opt.Calendar.Floor(last, tier.Step)
			v, _, err := rollup.Find(getBlock(tx.Bucket(bucketSlots(tier.Step)), start), rollup.Key{Class: rollup.Total})
			low := uint64(last-start)/60 + 1
			if err != nil || v.TxPackets < low || v.TxPackets > low+1 { // it may have been killed between commit and line
				t.Errorf("tier %d s: %d packets of slot %d until %d, %v", tier.Step, v.TxPackets, start, last, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

const (
	rebaseSlots = 500
	rebaseBy    = 100 * 300 // less than all slots: sources and destinations overlap
)

// rebaseForever moves all slots on and on.
func rebaseForever(dir string) error {
	s, err := Open(filepath.Join(dir, FileName), Options{Names: intern.New(10), Tiers: twoTiers()[:1]})
	if err != nil {
		return err
	}
	fmt.Println("opened")
	for {
		if err := s.Rebase(0, 1<<40, rebaseBy); err != nil {
			return err
		}
	}
}

// rebaseTwice makes slots of five minutes and of hours and moves them forward and
// some way back.
func rebaseTwice(dir string) error {
	s, err := Open(filepath.Join(dir, FileName), Options{Names: intern.New(10), Tiers: twoTiers()})
	if err != nil {
		return err
	}
	for i := range int64(300) {
		row := rollup.Row{Key: rollup.Key{Class: rollup.Device, ID: 1}, Values: rollup.Values{TxBytes: uint64(i) + 1, Flows: 1}}
		step := int64(300)
		if i >= 150 {
			step, row.Flows = 3600, 100 // more than its five minutes: nothing to rebuild
		}
		s.Append([]rollup.Slot{{Step: step, Start: step * (i % 150), Block: rollup.AppendBlock(nil, []rollup.Row{row})}})
	}
	if err := s.Commit(); err != nil {
		return err
	}
	fmt.Println("committed")
	if err := s.Rebase(0, 1<<40, 100*3600); err != nil {
		return err
	}
	fmt.Println("moved")
	if err := s.Rebase(0, 1<<40, -50*3600); err != nil {
		return err
	}
	fmt.Println("moved back")
	return nil
}

// TestKilledMove kills a process that moves slots: after the next opening all have
// moved by the same distance, whatever the moment.
func TestKilledMove(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	o := Options{Tiers: twoTiers()[:1]}
	s := open(t, path, o)
	for i := range int64(rebaseSlots) {
		s.Append([]rollup.Slot{{Step: 300, Start: 300 * i, Block: block(map[uint32]uint64{1: uint64(i) + 1})}})
	}
	closeAndCheck(t, s)
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 2))
	rounds, halves := kills(t, 20), 0
	moved := int64(0)
	for round := range rounds {
		killOne(t, "rebase", dir, rng, 50*time.Millisecond)
		if underWay(t, path) {
			halves++
		}
		s := open(t, path, o)
		starts, values := stored(t, s, 300)
		if len(starts) != rebaseSlots || starts[0]%rebaseBy != 0 || starts[0] < moved {
			t.Fatalf("round %d: %d slots, the first at %d", round, len(starts), starts[0])
		}
		moved = starts[0]
		for i, start := range starts {
			if start != moved+300*int64(i) || values[i] != uint64(i)+1 {
				t.Fatalf("round %d: slot %d of %d is at %d with %d", round, i, moved, start, values[i])
			}
		}
		closeAndCheck(t, s)
	}
	t.Logf("%d moves, %d kills, %d of them half-way", moved/rebaseBy, rounds, halves)
}

// underWay reports whether a database was left with a move half done.
func underWay(t *testing.T, path string) (found bool) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_ = db.View(func(tx *bolt.Tx) error {
		_, found = loadMoving(tx)
		return nil
	})
	return found
}

// migrateOnce opens a database of schema 1.
func migrateOnce(dir string) error {
	fmt.Println("begin")
	s, err := Open(filepath.Join(dir, FileName), Options{Names: intern.New(10), Tiers: rollup.DefaultTiers()})
	if err != nil {
		return err
	}
	fmt.Println("done", s.Status().Unsaved)
	time.Sleep(time.Minute) // until it is killed
	return nil
}

// TestKilledMigration kills a process that migrates: the database is of the old
// schema or of the new one, and opens with everything in it.
func TestKilledMigration(t *testing.T) {
	const days = 20
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 3))
	rounds, before := kills(t, 20), 0
	for round := range rounds {
		dir := t.TempDir()
		path := filepath.Join(dir, FileName)
		if err := schemaOne(path, 0, days*24); err != nil {
			t.Fatal(err)
		}
		if line := killOne(t, "migrate", dir, rng, 60*time.Millisecond); line == "begin" {
			before++
		}
		s := open(t, path, Options{Tiers: rollup.DefaultTiers()})
		for i, want := range []int{0, days * 24 * 12, days * 24, days, 1} {
			step := s.opt.Tiers[i].Step
			sum := uint64(0)
			_, values := stored(t, s, step)
			for _, v := range values {
				sum += v
			}
			if len(values) != want || step > 60 && sum != days*24*12 {
				t.Fatalf("round %d: tier %d s has %d slots with %d", round, step, len(values), sum)
			}
		}
		if r := s.Opened(); r.Fresh || r.MovedTo != "" {
			t.Fatalf("round %d: opened %+v", round, r)
		}
		closeAndCheck(t, s)
	}
	t.Logf("%d kills, %d of them before the end of the migration", rounds, before)
}
