package afpacket

import (
	"fmt"
	"runtime"
	"time"
)

// budgetPerCPU is how many naming frames a second one core may be asked to look
// at by default. One costs a fast core half a microsecond and the single core of a
// small MIPS router at 580 MHz some ten to fifteen, so it is 2 to 3 % of that.
const budgetPerCPU = 2000

// defaultBudget is what Config.Budget becomes when it is 0.
func defaultBudget() int { return budgetPerCPU * runtime.NumCPU() }

// level is how much passes beside what surely names a flow. What connection
// tracking does not count passes at every level.
type level struct {
	answers   bool   // short segments of servers, and pushed ones
	anyPort   bool   // segments pushed to servers of any port, not of HTTPS and DNS alone
	datagrams uint32 // one in so many of small datagrams of unknown protocols, 0 for none
	icmp      bool   // ICMP but for neighbour discovery
	oneIn     uint32 // of all naming frames
	note      string // what is left out
}

// levels are those of the budget, each tighter than the one before. The last one
// still learns each flow of many packets; of short ones it misses names.
var levels = [...]level{
	{answers: true, anyPort: true, datagrams: 1, icmp: true, oneIn: 1},
	{anyPort: true, datagrams: 16, icmp: true, oneIn: 1, note: "short answers and most small datagrams are left out"},
	{oneIn: 1, note: "all but openings, HTTPS, DNS and signatures is left out"},
	{oneIn: 8, note: "seven of eight frames that name flows are left out"},
}

const (
	budgetStep = time.Second
	// looseAfter is how long a level is kept before a looser one is tried; each
	// time that turns out too early it is doubled, up to looseMost.
	looseAfter = 10 * time.Second
	looseMost  = 5 * time.Minute
)

// budget chooses the level of the filters. It is told at intervals what passed.
type budget struct {
	limit int // naming frames a second

	level int
	rate  int           // measured when the level was last tightened
	kept  time.Duration // since the level was last changed
	wait  time.Duration // before a looser level is tried
	tries bool          // the present level is a looser one on trial
}

// step takes the number of naming frames that passed in the last interval, and
// reports whether the level has changed.
func (b *budget) step(passed uint64, interval time.Duration) bool {
	rate := int(min(float64(passed)/max(interval.Seconds(), 1e-3), 1<<30))
	b.wait = max(b.wait, looseAfter)
	b.kept += interval
	switch {
	case rate > b.limit && b.level < len(levels)-1:
		if b.tries {
			b.wait = min(2*b.wait, looseMost)
		}
		b.level, b.rate, b.kept, b.tries = b.level+1, rate, 0, false
		return true
	case b.level > 0 && b.kept >= b.wait && rate <= b.limit/2:
		b.level, b.kept, b.tries = b.level-1, 0, true
		return true
	case b.tries && b.kept >= b.wait:
		b.tries, b.wait = false, looseAfter // it held
	}
	return false
}

// note says why names may be missing, or nothing.
func (b *budget) note() string {
	if b.level == 0 {
		return ""
	}
	return fmt.Sprintf("%d frames a second passed the filter, of a budget of %d: %s (level %d of %d)",
		b.rate, b.limit, levels[b.level].note, b.level, len(levels)-1)
}
