package afpacket

import (
	"strings"
	"testing"
	"time"
)

// steps feeds a budget with a rate for some seconds and returns its level.
func steps(b *budget, rate uint64, seconds int) int {
	for range seconds {
		b.step(rate, time.Second)
	}
	return b.level
}

func TestBudgetTightens(t *testing.T) {
	b := budget{limit: 1000}
	if l := steps(&b, 1000, 100); l != 0 || b.note() != "" {
		t.Errorf("level %d with a rate within the budget, note %q", l, b.note())
	}
	for want := 1; want < len(levels); want++ {
		if l := steps(&b, 1001, 1); l != want {
			t.Errorf("level %d, want %d", l, want)
		}
		if n := b.note(); !strings.Contains(n, "1001 frames a second") || !strings.Contains(n, levels[want].note) {
			t.Errorf("level %d has the note %q", want, n)
		}
	}
	if steps(&b, 1<<40, 10) != len(levels)-1 {
		t.Error("there is a level beyond the last")
	}
}

func TestBudgetLoosens(t *testing.T) {
	b := budget{limit: 1000}
	steps(&b, 5000, 2)
	if l := steps(&b, 501, 100); l != 2 {
		t.Errorf("level %d with more than half the budget", l)
	}
	if l := steps(&b, 500, 1); l != 1 {
		t.Errorf("level %d after a long time, want 1", l)
	}
	if l := steps(&b, 500, 9); l != 1 {
		t.Errorf("level %d too early", l)
	}
	if l := steps(&b, 500, 1); l != 0 {
		t.Errorf("level %d after ten more seconds, want 0", l)
	}
}

// TestBudgetTries has a rate that only the tighter level bears: each try of the
// looser one fails and is made less often.
func TestBudgetTries(t *testing.T) {
	b := budget{limit: 1000}
	loose := 0 // seconds at level 0
	for range 3600 {
		if b.level == 0 {
			loose++
			b.step(5000, time.Second)
		} else {
			b.step(100, time.Second)
		}
	}
	if loose < 10 || loose > 25 {
		t.Errorf("%d seconds of an hour above the budget", loose)
	}
	if b.wait != looseMost {
		t.Errorf("the next try comes after %v, want %v", b.wait, looseMost)
	}
	// Once the looser level bears it, waiting is short again.
	if steps(&b, 100, 700); b.level != 0 || b.wait != looseAfter {
		t.Errorf("level %d, next try after %v", b.level, b.wait)
	}
}

func TestBudgetIntervals(t *testing.T) {
	b := budget{limit: 1000}
	if b.step(1500, 2*time.Second) {
		t.Error("750 a second are within a budget of 1000")
	}
	if !b.step(1500, time.Second) {
		t.Error("1500 a second are not")
	}
	if defaultBudget() < budgetPerCPU {
		t.Errorf("the default budget is %d", defaultBudget())
	}
}
