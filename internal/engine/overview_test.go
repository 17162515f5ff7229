package engine_test

import (
	"fmt"
	"testing"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
	"weir/internal/rollup"
)

func TestOverview(t *testing.T) {
	e := house(t)
	phone := devicesByName(t, e)[phoneMAC.String()]
	nas := devicesByName(t, e)[nasMAC.String()]
	o := e.Overview(2, 1, []uint32{nas.ID})
	if o.Known != 3 || o.Online != 3 || o.Flows != 5 || o.Rate.Rx == 0 {
		t.Errorf("%+v", o)
	}
	if len(o.Busy) != 2 || o.Busy[0].ID != phone.ID || len(o.New) != 1 || o.New[0].Router {
		t.Fatalf("busy %+v, new %+v", o.Busy, o.New)
	}
	if l := o.Lead; l.Device != phone.ID || l.App != "tls" || l.Since != start || l.Rate != o.Busy[0].BpsNow.Tx+o.Busy[0].BpsNow.Rx {
		t.Errorf("lead %+v", l)
	}
	// A second in which nothing moves.
	e.Tick(start+2*second, true)
	o = e.Overview(2, 9, []uint32{nas.ID, 999, nas.ID})
	if o.Lead != (engine.Lead{}) || len(o.Busy) != 1 || o.Busy[0].ID != nas.ID || len(o.New) != 2 {
		t.Errorf("lead %+v of %+v, new %+v", o.Lead, o.Busy, o.New)
	}
}

func TestCategoryOf(t *testing.T) {
	e := house(t)
	for name, want := range map[string]string{
		"netflix": "streaming", "dns": "dns", "tls": "other", "smb": "system", "unknown": "", "no such thing": "", "": "",
	} {
		if got := e.CategoryOf(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

// rxOf returns what the house received in the seconds.
func rxOf(t *testing.T, s engine.Seconds) (at []int64, sum uint64) {
	t.Helper()
	for _, slot := range s.Slots {
		it := rollup.NewClassIter(slot.Block, rollup.Total)
		for it.Next() {
			if n := it.Row().RxBytes; n > 0 {
				at, sum = append(at, slot.Start), sum+n
			}
		}
		if it.Err() != nil {
			t.Fatal(it.Err())
		}
	}
	return at, sum
}

func TestSecondsOfPackets(t *testing.T) {
	e := house(t)
	if s := e.Seconds(0); s.Pace != 1 || s.Step != 1 || s.End != start/second+1 {
		t.Errorf("%+v", s)
	}
	for i := int64(1); i <= 3; i++ {
		e.Packets([]packet.Raw{frame{at: i*second + 1, from: routerMAC, to: phoneMAC, src: "203.0.113.5:443", dst: "192.168.1.20:50000", pay: 1000}.raw()})
		e.Tick(start+(i+1)*second, true)
	}
	from := start/second + 1
	s := e.Seconds(from)
	if at, sum := rxOf(t, s); s.End != from+3 || fmt.Sprint(at) != fmt.Sprint([]int64{from, from + 1, from + 2}) || sum < 3000 {
		t.Errorf("received %d bytes at %v of %+v", sum, at, s)
	}
	if s := e.Seconds(from + 2); len(s.Slots) != 1 {
		t.Errorf("%d seconds of one", len(s.Slots))
	}
}

// Where connection tracking is read every five seconds, nothing is told of the
// seconds since.
func TestSecondsOfConnections(t *testing.T) {
	e := router(t, 64)
	sec := start / second
	for i := range int64(23) {
		now := start + i*second
		if i%5 == 0 {
			c := told(1, uint64(i)*100, now)
			e.Connections([]flow.Connection{c})
			e.Swept(now + 1000)
		}
		e.Tick(now+2000, true)
	}
	if s := e.Seconds(sec); s.Pace != 5 || s.End != sec+21 {
		t.Errorf("pace %d, end %d after the start", s.Pace, s.End-sec)
	}
	e.Untracked()
	if s := e.Seconds(sec); s.Pace != 1 || s.End != sec+22 {
		t.Errorf("of packets: pace %d, end %d after the start", s.Pace, s.End-sec)
	}
}

func TestSecondsOfNothing(t *testing.T) {
	e := engine.New(engine.Config{Flows: flow.Config{Max: 8}})
	if s := e.Seconds(0); len(s.Slots) != 0 || s.Step != 0 || s.Pace != 1 {
		t.Errorf("%+v", s)
	}
}

// BenchmarkOverview is what a look at a full table costs.
func BenchmarkOverview(b *testing.B) {
	e := fullTable(b)
	b.ReportAllocs()
	for b.Loop() {
		e.Overview(8, 5, nil)
	}
}
