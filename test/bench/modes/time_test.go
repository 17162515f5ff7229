//go:build integration

package modes

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// spent is processor time until some moment.
type spent struct {
	machine time.Duration // of the whole machine but for idling, by its clock ticks
	others  time.Duration // of that, of programs that have no part in this
	ours    time.Duration // of this process, in which traffic is made and forwarded, of weir, and of the kernel's softirq threads
	weir    time.Duration // of weir alone
}

func (s spent) minus(o spent) spent {
	return spent{s.machine - o.machine, s.others - o.others, s.ours - o.ours, s.weir - o.weir}
}

// tick is the unit of /proc/stat and /proc/PID/stat, USER_HZ.
const tick = 10 * time.Millisecond

// spentDuring returns what f takes, and what weir, whose process that is, 0 for
// none, has to do after it. Looking at other processes takes long enough to be
// kept out of it.
func spentDuring(tb testing.TB, weir int, f func() error) spent {
	tb.Helper()
	var before, after spent
	var threads []int // of the kernel's softirqs
	before.others, threads = othersTime(tb, weir)
	before.machine, before.weir, before.ours = machineTime(tb), processTime(tb, weir), oursTime(tb, weir, threads)
	if err := f(); err != nil {
		tb.Fatal(err)
	}
	time.Sleep(ringPause)
	after.ours, after.weir, after.machine = oursTime(tb, weir, threads), processTime(tb, weir), machineTime(tb)
	after.others, _ = othersTime(tb, weir)
	return after.minus(before)
}

// ringPause is longer than packets and events wait before weir is woken.
const ringPause = 120 * time.Millisecond

// oursTime is spent.ours until now.
func oursTime(tb testing.TB, weir int, softirqs []int) time.Duration {
	tb.Helper()
	var self unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &self); err != nil {
		tb.Fatal(err)
	}
	sum := time.Duration(self.Utime.Nano()+self.Stime.Nano()) + processTime(tb, weir)
	for _, pid := range softirqs {
		sum += processTime(tb, pid)
	}
	return sum
}

// othersTime is spent.others until now, with the kernel's threads for softirqs.
func othersTime(tb testing.TB, weir int) (sum time.Duration, softirqs []int) {
	tb.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		tb.Fatal(err)
	}
	for _, path := range stats {
		pid, comm, took := familyTime(path)
		switch {
		case strings.HasPrefix(comm, "ksoftirqd/"):
			softirqs = append(softirqs, pid)
		case pid != os.Getpid() && pid != weir:
			sum += took
		}
	}
	return sum, softirqs
}

// machineTime returns how long the machine's processors were busy.
func machineTime(tb testing.TB) time.Duration {
	tb.Helper()
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		tb.Fatal(err)
	}
	var user, nice, system, idle, wait, irq, softirq int64
	if _, err := fmt.Sscanf(string(b), "cpu %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &wait, &irq, &softirq); err != nil {
		tb.Fatal("/proc/stat:", err)
	}
	return time.Duration(user+nice+system+irq+softirq) * tick
}

// familyTime reads from a file /proc/PID/stat the time of a process and of its
// children that ended: the sum over all processes loses none of those that come
// and go. A process that is gone has none.
func familyTime(path string) (pid int, comm string, took time.Duration) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, "", 0
	}
	head, tail, ok := strings.Cut(string(b), ") ") // a name may hold spaces
	if !ok {
		return 0, "", 0
	}
	var name string
	if _, err := fmt.Sscanf(head, "%d (%s", &pid, &name); err != nil {
		return 0, "", 0
	}
	fields := strings.Fields(tail)
	const utime = 14 - 3 // proc_pid_stat(5) counts from 1, and tail begins with the third
	for _, f := range fields[utime : utime+4] {
		var n int64
		fmt.Sscan(f, &n)
		took += time.Duration(n) * tick
	}
	return pid, name, took
}

// processTime returns the time of all threads of a process, to the nanosecond,
// and nothing for process 0.
func processTime(tb testing.TB, pid int) (took time.Duration) {
	tb.Helper()
	if pid == 0 {
		return 0
	}
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(threads) == 0 {
		tb.Fatalf("process %d has no threads: %v", pid, err)
	}
	for _, path := range threads {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it ended
		}
		var ns int64
		fmt.Sscan(string(b), &ns)
		took += time.Duration(ns)
	}
	return took
}
