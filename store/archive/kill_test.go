package archive

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// childDir names, in the environment, the directory in which a test binary that
// was started by a test adds steps until it is killed.
const childDir = "WEIR_ARCHIVE_TEST_DIR"

func TestMain(m *testing.M) {
	dir := os.Getenv(childDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := addForever(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// addForever adds a step at a time and prints each that was committed.
func addForever(dir string) error {
	a, _, err := Open(dir, Options{Codec: codec, Limit: 8 << 20})
	if err != nil {
		return err
	}
	n := int64(0)
	_, err = a.Read(func(_ *Reader, rec Record) error {
		if rec.Kind == KindSlot {
			n = max(n, (rec.Start-storyBegin)/hour+1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s := newStory(uint64(n))
	for ; ; n++ {
		if err := s.step(a, n); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// TestKill kills a process that appends and compacts, at random moments.
func TestKill(t *testing.T) {
	probe := exec.Command(os.Args[0], "-test.run=^$")
	if err := probe.Run(); errors.Is(err, syscall.ENOEXEC) {
		t.Skipf("NOT RUN: the test binary cannot start itself: %v", err)
	}
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(4, 4))
	last, rounds := int64(-1), 12
	for round := range rounds {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for i := 0; i < 3 && lines.Scan(); i++ { // it is at work
			last, _ = strconv.ParseInt(lines.Text(), 10, 64)
		}
		timer := time.AfterFunc(time.Duration(rng.IntN(60_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		for lines.Scan() {
			if n, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil {
				last = n
			}
		}
		timer.Stop()
		_ = cmd.Wait()
		a, report := openArchive(t, dir, Options{Limit: 8 << 20})
		steps, state, _ := verify(t, a)
		for i := range last + 1 {
			if !steps[i] {
				t.Fatalf("round %d: step %d of %d is gone: %q", round, i, last, report.Words())
			}
		}
		if state < last {
			t.Fatalf("round %d: device as of %d, committed was %d", round, state, last)
		}
	}
	if last < 40 {
		t.Errorf("only %d steps in %d rounds", last, rounds)
	}
	t.Logf("%d steps survived %d kills", last+1, rounds)
}
