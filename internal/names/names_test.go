package names

import (
	"testing"
	"time"
)

// TestClockIsSet has a router start in 1970 and learn the time an hour later: what
// it knew holds on, as long as it would have.
func TestClockIsSet(t *testing.T) {
	const early = 3600 * second
	h := newHouse(t, Config{})
	who := phone()
	h.resolve(who, "one.example", early, cname("one.example", "one.cdn.test"), a("one.cdn.test", "192.0.2.1"))
	h.answer(h.query(who, "none.example", early), 3)
	h.Stranger(&who, &Stranger{Server: addr("192.0.2.9")}, early)
	waits := h.query(who, "slow.example", early+5*second)

	h.Shift(noon, 0, early+6*second)
	now := early + noon + 6*second
	h.answer(waits, 0) // an answer of before the shift, late
	if got, trust := h.find(who, "192.0.2.1", now); got != "one.example" || trust != Asked {
		t.Errorf("%q (%d)", got, trust)
	}
	if got, _ := h.find(who, "192.0.2.1", early+noon+(leastLife+grace+1)*second); got != "" {
		t.Errorf("%q after its time", got)
	}
	h.resolve(who, "one.cdn.test", now, a("one.cdn.test", "192.0.2.2"))
	if got, _ := h.find(who, "192.0.2.2", now); got != "one.example" {
		t.Errorf("an alias was lost: %q", got)
	}
	if d := h.Denials(); d[0].Last != early+noon {
		t.Errorf("%+v", d)
	}
	if s := h.Strangers(); s[0].Last != early+noon {
		t.Errorf("%+v", s)
	}
	if _, s, _ := h.Client(&who); s.Last != early+noon {
		t.Errorf("%+v", s)
	}
	if r := h.Resolvers(); r[0].First != early+noon || r[0].Last != now {
		t.Errorf("%+v", r)
	}
	h.Log(func(q *Query) bool {
		if q.At < noon {
			t.Errorf("%s is at %v", q.Name, time.UnixMicro(q.At))
		}
		return true
	})
	if m := h.Lookup(&who, &waits.Client.Addr, noon+early+warmUp); !m.Stranger {
		t.Error("the warm-up began anew")
	}
	h.consistent()
}

// TestClockRunsBackwards has times before those that are known.
func TestClockRunsBackwards(t *testing.T) {
	h := newHouse(t, Config{})
	h.resolve(phone(), "one.example", noon, a("one.example", "192.0.2.1"))
	m := h.query(phone(), "two.example", noon)
	m.At -= 3600 * second
	h.answer(m, 0, a("two.example", "192.0.2.2"))
	h.Tick(noon - 3600*second)
	for to, want := range map[string]string{"192.0.2.1": "one.example", "192.0.2.2": "two.example"} {
		if got, _ := h.find(phone(), to, noon-3600*second); got != want {
			t.Errorf("%s is %q, want %q", to, got, want)
		}
	}
	if c := h.Total(); c.Longest() != 20*time.Millisecond {
		t.Errorf("an answer took %v", c.Longest())
	}
	h.resolve(phone(), "old.example", -5, a("old.example", "192.0.2.3"))
	h.consistent()
}

func TestSamePrivacyKeepsNames(t *testing.T) {
	h := newHouse(t, Config{Privacy: KeepDomains})
	h.resolve(phone(), "www.one.example", noon, a("www.one.example", "192.0.2.1"))
	h.SetPrivacy(KeepDomains)
	if got, _ := h.find(phone(), "192.0.2.1", noon); got != "one.example" {
		t.Errorf("%q", got)
	}
	h.SetPrivacy(KeepNames)
	h.resolve(phone(), "www.one.example", noon, a("www.one.example", "192.0.2.1"))
	if got, _ := h.find(phone(), "192.0.2.1", noon); got != "www.one.example" {
		t.Errorf("%q", got)
	}
	h.consistent()
}

// TestForgetLeavesOthers has one device become private.
func TestForgetLeavesOthers(t *testing.T) {
	h := newHouse(t, Config{})
	for _, c := range []Client{phone(), tablet()} {
		h.resolve(c, "both.example", noon, a("both.example", "192.0.2.1"))
		h.answer(h.query(c, "none.example", noon), 3)
	}
	who, other := phone(), tablet()
	h.Forget(&who)
	h.consistent()
	if got, trust := h.find(other, "192.0.2.1", noon); got != "both.example" || trust != Asked {
		t.Errorf("%q (%d)", got, trust)
	}
	if len(h.Top(&other)) != 2 || len(h.Top(&who)) != 0 || len(h.Denials()) != 1 {
		t.Errorf("%v, %v, %v", h.Top(&other), h.Top(&who), h.Denials())
	}
	named := 0
	h.Log(func(q *Query) bool {
		if q.Name != nil {
			named++
		}
		return true
	})
	if c, _, _ := h.Client(&who); named != 2 || c.Queries != 2 {
		t.Errorf("%d named entries, %d queries", named, c.Queries)
	}
}

func TestSetDecode(t *testing.T) {
	h := newHouse(t, Config{})
	kept := live(h, phone())
	h.SetDecode(true)
	if h.Total().Queries == 0 {
		t.Error("nothing changed, and all is forgotten")
	}
	h.SetDecode(false)
	h.consistent(kept...)
	if h.Pool.Len() != len(kept) || h.Total() != (Counts{}) {
		t.Errorf("%d texts, %+v", h.Pool.Len(), h.Total())
	}
	live(h, tablet())
	if h.Total() != (Counts{}) {
		t.Error("DNS was looked at")
	}
	h.SetDecode(true)
	h.resolve(phone(), "one.example", noon, a("one.example", "192.0.2.1"), a("one.example", "192.0.2.2"))
	for _, to := range []string{"192.0.2.1", "192.0.2.2"} {
		if got, _ := h.find(phone(), to, noon); got != "one.example" {
			t.Errorf("%q", got)
		}
	}
}
