package alert

import (
	"slices"
	"sync"
	"time"
)

// DefaultEvery is how often an alert of one type about one subject is raised.
const DefaultEvery = 10 * time.Minute

// Log is the list of alerts. The zero value is ready for use.
type Log struct {
	Every time.Duration // how often one type and subject is raised at most; 0: DefaultEvery. Set it before the first Raise

	mu     sync.Mutex
	alerts []Alert // by ID
	last   uint64  // the last ID that was given
	loaded uint64  // and the last one of earlier runs
	limits []limit // the one that was raised last is the last
	counts Counts

	changed  map[uint64]bool // since Rows; false: it is gone. At most MaxAlerts of either
	stored   uint64          // the last ID when Rows was called last
	reserved uint64          // an earlier run gave no ID above it
}

// limit is when an alert of one type and subject was raised last.
type limit struct {
	kind, subject string
	raised        time.Duration // uptime
	held          uint32        // those that were not raised since
}

// Counts are what a Log did since the start of the program.
type Counts struct {
	Raised  uint64
	Held    uint64 // not raised for their rate
	Dropped uint64 // that left for others
}

// New is what is to be raised.
type New struct {
	At       time.Time     // the wall clock
	Up       time.Duration // the clock that is never set, see clock.Reading; the rate is measured by it
	Severity Severity
	Type     string // at most MaxType bytes
	Subject  string // what the rate is limited by, along with Type: a device, a quota with its percentage; at most MaxDevice bytes
	Device   string // key of the device it is about, if it is
	Text     string // what Plain makes of it is kept
}

// Raise adds an alert and returns it, or says that the last one of its type and
// subject was too short a time ago.
func (l *Log) Raise(n New) (Alert, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n.Type, n.Subject = Plain(n.Type, MaxType), Plain(n.Subject, MaxDevice)
	held, ok := l.pass(n.Type, n.Subject, n.Up)
	if !ok {
		l.counts.Held++
		return Alert{}, false
	}
	l.last++
	a := Alert{
		ID: l.last, At: time.UnixMicro(n.At.UnixMicro()), Severity: min(n.Severity, Critical), Type: n.Type,
		Device: Plain(n.Device, MaxDevice), Text: Plain(n.Text, MaxText), Held: held,
	}
	l.alerts = append(l.alerts, a)
	l.note(a.ID, true)
	l.counts.Raised++
	for len(l.alerts) > MaxAlerts {
		l.drop()
	}
	return a, true
}

// pass reports whether an alert may be raised, and how many were held back since
// the last one. When too many subjects are watched, the one that was raised the
// longest ago is forgotten.
func (l *Log) pass(kind, subject string, up time.Duration) (held uint32, ok bool) {
	every := l.Every
	if every == 0 {
		every = DefaultEvery
	}
	i := slices.IndexFunc(l.limits, func(m limit) bool { return m.kind == kind && m.subject == subject })
	if i >= 0 {
		m := &l.limits[i]
		if since := up - m.raised; since >= 0 && since < every {
			m.held += min(1, ^m.held) // it stays at its highest
			return 0, false
		}
		held = m.held
		l.limits = slices.Delete(l.limits, i, i+1)
	} else if len(l.limits) == maxLimited {
		l.limits = slices.Delete(l.limits, 0, 1)
	}
	l.limits = append(l.limits, limit{kind: kind, subject: subject, raised: up})
	return held, true
}

// drop removes the alert that matters the least: one that was acknowledged before
// any other, of those the least severe, of those the oldest.
func (l *Log) drop() {
	least := 0
	for i := 1; i < len(l.alerts); i++ {
		if a, b := &l.alerts[i], &l.alerts[least]; a.Acked != b.Acked && a.Acked || a.Acked == b.Acked && a.Severity < b.Severity {
			least = i
		}
	}
	l.note(l.alerts[least].ID, false)
	l.alerts = slices.Delete(l.alerts, least, least+1)
	l.counts.Dropped++
}

// Ack notes that the user has seen an alert. It is false for one that is not
// there; the second time changes nothing.
func (l *Log) Ack(id uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, ok := slices.BinarySearchFunc(l.alerts, id, byID)
	if !ok {
		return false
	}
	l.ack(&l.alerts[i])
	return true
}

// AckAll notes that the user has seen all alerts up to id, and returns how many
// were new to him.
func (l *Log) AckAll(id uint64) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.alerts {
		if a := &l.alerts[i]; a.ID <= id && l.ack(a) {
			n++
		}
	}
	return n
}

func (l *Log) ack(a *Alert) bool {
	if a.Acked {
		return false
	}
	a.Acked = true
	l.note(a.ID, true)
	return true
}

func byID(a Alert, id uint64) int {
	switch {
	case a.ID < id:
		return -1
	case a.ID > id:
		return 1
	}
	return 0
}

// Filter is which alerts List returns. The zero value is for all.
type Filter struct {
	Least  Severity  // and what matters more
	Type   string    // empty: any
	Device string    // empty: any
	Unseen bool      // only those that were not acknowledged
	After  uint64    // only those with higher ids
	Before uint64    // only those with lower ids; 0: any
	From   time.Time // zero: any
	Limit  int       // the newest so many; 0: all
}

func (f *Filter) takes(a *Alert) bool {
	return a.Severity >= f.Least && (f.Type == "" || a.Type == f.Type) && (f.Device == "" || a.Device == f.Device) &&
		!(f.Unseen && a.Acked) && a.ID > f.After && (f.Before == 0 || a.ID < f.Before) && !a.At.Before(f.From)
}

// List returns alerts, the newest first. They belong to the caller.
func (l *Log) List(f Filter) []Alert {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Alert
	for i := len(l.alerts) - 1; i >= 0 && (f.Limit <= 0 || len(out) < f.Limit); i-- {
		if a := &l.alerts[i]; f.takes(a) {
			out = append(out, *a)
		}
	}
	return out
}

// Unseen returns how many alerts were not acknowledged, by severity.
func (l *Log) Unseen() (n [Critical + 1]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.alerts {
		if a := &l.alerts[i]; !a.Acked {
			n[a.Severity]++
		}
	}
	return n
}

// Counts returns what the Log did.
func (l *Log) Counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts
}

// Move moves the times of this run's alerts since from by a step of a clock that
// nobody had confirmed.
func (l *Log) Move(from time.Time, step time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.alerts {
		if a := &l.alerts[i]; a.ID > l.loaded && !a.At.Before(from) {
			a.At = a.At.Add(step)
			l.note(a.ID, true)
		}
	}
}
