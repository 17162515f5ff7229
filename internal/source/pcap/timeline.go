package pcap

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParsePace reads "1x", "10x", "0.5x" (the x may be left out) or "max", which is 0.
func ParsePace(s string) (float64, error) {
	if s == "max" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(strings.TrimSuffix(s, "x"), 64)
	if err != nil || !(v >= 1e-3 && v <= 1e6) {
		return 0, fmt.Errorf("bad pace %q: want max, 1x, 10x or another multiple from 0.001x to 1000000x", s)
	}
	return v, nil
}

// timeline maps the times of one capture, as it is played, to those it is
// played at. Times are nanoseconds since the epoch.
type timeline struct {
	pace  float64 // 0: as fast as it goes
	keep  bool    // frames keep the times they were captured at
	first int64   // time of the first frame
	start int64   // what it became
}

// due returns when a frame captured at t is to be released.
func (l *timeline) due(t int64) int64 {
	d := t - l.first
	if l.pace > 0 && l.pace != 1 {
		f := float64(d) / l.pace
		if math.Abs(f) > float64(maxTime) {
			f = math.Copysign(float64(maxTime), f)
		}
		d = int64(f)
	}
	return min(max(l.start+d, 0), maxTime)
}

// stamp returns the time that a frame captured at t is given.
func (l *timeline) stamp(t int64) int64 {
	if l.keep {
		return t
	}
	return l.due(t)
}
