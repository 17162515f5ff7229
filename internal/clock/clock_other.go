//go:build !linux

package clock

import "time"

// synchronised is unknown on other systems: they keep their clocks themselves.
func synchronised() bool { return false }

// uptime counts from the start of the program.
func uptime(now time.Time) time.Duration { return now.Sub(start) }

var start = time.Now()

// CPU is not known on other systems.
func CPU() time.Duration { return 0 }
