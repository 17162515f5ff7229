//go:build integration

package netns

import (
	"errors"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// Favour gives this process, and those it starts from then on, precedence over
// the machine's other work, such as the compilation of the next package. It is
// for tests that lose frames when they have to wait for a processor: niceness is
// not enough for that, so it asks for SCHED_RR.
func Favour(tb testing.TB) {
	tb.Helper()
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		tb.Fatal(err)
	}
	// Scheduling belongs to threads; those to come inherit it.
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err == nil {
			err = unix.SchedSetAttr(id, &attr, 0)
		}
		if err != nil && !errors.Is(err, unix.ESRCH) {
			tb.Logf("no precedence over other processes: %v", err)
			return
		}
	}
}
