package names

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// count compares what was counted without the times.
func count(t *testing.T, what string, got, want Counts) {
	t.Helper()
	got.timed, got.waited, got.longest = 0, 0, 0
	if d := cmp.Diff(want, got, cmp.AllowUnexported(Counts{})); d != "" {
		t.Errorf("%s: %s", what, d)
	}
}

func TestCounts(t *testing.T) {
	h := newHouse(t, Config{})
	h.resolve(phone(), "one.example", noon, a("one.example", "192.0.2.1"))
	for i, rcode := range []uint8{3, 2, 5, 1, 15} {
		h.answer(h.query(phone(), fmt.Sprintf("bad%d.example", i), noon), rcode)
	}
	m := h.query(tablet(), "slow.example", noon)
	again := *m
	again.At += 5 * second
	h.Message(&again)
	m.At += 6 * second
	h.answer(m, 0)
	h.query(tablet(), "lost.example", noon+7*second)
	h.Tick(noon + 16*second)
	count(t, "too early", h.Total(), Counts{Queries: 8, Repeats: 1, Answers: [NumResults]uint32{2, 1, 1, 1, 2}})
	h.Tick(noon + 17*second)
	h.Tick(noon + 18*second)
	count(t, "house", h.Total(), Counts{Queries: 8, Repeats: 1, Unanswered: 1, Answers: [NumResults]uint32{2, 1, 1, 1, 2}})

	who := tablet()
	c, _, ok := h.Client(&who)
	count(t, "tablet", c, Counts{Queries: 2, Repeats: 1, Unanswered: 1, Answers: [NumResults]uint32{1}})
	if !ok || c.Mean() != 6020*time.Millisecond || c.Longest() != c.Mean() {
		t.Errorf("mean %v, longest %v", c.Mean(), c.Longest())
	}
	if total := h.Total(); total.Mean() != 877142*time.Microsecond || total.Longest() != 6020*time.Millisecond {
		t.Errorf("house: mean %v, longest %v", total.Mean(), total.Longest())
	}
	nobody := Client{Device: 99}
	if _, _, ok := h.Client(&nobody); ok {
		t.Error("a client that never asked is known")
	}
	h.consistent()
}

func TestAnswersToWhatWasNotSeen(t *testing.T) {
	h := newHouse(t, Config{})
	m := &Message{At: noon, Client: phone(), Resolver: router(), Port: 5000, ID: 1, Type: typeA, Name: []byte("one.example")}
	h.answer(m, 0, a("one.example", "192.0.2.1"))
	count(t, "unasked", h.Total(), Counts{Unasked: 1, Answers: [NumResults]uint32{1}})
	if got, _ := h.find(phone(), "192.0.2.1", noon); got != "one.example" {
		t.Errorf("learnt %q", got)
	}
	if mean := h.total.Mean(); mean != 0 {
		t.Errorf("mean %v of nothing", mean)
	}

	// The same answer seen twice counts once; another one does not fit its query.
	q := h.query(phone(), "two.example", noon)
	h.answer(q, 0, a("two.example", "192.0.2.2"))
	h.answer(q, 0, a("two.example", "192.0.2.2"))
	q = h.query(phone(), "three.example", noon)
	forged := *q
	forged.Name = []byte("bank.example")
	h.answer(&forged, 0)
	count(t, "after", h.Total(), Counts{Queries: 2, Unasked: 2, Answers: [NumResults]uint32{3}})
	h.consistent()
}

func TestClientsAreBounded(t *testing.T) {
	h := newHouse(t, Config{Devices: 20})
	for i := range 30 {
		h.resolve(Client{Device: uint32(i + 1)}, fmt.Sprintf("n%d.example", i), noon+int64(i)*second)
		h.consistent()
	}
	if got := h.Stats().ClientsEvicted; got != 10 {
		t.Errorf("%d evicted", got)
	}
	for id, want := range map[uint32]bool{10: false, 11: true, 30: true} {
		c := Client{Device: id}
		_, _, ok := h.Client(&c)
		if top := h.Top(&c); ok != want || (len(top) == 1) != want {
			t.Errorf("client %d: %v, %v", id, ok, top)
		}
	}
}

