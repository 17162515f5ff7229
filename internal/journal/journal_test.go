package journal

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func texts(all []Event) (out []string) {
	for _, e := range all {
		out = append(out, e.Text)
	}
	return out
}

func TestBetween(t *testing.T) {
	var j Journal
	for i, text := range []string{"a", "b", "c"} {
		j.Note(noon.Add(time.Duration(i)*time.Minute), Link, "wan", text)
	}
	tests := []struct {
		name     string
		from, to time.Duration
		want     []string
	}{
		{"all, the newest first", 0, time.Hour, []string{"c", "b", "a"}},
		{"the end does not belong", 0, 2 * time.Minute, []string{"b", "a"}},
		{"the beginning does", time.Minute, 2 * time.Minute, []string{"b"}},
		{"none", time.Hour, 2 * time.Hour, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, texts(j.Between(noon.Add(tt.from), noon.Add(tt.to)))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A link that flaps takes its share and no more, and leaves others theirs.
func TestShare(t *testing.T) {
	var j Journal
	at := noon
	for range 100 {
		j.Note(at, Link, "wan", "down")
		at = at.Add(time.Second)
	}
	if _, ok := j.Note(at, Link, "wan2", "down"); !ok {
		t.Error("another uplink has no share")
	}
	if n := len(j.Between(noon, at.Add(time.Second))); n != perHour+1 {
		t.Errorf("%d events", n)
	}
	e, ok := j.Note(noon.Add(2*time.Hour), Link, "wan", "up")
	if !ok || e.Held != 100-perHour {
		t.Errorf("%v, %d held", ok, e.Held)
	}
	if e, _ = j.Note(noon.Add(3*time.Hour), Link, "wan", "down"); e.Held != 0 {
		t.Errorf("%d are told twice", e.Held)
	}
}

func TestBounds(t *testing.T) {
	var j Journal
	for i := range 3 * MaxEvents {
		j.Note(noon.Add(time.Duration(i)*time.Hour), Config, strings.Repeat("s", 300), strings.Repeat("t", 300))
	}
	all := j.Between(time.Time{}, noon.AddDate(9, 0, 0))
	if len(all) != MaxEvents || all[0].ID != 3*MaxEvents || len(all[0].Subject) != MaxSubject || len(all[0].Text) != MaxText {
		t.Errorf("%d events, %+v", len(all), all[0])
	}
	keys := make(map[string]bool)
	for _, r := range j.Rows() {
		keys[r.Key] = true
	}
	if len(keys) != MaxEvents {
		t.Errorf("%d keys", len(keys))
	}
}

func TestRows(t *testing.T) {
	var j Journal
	j.Note(noon, Start, "", "weir began")
	j.Note(noon.Add(time.Minute), Link, "wan", "wan is down")
	rows := j.Rows()
	if len(rows) != 2 || j.Rows() != nil {
		t.Fatalf("%d rows, then %v", len(rows), j.Rows())
	}
	var next Journal
	if n := next.Load(append(rows, Row{"007", []byte{9}}, Row{"008", nil})); n != 2 {
		t.Errorf("%d are damaged", n)
	}
	far := noon.AddDate(1, 0, 0)
	local := cmp.Transformer("unix", func(t time.Time) int64 { return t.UnixMicro() })
	if diff := cmp.Diff(j.Between(noon, far), next.Between(noon, far), local); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if e, _ := next.Note(noon.Add(time.Hour), Stop, "", "weir ended"); e.ID != 3 {
		t.Errorf("ID %d is given again", e.ID)
	}
	// Only what this run told moves with its clock.
	next.Rows()
	next.Move(noon, noon.Add(90*time.Minute), time.Hour)
	next.Move(noon.Add(-time.Hour), noon, time.Hour)
	if all := next.Between(noon, far); !all[0].At.Equal(noon.Add(2*time.Hour)) || !all[1].At.Equal(noon.Add(time.Minute)) || len(next.Rows()) != 1 {
		t.Errorf("%+v", all)
	}
}

func TestKinds(t *testing.T) {
	for _, name := range Kinds() {
		if k, ok := ParseKind(name); !ok || k.String() != name {
			t.Errorf("%s is %v", name, k)
		}
	}
	if k, ok := ParseKind("nothing"); ok || k.String() == "" || Kind(99).String() != "unknown" {
		t.Error("a kind that is none")
	}
}

func FuzzDecode(f *testing.F) {
	for _, e := range []Event{{ID: 1, At: noon, Kind: Start, Text: "weir began"}, {ID: 1 << 40, At: noon, Kind: Link, Subject: "wan", Held: 7}} {
		f.Add(e.encode())
	}
	long := (&Event{ID: 1, At: noon}).encode()
	long[rowHead] = 255
	f.Add(append(long, make([]byte, 255)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, ok := decode(b)
		if !ok {
			return
		}
		if diff := cmp.Diff(b, e.encode()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
