package conntrack

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestSoon has events be lost: the next dump comes early, but on a machine for
// which dumps are dear it does not come all the time.
func TestSoon(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		10 * time.Millisecond: dumpPause,
		2 * time.Second:       8 * time.Second,
		40 * time.Second:      MaxEvery, // as planned
	} {
		s := New(Config{}, nil)
		r := &reader{Source: s, ledger: newLedger(&s.cfg, nil), ended: time.Unix(1e9, 0)}
		r.plan(nil, took, true)
		for range 2 {
			if err := r.take(nil, unix.ENOBUFS); err != nil {
				t.Fatal(err)
			}
		}
		if got := r.next.Sub(r.ended); got != want {
			t.Errorf("after a dump of %v the next comes %v later, want %v", took, got, want)
		}
		if r.plan(nil, took, false); r.next.Sub(r.ended) != max(dumpPause, 4*took) {
			t.Errorf("after a dump of %v that lacks something the next comes %v later", took, r.next.Sub(r.ended))
		}
	}
}
