package main

import (
	"context"
	"fmt"

	"weir/internal/clock"
	"weir/internal/rollup"
	"weir/store"
)

// group are the classes that are kept alike.
type group uint8

const (
	mainClasses  group = iota // interface, device, application, total and the uplink's
	otherClasses              // networks, countries and so on
	matrices
	numGroups
)

func (g group) String() string {
	return [...]string{"main", "other", "matrices"}[g]
}

func groupOf(c rollup.Class) group {
	switch {
	case matrix(c):
		return matrices
	case c > rollup.RouterOwn:
		return otherClasses
	}
	return mainClasses
}

// finest is the step of the finest tier that has a class.
func finest(c rollup.Class) int64 {
	switch {
	case matrix(c):
		return clock.Day
	case rollup.DefaultLevels()[c] == rollup.Light:
		return hour
	}
	return minute
}

// kept is how the slots of one tier compare with what was counted, for one group of
// classes.
type kept struct {
	Exact, Absent int
	Wrong         int    // in part there, or with other sums
	First         string // of those
	// Since is the start of the slot from which on all of them are exact, 0 if the
	// newest is not.
	Since int64
}

// proof is what was found in a store, by tier and group.
type proof map[int64]*[numGroups]kept

// open is a slot of the model that has not ended.
type open struct {
	step, start int64
	sums        []rollup.Values
}

// prover compares a store with what the house moved, which it makes again.
type prover struct {
	ctx    context.Context
	store  *store.Store
	newest store.Newest
	house  *house
	until  int64           // when the time ends
	oldest map[int64]int64 // start of the oldest slot by tier
	open   []open          // finest first
	found  proof
}

// prove compares every sum of every slot that the store has with what was counted
// from the beginning until end. newest are the slots that are open there, nil for
// none.
func prove(ctx context.Context, s *store.Store, newest store.Newest, h *house, end int64) (proof, error) {
	p := &prover{ctx: ctx, store: s, newest: newest, house: h, until: end, oldest: map[int64]int64{}, found: proof{}}
	for _, t := range s.Status().Tiers {
		p.oldest[t.Step] = t.Oldest
		p.found[t.Step] = new([numGroups]kept)
		p.open = append(p.open, open{t.Step, h.cal.Floor(begin, t.Step), make([]rollup.Values, len(h.sums))})
	}
	for t := begin; t < end; t += minute {
		h.minute(t)
		for i, v := range h.sums {
			p.open[0].sums[i].Add(v)
		}
		if err := p.close(t + minute); err != nil {
			return p.found, err
		}
	}
	for i := range p.open { // those of the end, as far as there is anything in them
		if p.open[i].start < end {
			if err := p.end(i); err != nil {
				return p.found, err
			}
		}
	}
	return p.found, nil
}

// close ends the slots that end at now.
func (p *prover) close(now int64) error {
	for i := range p.open {
		o := &p.open[i]
		if p.house.cal.Next(o.start, o.step) > now {
			return nil
		}
		if err := p.end(i); err != nil {
			return err
		}
		o.start = now
	}
	return nil
}

// end compares a slot, adds it to the next coarser one and empties it.
func (p *prover) end(i int) error {
	o := &p.open[i]
	if o.start >= p.oldest[o.step] && p.oldest[o.step] > 0 {
		if err := p.compare(o); err != nil {
			return err
		}
	}
	if i+1 < len(p.open) {
		for j, v := range o.sums {
			p.open[i+1].sums[j].Add(v)
		}
	}
	clear(o.sums)
	return nil
}

// compare compares the slot that is stored with what was counted.
func (p *prover) compare(o *open) error {
	var there, classes [numGroups]int
	var wrong [numGroups]string
	for _, m := range members {
		if finest(m.class) > o.step {
			continue
		}
		g := groupOf(m.class)
		got, n, err := p.ask(o, m.class)
		if err != nil {
			return err
		}
		classes[g]++
		if n == 0 {
			continue
		}
		there[g]++
		for i, v := range got {
			if want := o.sums[p.house.first[m.class]+i]; v != want {
				wrong[g] = fmt.Sprintf("%s of %d s from %s: %+v, counted %+v", nameOf(m.class, i), o.step, timeText(o.start), v, want)
			}
		}
	}
	for g := range classes {
		if classes[g] > 0 {
			p.found[o.step][g].note(o.start, there[g], classes[g], wrong[g])
		}
	}
	return nil
}

// note counts one slot, of which so many of all classes are there.
func (k *kept) note(start int64, there, all int, wrong string) {
	switch {
	case there == 0:
		k.Absent++
		k.Since = 0
		return
	case wrong == "" && there == all:
		if k.Exact++; k.Since == 0 {
			k.Since = start
		}
		return
	case wrong == "":
		wrong = fmt.Sprintf("%d of %d classes of %s", there, all, timeText(start))
	}
	k.Since = 0
	if k.Wrong++; k.First == "" {
		k.First = wrong
	}
}

// ask asks the store for a class's sums in a slot, in the order of the house's
// members, and how many series there are. What is of no member, counts as wrong.
func (p *prover) ask(o *open, class rollup.Class) ([]rollup.Values, int, error) {
	h := p.house
	q := rollup.Query{
		Class: class, Metric: rollup.Bytes, Points: 1, Finest: o.step, Calendar: h.cal,
		From: o.start, To: h.cal.Next(o.start, o.step),
	}
	newest := p.newest
	if q.To <= p.until {
		newest = nil // none of them is asked for, and they take long to make
	}
	rows, n, err := p.store.Top(p.ctx, q, rollup.MaxPoints, newest)
	if err != nil {
		return nil, 0, err
	}
	sums := make([]rollup.Values, len(h.ids[class]))
	if matrix(class) {
		for _, r := range rows {
			sums[0].Add(r.Values)
		}
		return sums, n, nil
	}
	for _, r := range rows {
		if i := indexOf(h.ids[class], r.ID); i >= 0 {
			sums[i].Add(r.Values)
		} else if r.Values != (rollup.Values{}) {
			sums[0].Flows += 1 << 60 // nobody's traffic
		}
	}
	return sums, n, nil
}

// indexOf finds a handle; a class's handles were given out in a row.
func indexOf(ids []uint32, id uint32) int {
	if i := int(id) - int(ids[0]); i >= 0 && i < len(ids) && ids[i] == id {
		return i
	}
	for i := range ids {
		if ids[i] == id {
			return i
		}
	}
	return -1
}
