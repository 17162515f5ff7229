package pages

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the template, and what is new to the languages")

const app = "../../luci-app"

// said returns what the scripts, the menu and the list of rights say, by file.
func said(t *testing.T) map[string][]Message {
	t.Helper()
	all := map[string][]Message{}
	err := filepath.WalkDir(app, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			if err == nil && (e.Name() == "standalone" || e.Name() == "po") {
				return fs.SkipDir // the runtime has a catalogue of its own: LuCI says what it says
			}
			return err
		}
		where, err := filepath.Rel("../..", name)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var messages []Message
		switch filepath.Ext(name) {
		case ".js":
			if messages, err = Messages(string(b)); err != nil {
				t.Errorf("%s: %v", where, err)
			}
		case ".json":
			messages = titles(t, b)
		}
		if len(messages) > 0 {
			all[filepath.ToSlash(where)] = messages
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// titles returns what LuCI translates of a file of menu.d or acl.d.
func titles(t *testing.T, b []byte) []Message {
	t.Helper()
	var entries map[string]struct{ Title, Description string }
	if err := json.Unmarshal(b, &entries); err != nil {
		t.Fatal(err)
	}
	var all []Message
	for _, e := range entries {
		for _, text := range []string{e.Title, e.Description} {
			if text != "" {
				all = append(all, Message{ID: text})
			}
		}
	}
	slices.SortFunc(all, func(a, b Message) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func read(t *testing.T, name string) *Catalogue {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseCatalogue(string(b))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}

// TestWords holds the catalogues to what the pages say: the template has all of it
// and nothing else, and so has each language, translated.
func TestWords(t *testing.T) {
	entries := Collect(said(t))
	if len(entries) < 100 {
		t.Fatalf("only %d messages: the pages were not found", len(entries))
	}
	names, err := filepath.Glob(app + "/po/*/weir.po*")
	if err != nil || len(names) < 2 {
		t.Fatalf("catalogues: %v %v", names, err)
	}
	for _, name := range names {
		t.Run(filepath.Base(filepath.Dir(name)), func(t *testing.T) {
			now := read(t, name)
			want := now.With(entries)
			if *update {
				if err := os.WriteFile(name, []byte(want.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(ids(want), ids(now)); diff != "" {
				t.Errorf("%s (- said by pages, + there): run go test ./test/pages -run TestWords -update, then translate\n%s", name, diff)
			}
			if filepath.Ext(name) == ".po" {
				for i := range want.Entries {
					for _, fault := range faults(&want.Entries[i]) {
						t.Error(fault)
					}
				}
			}
		})
	}
}

func ids(c *Catalogue) []string {
	all := make([]string, len(c.Entries))
	for i, e := range c.Entries {
		all[i] = e.Context + "|" + e.ID + "|" + e.Plural
	}
	return all
}

var gap = regexp.MustCompile(`%(?:[0-9.]*[a-zA-Z]|%)`)

// faults returns what is missing in a translation, and gaps that are not those of
// the message: they are filled in by their order.
func faults(e *Entry) []string {
	var all []string
	if e.Marked != "" {
		all = append(all, fmt.Sprintf("%q is marked %s", e.ID, e.Marked))
	}
	for i, means := range e.Means {
		message := e.ID
		if i > 0 {
			message = e.Plural
		}
		if means == "" {
			all = append(all, fmt.Sprintf("%q is not translated", message))
			continue
		}
		if want, got := gap.FindAllString(message, -1), gap.FindAllString(means, -1); !slices.Equal(want, got) {
			all = append(all, fmt.Sprintf("%q has the gaps %q, and %q has %q", message, want, means, got))
		}
		if ends(message) != ends(means) {
			all = append(all, fmt.Sprintf("%q and %q do not end the same way", message, means))
		}
	}
	return all
}

// ends returns how a sentence ends, "" for what is none.
func ends(s string) string {
	for _, end := range []string{"…", ".", ":", "?", "!"} {
		if strings.HasSuffix(s, end) {
			return end
		}
	}
	return ""
}

func TestMessages(t *testing.T) {
	tests := []struct {
		name, text string
		want       []Message
		err        string
	}{
		{"none", "var a = 'no _(\\'words\\')';", nil, ""},
		{"one", "x(_('a'), _ ( \"b\" ));", []Message{{ID: "a"}, {ID: "b"}}, ""},
		{"with a context", "_('May', 'month')", []Message{{ID: "May", Context: "month"}}, ""},
		{"with forms", "N_(f(a, b)[0], '%d day', '%d days').format(n)", []Message{{ID: "%d day", Plural: "%d days"}}, ""},
		{"forms and a context", "N_(n, 'a', 'b', 'c')", []Message{{ID: "a", Plural: "b", Context: "c"}}, ""},
		{"escapes", `_('it\'s\u00a0\n \\ “x”')`, []Message{{ID: `it's \ “x”`}}, ""},
		{"in comments", "// _('no')\n/* _('no')\n */ _('yes')", []Message{{ID: "yes"}}, ""},
		{"in a string", `"_('no')" + '_("no")' + _('yes')`, []Message{{ID: "yes"}}, ""},
		{"a template", "`_('no')`; _('yes')", []Message{{ID: "yes"}}, ""},
		{"behind patterns", "x.replace(/['\"/]/g, ''); if (/[/']/.test(a)) return /'/; _('yes')", []Message{{ID: "yes"}}, ""},
		{"behind a division", "a = b / c; _('yes'); d = e / f", []Message{{ID: "yes"}}, ""},
		{"another function", "my_('no'); $_('no'); _.x('no'); N_x('no')", nil, ""},
		{"a variable", "\n_(text)", nil, "line 2: what is translated"},
		{"put together", "_('a' + b)", nil, "line 1: a text that is put together"},
		{"a template that is translated", "_(`a`)", nil, "line 1: what is translated"},
		{"without an end", "_('a", nil, "a string without an end"},
		{"N_ without texts", "N_(n)", nil, "N_ has"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Messages(tt.text)
			if diff := cmp.Diff(tt.want, got); diff != "" && tt.err == "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

func FuzzMessages(f *testing.F) {
	f.Add("_('a', \"b\") /* c */ // d\n`e` /f[/]/ N_(1, 'g', 'h')")
	f.Add("_('\\u00")
	f.Fuzz(func(_ *testing.T, text string) { _, _ = Messages(text) }) // it returns
}

func TestCatalogue(t *testing.T) {
	text := "msgid \"\"\nmsgstr \"\"\n\"Language: de\\n\"\n\"X: y\\n\"\n\n" +
		"#: a.js\n#: b.js\n#, fuzzy\nmsgctxt \"c\"\nmsgid \"one \\\"1\\\"\"\nmsgid_plural \"many\"\nmsgstr[0] \"eins\"\nmsgstr[1] \"viele\"\n\n" +
		"msgid \"tab\\t\"\nmsgstr \"\"\n"
	c, err := ParseCatalogue(text)
	if err != nil {
		t.Fatal(err)
	}
	want := &Catalogue{Header: "Language: de\nX: y\n", Entries: []Entry{
		{Message: Message{Context: "c", ID: `one "1"`, Plural: "many"}, Where: []string{"a.js", "b.js"}, Means: []string{"eins", "viele"}, Marked: "fuzzy"},
		{Message: Message{ID: "tab\t"}, Means: []string{""}},
	}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := c.String(); got != text {
		t.Errorf("written as %q", got)
	}
	next := c.With(Collect(map[string][]Message{"c.js": {{ID: "new"}, {Context: "c", ID: `one "1"`, Plural: "many"}, {ID: "new"}}}))
	if diff := cmp.Diff([]string{"|new|", `c|one "1"|many`}, ids(next)); diff != "" || next.Entries[1].Means[1] != "viele" || next.Header != c.Header {
		t.Errorf("after an update: %+v\n%s", next, diff)
	}
	for _, bad := range []string{"msgid one\n", "\"lost\"\n", "nonsense\n"} {
		if _, err := ParseCatalogue(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name string
		e    Entry
		want int
	}{
		{"good", Entry{Message: Message{ID: "%s of %d %%."}, Means: []string{"%s von %d %%."}}, 0},
		{"none", Entry{Message: Message{ID: "a"}, Means: []string{""}}, 1},
		{"fuzzy", Entry{Message: Message{ID: "a"}, Means: []string{"b"}, Marked: "fuzzy"}, 1},
		{"other gaps", Entry{Message: Message{ID: "%s of %d"}, Means: []string{"%d von %s"}}, 1},
		{"another end", Entry{Message: Message{ID: "Done."}, Means: []string{"Fertig"}}, 1},
		{"one form", Entry{Message: Message{ID: "a", Plural: "b"}, Means: []string{"c", ""}}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := faults(&tt.e); len(got) != tt.want {
				t.Errorf("%d faults: %q", len(got), got)
			}
		})
	}
}
