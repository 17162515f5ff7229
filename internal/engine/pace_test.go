package engine

import "testing"

// When connection tracking is read no more, uplinks are summed up to the tick
// again, and not to its last sweep.
func TestUntracked(t *testing.T) {
	e := New(Config{})
	e.SetUplinks([]Uplink{{Name: "wan"}})
	at := func(want int64) {
		t.Helper()
		if got := e.Uplinks()[0].At; got != want {
			t.Errorf("what passed until %d is summed up, want %d", got, want)
		}
	}
	e.Tick(10*second, true)
	at(10 * second)
	e.Swept(12 * second)
	e.Tick(13*second, true)
	at(12 * second)
	e.Untracked()
	e.Tick(14*second, true)
	at(14 * second)
	if e.Stats().Tracking {
		t.Error("connection tracking still counts")
	}
}
