package usage

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestMeters(t *testing.T) {
	var s Meters
	l := newLine(t)
	if _, ok := s.Feed("wan", l.s); ok || len(s.Reports()) != 0 {
		t.Error("an uplink that nobody told of is measured")
	}
	s.Set([]string{"wan", "wwan", "wan"})
	names := func() (all []string) {
		for _, r := range s.Reports() {
			all = append(all, r.Uplink)
		}
		return all
	}
	if got := fmt.Sprint(names()); got != "[wan wwan]" {
		t.Errorf("uplinks %s", got)
	}
	s.Feed("wan", l.s)
	l.pass(5*time.Second, 10, 10)
	if step, ok := s.Feed("wan", l.s); !ok || step.Interface.RxPackets != 10 {
		t.Errorf("measured %+v, %v", step, ok)
	}
	s.Set([]string{"wwan", "wan"})
	if got := fmt.Sprint(names()); got != "[wwan wan]" {
		t.Errorf("uplinks %s", got)
	}
	l.pass(5*time.Second, 10, 10)
	if _, ok := s.Feed("wan", l.s); !ok {
		t.Error("the meter of an uplink that stayed began anew")
	}
	if minutes, hours := s.Spans("wan"); len(minutes) != 1 || len(hours) != 1 || minutes[0].Interface.RxPackets != 20 {
		t.Errorf("minutes %+v", minutes)
	}
	if minutes, hours := s.Spans("lan"); minutes != nil || hours != nil {
		t.Error("spans of no uplink")
	}
	s.Set([]string{"wwan"})
	s.Set([]string{"wwan", "wan"})
	if minutes, _ := s.Spans("wan"); len(minutes) != 0 {
		t.Error("a meter that was given up is still there")
	}
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprint("wan", i))
	}
	if s.Set(many); len(s.Reports()) != MaxUplinks {
		t.Errorf("%d meters", len(s.Reports()))
	}
}

func TestMetersAtOnce(t *testing.T) {
	var s Meters
	s.Set([]string{"wan"})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			l := newLine(t)
			for range 200 {
				l.pass(time.Second, 1, 1)
				s.Feed("wan", l.s)
				s.Reports()
				s.Spans("wan")
				s.Set([]string{"wan"})
			}
		})
	}
	all.Wait()
}
