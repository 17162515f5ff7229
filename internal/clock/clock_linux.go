package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

// synchronised asks the kernel whether something keeps its clock (adjtimex(2),
// STA_UNSYNC).
func synchronised() bool {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	return err == nil && state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0
}

// uptime reads CLOCK_BOOTTIME, which unlike Go's monotonic clock goes on while
// the machine is suspended.
func uptime(now time.Time) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return now.Sub(start)
	}
	return time.Duration(ts.Nano())
}

// start stands in for the boot where CLOCK_BOOTTIME is missing.
var start = time.Now()

// CPU returns the processor time, user and system, that this process has used.
func CPU() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
