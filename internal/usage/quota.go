package usage

import (
	"math/bits"
	"time"
)

// Direction is which bytes a quota counts, as the device or the house sees them.
type Direction string

// Directions. The zero value is Both.
const (
	Both Direction = "both"
	Rx   Direction = "rx"
	Tx   Direction = "tx"
)

// Quota is how many bytes may pass in a cycle: a data plan, or the budget of a
// device or pool.
type Quota struct {
	Name      string // unique, 1 to MaxQuotaName bytes
	Scope     string // whose bytes: "wan", "wan:NETWORK", "device:NAME", "pool:NAME"; up to MaxQuotaName bytes
	Bytes     uint64 // a cycle, not 0
	Direction Direction
	Cycle     Cycle
	Warn      []int    // per cent, 1 to 100, at most 16; 100 is warned of at any rate
	Prior     uint64   // bytes of the first cycle from before weir counted
	Free      []Window // times of day that do not count, at most 16
	Weekdays  Weekdays // that count
}

// Window is a time of day, in minutes after midnight. To before From runs past
// midnight; To at From is all of the day.
type Window struct{ From, To int }

func (w Window) holds(minute int) bool {
	if w.From < w.To {
		return w.From <= minute && minute < w.To
	}
	return w.From <= minute || minute < w.To
}

// Weekdays is a set of days: bit 0 is Sunday, as in time.Weekday. The empty set
// stands for all.
type Weekdays uint8

// counts reports whether bytes of now count.
func (q *Quota) counts(now time.Time) bool {
	if q.Weekdays != 0 && q.Weekdays&(1<<now.Weekday()) == 0 {
		return false
	}
	minute := now.Hour()*60 + now.Minute()
	for _, w := range q.Free {
		if w.holds(minute) {
			return false
		}
	}
	return true
}

// of returns those bytes of both directions that the quota is about.
func (q *Quota) of(tx, rx uint64) uint64 {
	switch q.Direction {
	case Rx:
		return rx
	case Tx:
		return tx
	}
	return plus(tx, rx)
}

// percent returns how much of the quota used bytes are, rounded down.
func (q *Quota) percent(used uint64) int {
	const most = 1_000_000
	hi, lo := bits.Mul64(used, 100)
	if hi >= q.Bytes {
		return most
	}
	percent, _ := bits.Div64(hi, lo, q.Bytes)
	return int(min(percent, most))
}

// Use is what is used of a quota in its present cycle.
type Use struct {
	Quota    Quota // its lists are shared: do not write to them
	From, To time.Time
	Used     uint64 // bytes that count, Prior of the first cycle included
	Free     uint64 // bytes that passed in free hours and on days that do not count
	Prior    uint64 // of Used, those from before weir counted
	Percent  int    // of Bytes, rounded down
	Warned   int    // the highest percentage that was warned of; 0: none

	// Forecast is what Used will be at To if all goes on as it did since From, or
	// since weir began to count. It is not Known until a twentieth of the cycle, an
	// hour at least, was seen.
	Forecast uint64
	Known    bool
}

// Event is that a percentage of a quota was reached.
type Event struct {
	Quota   Quota
	Percent int // one of Warn, or 100
	Used    uint64
	From    time.Time // of the cycle
	To      time.Time
}

// plus adds without wrapping.
func plus(a, b uint64) uint64 {
	sum, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return 1<<64 - 1
	}
	return sum
}
