package alert

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var at = time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC)

// raise raises an alert that no rate holds back.
func raise(t *testing.T, l *Log, s Severity, text string) Alert {
	t.Helper()
	a, ok := l.Raise(New{At: at, Up: time.Hour, Severity: s, Type: "test", Subject: fmt.Sprint(l.last), Device: "dev", Text: text})
	if !ok {
		t.Fatalf("%q was held back", text)
	}
	return a
}

func texts(alerts []Alert) string {
	var all []string
	for _, a := range alerts {
		all = append(all, a.Text)
	}
	return strings.Join(all, " ")
}

func TestSeverity(t *testing.T) {
	for s := Info; s <= Critical; s++ {
		if got, ok := ParseSeverity(s.String()); !ok || got != s {
			t.Errorf("%v reads as %v, %v", s, got, ok)
		}
	}
	if _, ok := ParseSeverity("loud"); ok || Severity(99).String() != "unknown" {
		t.Error("there is a severity too many")
	}
	if Info >= Notice || Notice >= Warning || Warning >= Error || Error >= Critical {
		t.Error("severities are out of order")
	}
}

func TestPlain(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"as it is", "Drucker: 95 % used", "Drucker: 95 % used"},
		{"markup is text", "<b>&amp;</b>", "<b>&amp;</b>"},
		{"terminal sequences", "\x1b[31mred\x00\x7f", "[31mred"},
		{"lines", "  one\n\ttwo \r\n", "one two"},
		{"right to left", "evil\u202egpj.exe", "evil gpj.exe"},
		{"no UTF-8", "a\xff\xfeb", "a b"},
		{"too long", strings.Repeat("ä", 20), strings.Repeat("ä", 8)},
		{"cut before a space", "0123456789abcdef gh", "0123456789abcdef"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			most := 64
			if len(tt.want) == 16 && len(tt.text) > 16 {
				most = 17
			}
			if got := Plain(tt.text, most); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if !plain(Plain(tt.text, most), most) {
				t.Error("what is plain changes when it is made plain")
			}
		})
	}
}

func TestRate(t *testing.T) {
	l := Log{Every: time.Minute}
	try := func(up time.Duration, kind, subject string) (Alert, bool) {
		return l.Raise(New{At: at, Up: up, Type: kind, Subject: subject, Text: "x"})
	}
	if a, ok := try(0, "a", "1"); !ok || a.Held != 0 {
		t.Error("the first is not raised")
	}
	for i := range 5 {
		if _, ok := try(time.Duration(i)*10*time.Second, "a", "1"); ok {
			t.Error("raised too often")
		}
	}
	if _, ok := try(time.Second, "a", "2"); !ok {
		t.Error("held back for another subject")
	}
	if _, ok := try(time.Second, "b", "1"); !ok {
		t.Error("held back for another type")
	}
	if a, ok := try(time.Minute, "a", "1"); !ok || a.Held != 5 {
		t.Errorf("after a minute: %v, %d held back before it, want 5", ok, a.Held)
	}
	if diff := cmp.Diff(Counts{Raised: 4, Held: 5}, l.Counts()); diff != "" {
		t.Error(diff)
	}
	for i := range 10 * maxLimited {
		try(2*time.Minute, "c", fmt.Sprint(i))
	}
	if len(l.limits) != maxLimited {
		t.Errorf("%d subjects are watched", len(l.limits))
	}
}

func TestWhoLeaves(t *testing.T) {
	var l Log
	critical := raise(t, &l, Critical, "critical")
	first := raise(t, &l, Notice, "first")
	for range MaxAlerts - 2 {
		raise(t, &l, Error, "error")
	}
	l.Ack(critical.ID)
	steps := []struct {
		name string
		gone uint64
	}{
		{"acknowledged", critical.ID}, {"less severe", first.ID}, {"oldest", first.ID + 1},
	}
	for _, step := range steps {
		raise(t, &l, Error, "more")
		all := l.List(Filter{})
		if len(all) != MaxAlerts {
			t.Fatalf("%d alerts", len(all))
		}
		for _, a := range all {
			if a.ID == step.gone {
				t.Errorf("the %s one is still there", step.name)
			}
		}
	}
	if n := l.Counts().Dropped; n != 3 {
		t.Errorf("%d dropped", n)
	}
}

