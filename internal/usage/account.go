package usage

import (
	"slices"
	"time"
)

// page returns the page of the present cycle; there must be one.
func (a *account) page() *page { return &a.pages[len(a.pages)-1] }

// turn makes the page of now's cycle the last one. The pages of other cycles stay,
// as the clock may be set back to them; when there are too many the one that was
// turned to first goes.
func (a *account) turn(now time.Time) *page {
	from, to := a.quota.Cycle.Span(now, now.Location())
	if a.began.IsZero() {
		a.began, a.loose = now, true
	}
	i := slices.IndexFunc(a.pages, func(p page) bool { return p.from.Equal(from) && p.to.Equal(to) })
	p := page{from: from, to: to}
	switch {
	case i >= 0 && i == len(a.pages)-1:
		return a.page()
	case i >= 0:
		p = a.pages[i]
		a.pages = slices.Delete(a.pages, i, i+1)
	case len(a.pages) == maxPages:
		a.pages = slices.Delete(a.pages, 0, 1)
	}
	a.pages = append(a.pages, p)
	return a.page()
}

// add counts bytes as of now.
func (a *account) add(now time.Time, tx, rx uint64) {
	p, n := a.turn(now), a.quota.of(tx, rx)
	if n == 0 {
		return
	}
	p.looseAt = now
	if a.quota.counts(now) {
		p.used, p.looseUsed = plus(p.used, n), plus(p.looseUsed, n)
	} else {
		p.free, p.looseFree = plus(p.free, n), plus(p.looseFree, n)
	}
}

// settle notes that the clock was confirmed: what was counted stands where it
// belongs.
func (a *account) settle() {
	a.loose = false
	for i := range a.pages {
		a.pages[i].looseUsed, a.pages[i].looseFree = 0, 0
	}
}

// move moves what is loose by a step of the clock.
func (a *account) move(step time.Duration, zone *time.Location) {
	if a.loose {
		a.began = a.began.Add(step).In(zone)
	}
	moved := slices.Clone(a.pages)
	for i := range a.pages {
		p := &a.pages[i]
		p.used, p.free = p.used-p.looseUsed, p.free-p.looseFree
		p.looseUsed, p.looseFree = 0, 0
	}
	for _, p := range moved {
		if p.looseUsed == 0 && p.looseFree == 0 {
			continue
		}
		a.drop() // room for what is turned to
		to := a.turn(p.looseAt.Add(step).In(zone))
		to.used, to.free = plus(to.used, p.looseUsed), plus(to.free, p.looseFree)
		to.looseUsed, to.looseFree = plus(to.looseUsed, p.looseUsed), plus(to.looseFree, p.looseFree)
		to.looseAt = p.looseAt.Add(step).In(zone)
	}
	a.rewarn()
	a.drop()
}

// drop removes pages that hold nothing.
func (a *account) drop() {
	a.pages = slices.DeleteFunc(a.pages, func(p page) bool { return p.used == 0 && p.free == 0 && p.warned == 0 })
}

// set makes used what is used in the present cycle, of which there is a page.
func (a *account) set(used uint64) {
	p := a.page()
	p.used, p.looseUsed = used, min(p.looseUsed, used)
	a.prior = a.prior && !a.first(p) // used is all of it
	a.rewarn()
}

// rezone keeps pages of the same cycle when the midnights it begins with moved
// because the zone is another one.
func (a *account) rezone(q *Quota, zone *time.Location) {
	if a.quota.Cycle != q.Cycle {
		return
	}
	for i := range a.pages {
		p := &a.pages[i]
		p.from, p.to = q.Cycle.Span(p.from.Add(p.to.Sub(p.from)/2), zone)
	}
}

// first reports whether p is of the cycle in which weir began to count.
func (a *account) first(p *page) bool { return !a.began.Before(p.from) && a.began.Before(p.to) }

// priorOf returns the bytes from before weir counted that belong to p's cycle.
func (a *account) priorOf(p *page) uint64 {
	if a.prior && a.first(p) {
		return a.quota.Prior
	}
	return 0
}

// warn appends an event for each percentage that was reached since the last time.
func (a *account) warn(events []Event) []Event {
	p := a.page()
	used := plus(p.used, a.priorOf(p))
	reached := a.quota.percent(used)
	for _, percent := range a.quota.Warn {
		if percent > p.warned && percent <= reached {
			events = append(events, Event{a.quota, percent, used, p.from, p.to})
			p.warned = percent
		}
	}
	return events
}

// rewarn forgets warnings of what is no longer reached, because the quota was
// raised or something moved out of the cycle: it may be reached once more.
func (a *account) rewarn() {
	for i := range a.pages {
		p := &a.pages[i]
		p.warned = min(p.warned, a.quota.percent(plus(p.used, a.priorOf(p))))
	}
}

// use returns what is used as of now, without turning a page.
func (a *account) use(now time.Time) Use {
	u := Use{Quota: a.quota}
	u.From, u.To = a.quota.Cycle.Span(now, now.Location())
	p := page{from: u.From, to: u.To}
	for i := range a.pages {
		if a.pages[i].from.Equal(u.From) && a.pages[i].to.Equal(u.To) {
			p = a.pages[i]
		}
	}
	began := a.began
	switch {
	case began.IsZero():
		u.Prior, began = a.quota.Prior, now
	default:
		u.Prior = a.priorOf(&p)
	}
	u.Used, u.Free, u.Warned = plus(p.used, u.Prior), p.free, p.warned
	u.Percent = a.quota.percent(u.Used)
	u.Forecast, u.Known = forecast(&u, began, p.used, now)
	return u
}

// forecast goes on with what was counted since began, or since the cycle did.
func forecast(u *Use, began time.Time, counted uint64, now time.Time) (uint64, bool) {
	if began.Before(u.From) {
		began = u.From
	}
	seen := now.Sub(began)
	if seen < time.Hour || seen < u.To.Sub(u.From)/20 {
		return 0, false
	}
	more := float64(counted) / seen.Seconds() * u.To.Sub(now).Seconds()
	if more >= 1<<63 {
		return 1<<64 - 1, true
	}
	return plus(u.Used, uint64(more)), true
}
