package usage

import (
	"fmt"
	"time"
)

// Cause is something that keeps flows from accounting for all that an uplink
// carries, or this from being measured.
type Cause uint8

// The causes. Some are states, which hold or do not; the others are counted.
const (
	RingDrops    Cause = iota // frames that a capture's ring had no room for
	Overruns                  // times that events of connection tracking were lost
	Vanished                  // connections that ended without a last word
	Resets                    // connections whose counters somebody else zeroed
	Uncounted                 // connections without counters
	Forgotten                 // connections there was no room to remember
	Evicted                   // flows that left because the table was full
	Untracked                 // IPv4 connections that passed and are not tracked
	Untracked6                // the same of IPv6
	Unwatched                 // bytes of connections of networks that are not watched
	NoAccounting              // state: connection tracking does not count bytes
	NoCounter                 // state: a flowtable does not count what it forwards
	Standing                  // state: connections that hardware forwards and whose counters stand still
	SoftStanding              // state: the same of those that a flowtable forwards
	OwnUnseen                 // state: what this machine itself sends and receives is not seen

	Exceeded  // state, found by the meter: flows add up to more than the interface counted
	Moved     // found by the meter: the uplink changed its device
	Restarted // found by the meter: a device's counters began anew
	Recounted // found by the meter: the sums of flows began anew

	NumCauses = iota
)

// Causes tells of every Cause: of a state whether it holds, as 0 or how many it
// concerns; of another how often it came about since some beginning. What the
// meter finds itself is left 0.
type Causes [NumCauses]uint64

// words are the causes' names in the API and what they mean. The text of a
// counted one begins with the number.
var words = [NumCauses]struct {
	name, one, many string
	state           bool
}{
	RingDrops:    {"ring_drops", "the ring dropped %d packet", "the ring dropped %d packets", false},
	Overruns:     {"overruns", "events of connection tracking were lost %d time; a dump made up for it", "events of connection tracking were lost %d times; dumps made up for it", false},
	Vanished:     {"vanished", "%d connection ended without a last word: its last seconds are lost", "%d connections ended without a last word: their last seconds are lost", false},
	Resets:       {"resets", "another program zeroed the counters of %d connection", "another program zeroed the counters of %d connections", false},
	Uncounted:    {"uncounted", "%d connection came without counters", "%d connections came without counters", false},
	Forgotten:    {"forgotten", "no room to remember %d connection", "no room to remember %d connections", false},
	Evicted:      {"evicted", "flow table full: %d flow left early", "flow table full: %d flows left early", false},
	Untracked:    {"untracked", "the kernel does not track %d connection that passed", "the kernel does not track %d connections that passed", false},
	Untracked6:   {"untracked_ipv6", "the kernel does not track %d IPv6 connection that passed; a firewall rule with ct state makes it", "the kernel does not track %d IPv6 connections that passed; a firewall rule with ct state makes it", false},
	Unwatched:    {"unwatched", "%d byte of networks that are not watched; add those to option interface", "%d bytes of networks that are not watched; add those to option interface", false},
	NoAccounting: {"no_accounting", "connection tracking does not count bytes (net.netfilter.nf_conntrack_acct is 0)", "", true},
	NoCounter:    {"no_counter", "flow offload without counters", "", true},
	Standing:     {"hardware_standing", "hardware offload without counters", "", true},
	SoftStanding: {"software_standing", "software offload without counters", "", true},
	OwnUnseen:    {"own_unseen", "the router's own traffic is not seen: packets are captured in the house", "", true},
	Exceeded:     {"exceeded", "more in flows than the interface counted: it lags behind, or hardware forwards past it", "", true},
	Moved:        {"moved", "the uplink changed its device %d time", "the uplink changed its device %d times", false},
	Restarted:    {"restarted", "the interface was made anew or its counters reset %d time", "the interface was made anew or its counters reset %d times", false},
	Recounted:    {"recounted", "the sums of flows began anew %d time", "the sums of flows began anew %d times", false},
}

// String returns the name as the API shows it.
func (c Cause) String() string { return words[c].name }

// idle reports whether c also looks so when nothing is wrong: the counters of a
// connection that rests stand still, too. It is a cause only when something is
// missing.
func (c Cause) idle() bool { return c == Standing || c == SoftStanding }

// State reports whether c is a state, which is not counted.
func (c Cause) State() bool { return words[c].state }

// Reason is a Cause that came about within the last day.
type Reason struct {
	Cause  Cause
	Active bool      // it is so now; of a counted one: within the last minute
	Count  uint64    // within the last day; of a state: how many it concerns
	Since  time.Time // when it began, or the first of Count came
	Last   time.Time // when it was last so
}

// Text says it in words, with the time in the zone of now.
func (r *Reason) Text(now time.Time) string {
	w := &words[r.Cause]
	since := "since " + clockTime(r.Since, now)
	switch {
	case w.state && r.Active:
		return w.one + " " + since
	case w.state:
		return fmt.Sprintf("%s from %s to %s", w.one, clockTime(r.Since, now), clockTime(r.Last, now))
	case r.Count == 1:
		return fmt.Sprintf(w.one, r.Count) + " at " + clockTime(r.Since, now)
	}
	return fmt.Sprintf(w.many, r.Count) + " " + since
}

// clockTime writes a time of today as 15:04, another one with its date.
func clockTime(t, now time.Time) string {
	t = t.In(now.Location())
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return t.Format("2 Jan 15:04")
}