func TestListAndAck(t *testing.T) {
	var l Log
	a, b, c := raise(t, &l, Info, "a"), raise(t, &l, Warning, "b"), raise(t, &l, Critical, "c")
	for range 2 { // the second time changes nothing
		if !l.Ack(b.ID) {
			t.Error("an alert that is there cannot be acknowledged")
		}
	}
	if l.Ack(99) || l.Ack(0) {
		t.Error("an alert that is not there was acknowledged")
	}
	tests := []struct {
		name string
		f    Filter
		want string
	}{
		{"all", Filter{}, "c b a"},
		{"severe", Filter{Least: Warning}, "c b"},
		{"unseen", Filter{Unseen: true}, "c a"},
		{"limit", Filter{Limit: 2}, "c b"},
		{"after", Filter{After: a.ID}, "c b"},
		{"before", Filter{Before: c.ID}, "b a"},
		{"type", Filter{Type: "other"}, ""},
		{"device", Filter{Device: "dev"}, "c b a"},
		{"time", Filter{From: at.Add(time.Second)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := texts(l.List(tt.f)); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
	if n := l.Unseen(); n != [Critical + 1]int{Info: 1, Critical: 1} {
		t.Errorf("unseen %v", n)
	}
	if n := l.AckAll(b.ID); n != 1 {
		t.Errorf("%d acknowledged", n)
	}
}

// disk holds rows as a store does.
type disk map[string][]byte

func (d disk) put(rows []Row) {
	for _, r := range rows {
		if r.Value == nil {
			delete(d, r.Key)
		} else {
			d[r.Key] = r.Value
		}
	}
}

func (d disk) rows() (rows []Row) {
	for key, value := range d {
		rows = append(rows, Row{key, value})
	}
	return rows
}

func TestRestart(t *testing.T) {
	stored := disk{}
	var last uint64
	var before []Alert
	for run := range 5 {
		var l Log
		if n := l.Load(stored.rows()); n != 0 {
			t.Fatalf("%d rows are damaged", n)
		}
		if diff := cmp.Diff(before, l.List(Filter{})); diff != "" {
			t.Fatalf("run %d (-before +after):\n%s", run, diff)
		}
		for i := range 300 {
			a := raise(t, &l, Severity(i%5), fmt.Sprint(run, i))
			if a.ID <= last {
				t.Fatalf("ID %d after %d", a.ID, last)
			}
			last = a.ID
			if i%7 == 0 {
				l.Ack(a.ID)
			}
			if i%50 == 0 {
				stored.put(l.Rows())
			}
		}
		stored.put(l.Rows())
		if len(l.Rows()) != 0 {
			t.Error("rows without a change")
		}
		before = l.List(Filter{})
		if len(stored) != len(before)+1 {
			t.Errorf("%d rows for %d alerts", len(stored), len(before))
		}
		last = raise(t, &l, Info, "its row is lost").ID
	}
}

// TestLoadAgain loads rows once more, as when a backup of long ago comes back: an
// alert whose row was not stored yet stays, and IDs go on from where they were.
func TestLoadAgain(t *testing.T) {
	var old, l Log
	old.Raise(New{Type: "old", Subject: "a", Text: "of the backup"})
	rows := old.Rows()
	for i := range 2000 {
		l.Raise(New{Type: "t", Subject: fmt.Sprint(i), Text: "before"})
	}
	l.Rows()
	last, _ := l.Raise(New{Type: "t", Subject: "last", Text: "not stored yet"})
	if n := l.Load(rows); n != 0 {
		t.Errorf("%d rows are damaged", n)
	}
	var texts []string
	for _, a := range l.List(Filter{}) {
		texts = append(texts, a.Text)
	}
	if diff := cmp.Diff([]string{"not stored yet", "of the backup"}, texts); diff != "" {
		t.Error(diff)
	}
	if next, ok := l.Raise(New{Type: "t", Subject: "next"}); !ok || next.ID <= last.ID {
		t.Errorf("ID %d after %d", next.ID, last.ID)
	}
}

func TestChangesAreBounded(t *testing.T) {
	var l Log
	for range 20 * MaxAlerts {
		raise(t, &l, Warning, "x")
	}
	if n := len(l.Rows()); n != MaxAlerts+1 {
		t.Errorf("%d rows", n)
	}
}

func TestDamagedRows(t *testing.T) {
	var l Log
	good := AppendRow(nil, &Alert{At: at, Text: "x"})
	rows := []Row{
		{rowKey(7), good}, {rowKey(7), good}, {rowKey(8), good[:5]}, {"7", good}, {"zz", good}, {rowKey(0), good}, {reservedKey, nil}, {rowKey(9), nil},
	}
	if n := l.Load(rows); n != 6 {
		t.Errorf("%d damaged, want 6", n)
	}
	if all := l.List(Filter{}); len(all) != 1 || all[0].ID != 7 {
		t.Errorf("%v", all)
	}
	if n := l.Load([]Row{{rowKey(1<<64 - 1), good}}); n != 0 || raise(t, &l, Info, "y").ID != 1 {
		t.Error("an ID that leaves no other is believed")
	}
}

func TestMove(t *testing.T) {
	var l Log
	l.Load([]Row{{rowKey(1), AppendRow(nil, &Alert{At: at, Text: "earlier"})}})
	raise(t, &l, Info, "now")
	l.Rows()
	l.Move(at, time.Hour)
	for _, a := range l.List(Filter{}) {
		if want := at.Add(map[string]time.Duration{"now": time.Hour}[a.Text]); !a.At.Equal(want) {
			t.Errorf("%s is at %v, want %v", a.Text, a.At, want)
		}
	}
	if n := len(l.Rows()); n != 1 {
		t.Errorf("%d rows changed", n)
	}
}

func TestManyGoroutines(t *testing.T) {
	var l Log
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range 200 {
				l.Raise(New{At: at, Type: "t", Subject: fmt.Sprint(g, i), Text: "x"})
				l.List(Filter{Limit: 3})
				l.AckAll(uint64(i))
				l.Rows()
			}
		})
	}
	wait.Wait()
	if n := l.Counts().Raised; n != 800 {
		t.Errorf("%d raised", n)
	}
}

func FuzzDecodeRow(f *testing.F) {
	f.Add(AppendRow(nil, &Alert{At: at, Severity: Critical, Type: "quota", Device: "aa:bb", Text: "95 % of plan used", Held: 3, Acked: true}))
	f.Add(AppendRow(nil, &Alert{At: at}))
	f.Add([]byte{rowVersion})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, ok := DecodeRow(b)
		if !ok {
			return
		}
		if len(a.Text) > MaxText || !utf8.ValidString(a.Text+a.Type+a.Device) || a.Severity > Critical {
			t.Errorf("%+v", a)
		}
		if again := AppendRow(nil, &a); !bytes.Equal(again, b) {
			t.Errorf("% x is written as % x", b, again)
		}
	})
}