func TestWaitingQueriesAreBounded(t *testing.T) {
	h := newHouse(t, Config{})
	for i := range 5000 {
		h.query(phone(), fmt.Sprintf("n%d.example", i), noon+int64(i))
	}
	h.Tick(noon + 20*second)
	c := h.Total()
	if crowded := h.Stats().QueriesCrowded; uint64(c.Unanswered)+crowded != 5000 || c.Unanswered < 400 {
		t.Errorf("%d unanswered, %d crowded", c.Unanswered, crowded)
	}
	h.consistent()
}

func TestLog(t *testing.T) {
	h := newHouse(t, Config{})
	h.answer(h.query(phone(), "one.example", noon), 0, cname("one.example", "two.example"), a("two.example", "0.0.0.0"), a("two.example", "192.0.2.1"))
	h.answer(h.query(phone(), "none.example", noon+second), 3)
	h.query(tablet(), "lost.example", noon+2*second)
	h.Tick(noon + 12*second)
	h.query(tablet(), "waits.example", noon+12*second)
	type row struct {
		at                          int64
		device                      uint32
		name, first                 string
		answered, unanswered, timed bool
		rcode                       uint8
		took                        time.Duration
	}
	ms := 20 * time.Millisecond
	want := []row{
		{noon + 12*second, 8, "waits.example", "::", false, false, false, 0, 0},
		{noon + 2*second, 8, "lost.example", "::", false, true, false, 0, 0},
		{noon + second, 7, "none.example", "::", true, false, true, 3, ms},
		{noon, 7, "one.example", "0.0.0.0", true, false, true, 0, ms},
	}
	var got []row
	h.Log(func(q *Query) bool {
		got = append(got, row{q.At, q.Device, string(q.Name), q.First.IP().String(), q.Answered, q.Unanswered, q.Timed, q.Rcode, q.Took})
		if q.Resolver != router().Addr || q.Type != typeA || q.Via != DNS {
			t.Errorf("%+v", q)
		}
		return true
	})
	if d := cmp.Diff(want, got, cmp.AllowUnexported(row{})); d != "" {
		t.Error(d)
	}
	for i := range 2 * logEntries {
		h.query(phone(), fmt.Sprintf("n%d.example", i%50), noon+20*second+int64(i))
	}
	n := 0
	h.Log(func(q *Query) bool { n++; return n < 600 })
	if n != logEntries {
		t.Errorf("%d entries", n)
	}
	h.consistent()
}

func TestDenials(t *testing.T) {
	h := newHouse(t, Config{})
	for range 3 {
		h.answer(h.query(phone(), "none.example", noon), 3)
	}
	if d := cmp.Diff([]Denial{{Device: 7, Name: "none.example", Count: 3, Last: noon}}, h.Denials()); d != "" {
		t.Error(d)
	}
	who, other := phone(), tablet()
	name := h.Pool.Find([]byte("none.example"))
	if !h.Denied(&who, name, noon+60*second) || h.Denied(&other, name, noon) || h.Denied(&who, name, noon+leastLife*second) || h.Denied(&who, 0, noon) {
		t.Error("denied to the wrong client, or too long")
	}
	if top := h.Top(&who); len(top) != 1 || top[0] != (Most{Name: "none.example", Count: 3, Denied: 3}) {
		t.Errorf("%+v", top)
	}
	for i := range 2 * denials {
		h.answer(h.query(tablet(), fmt.Sprintf("n%d.example", i), noon+int64(i)*second), 3)
	}
	if got := len(h.Denials()); got != denials {
		t.Errorf("%d denials", got)
	}
	h.consistent()
}
