package usage

import (
	"slices"
	"sort"
	"sync"
	"time"
)

// Bounds of a Ledger.
const (
	MaxQuotas    = 64  // those after the first have no account
	MaxQuotaName = 128 // bytes of a name and of a scope

	maxWarn  = 16
	maxFree  = 16
	maxPages = 3 // cycles of one quota: the present one and those that the clock was set from
)

// Total is what one scope has counted since some beginning.
type Total struct {
	Scope  string
	Tx, Rx uint64
	// Epoch names that beginning, say by the time at which the program that counts
	// was started. All of a total of a new epoch is new; a total that went back
	// began anew as well. 0 stands for a counter whose beginning nobody knows, like
	// an interface's: the first total of a scope is only what the next counts from.
	Epoch uint64
}

// Ledger keeps what is used of quotas. It is bounded by MaxQuotas, and its
// methods may be called from any goroutine. The zero value has no quotas and
// counts in UTC.
//
// What a clock that nobody confirmed was counted by moves with it when it is set:
// see Move.
type Ledger struct {
	mu       sync.Mutex
	zone     *time.Location
	accounts []account
	bases    map[string]base // by scope
	gone     []string        // keys of rows to delete
}

// account is one quota with what is used of it.
type account struct {
	quota Quota
	began time.Time // when it was fed first
	loose bool      // began is by a clock that nobody confirmed
	prior bool      // Quota.Prior counts in the cycle of began
	pages []page    // one a cycle, not more than maxPages; the present one last
}

// page is what was used in one cycle.
type page struct {
	from, to   time.Time
	used, free uint64
	warned     int // the highest percentage there was an event for

	// Of used and free, what was counted by a clock that nobody confirmed, the last
	// of it at looseAt.
	looseUsed, looseFree uint64
	looseAt              time.Time
}

// base is the last total of a scope.
type base struct{ tx, rx, epoch uint64 }

// Configure says which quotas there are from now on, and the zone of their cycles.
// What is used of one whose name stays, stays.
func (l *Ledger) Configure(quotas []Quota, zone *time.Location) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.accounts
	l.zone, l.accounts = zone, nil
	for _, q := range quotas {
		if len(l.accounts) == MaxQuotas || !valid(&q) || accountOf(l.accounts, q.Name) != nil {
			continue
		}
		a := account{prior: true}
		if old := accountOf(before, q.Name); old != nil {
			a = *old
		}
		a.rezone(&q, zone)
		a.quota = clean(q)
		a.rewarn()
		l.accounts = append(l.accounts, a)
	}
	for i := range before {
		if name := before[i].quota.Name; accountOf(l.accounts, name) == nil {
			l.gone = append(l.gone, quotaKey(name))
		}
	}
	for scope := range l.bases {
		if !l.wants(scope) {
			delete(l.bases, scope)
			l.gone = append(l.gone, baseKey(scope))
		}
	}
}

func valid(q *Quota) bool {
	return q.Name != "" && len(q.Name) <= MaxQuotaName && len(q.Scope) <= MaxQuotaName && q.Bytes > 0
}

// clean returns the quota with lists of its own, bounded and in order, and what
// is reached last in Warn.
func clean(q Quota) Quota {
	q.Warn = append(slices.Clone(q.Warn[:min(len(q.Warn), maxWarn)]), 100)
	q.Warn = slices.DeleteFunc(q.Warn, func(percent int) bool { return percent < 1 || percent > 100 })
	sort.Slice(q.Warn, func(i, j int) bool { return q.Warn[i] < q.Warn[j] })
	q.Warn = slices.Compact(q.Warn)
	q.Free = slices.Clone(q.Free[:min(len(q.Free), maxFree)])
	return q
}

func accountOf(accounts []account, name string) *account {
	if i := slices.IndexFunc(accounts, func(a account) bool { return a.quota.Name == name }); i >= 0 {
		return &accounts[i]
	}
	return nil
}

func (l *Ledger) wants(scope string) bool {
	return slices.ContainsFunc(l.accounts, func(a account) bool { return a.quota.Scope == scope })
}

// Scopes returns those that quotas are about, each once.
func (l *Ledger) Scopes() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var scopes []string
	for i := range l.accounts {
		if s := l.accounts[i].quota.Scope; !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	return scopes
}

// Feed takes totals, and returns what was reached by what is new in them; that
// counts as of now. It is to be called while the clock is trusted: what passes
// meanwhile is in the next totals. confirmed says that NTP confirmed the clock.
// Scopes that no quota is about are left out.
func (l *Ledger) Feed(now time.Time, confirmed bool, totals []Total) []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	now = now.In(l.location())
	var events []Event
	for i := range totals {
		t := &totals[i]
		if !l.wants(t.Scope) {
			continue
		}
		tx, rx := l.advance(t)
		for j := range l.accounts {
			if a := &l.accounts[j]; a.quota.Scope == t.Scope {
				a.add(now, tx, rx)
				events = a.warn(events)
			}
		}
	}
	for i := range l.accounts {
		l.accounts[i].turn(now)
		if confirmed {
			l.accounts[i].settle()
		}
	}
	return events
}

func (l *Ledger) location() *time.Location {
	if l.zone == nil {
		return time.UTC
	}
	return l.zone
}

// advance returns what is new in a total and makes it the base of the next.
func (l *Ledger) advance(t *Total) (tx, rx uint64) {
	last, known := l.bases[t.Scope]
	if l.bases == nil {
		l.bases = make(map[string]base)
	}
	l.bases[t.Scope] = base{t.Tx, t.Rx, t.Epoch}
	switch {
	case !known && t.Epoch == 0:
		return 0, 0
	case !known, last.epoch != t.Epoch, t.Tx < last.tx, t.Rx < last.rx:
		return t.Tx, t.Rx
	}
	return t.Tx - last.tx, t.Rx - last.rx
}

// Move moves what was counted by a clock that nobody confirmed, because the clock
// was set by step: to the cycle that it belongs to by what the clock says now.
// Call it before the next Feed.
func (l *Ledger) Move(step time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.accounts {
		l.accounts[i].move(step, l.location())
	}
}

// Set says how much of a quota is used in its present cycle, as the provider has
// it. It is false for a quota that is not there or was not fed yet.
func (l *Ledger) Set(name string, used uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := accountOf(l.accounts, name)
	if a == nil || len(a.pages) == 0 {
		return false
	}
	a.set(used)
	return true
}

// Reset forgets what is used of a quota in its present cycle, and what was warned
// of. It is false for a quota that is not there or was not fed yet.
func (l *Ledger) Reset(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := accountOf(l.accounts, name)
	if a == nil || len(a.pages) == 0 {
		return false
	}
	a.set(0)
	p := a.page()
	p.free, p.looseFree = 0, 0
	return true
}

// Uses returns what is used of each quota, in the order of Configure. One that was
// not fed yet has the cycle of now and nothing used but Prior.
func (l *Ledger) Uses(now time.Time) []Use {
	l.mu.Lock()
	defer l.mu.Unlock()
	uses := make([]Use, len(l.accounts))
	for i := range l.accounts {
		uses[i] = l.accounts[i].use(now.In(l.location()))
	}
	return uses
}
