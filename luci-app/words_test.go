//go:build !notls

package luciapp

import (
	"encoding/json"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadWords(t *testing.T) {
	tests := []struct {
		name, po string
		want     words
	}{
		{"one", "msgid \"a\"\nmsgstr \"b\"\n", words{"a": "b"}},
		{"the head is none", "msgid \"\"\nmsgstr \"Language: de\\n\"\n", words{}},
		{"not translated", "msgid \"a\"\nmsgstr \"\"\n", words{}},
		{"lines join", "msgid \"\"\n\"a \"\n\"b\"\nmsgstr \"\"\n\"c\\n\"\n\"\\\"d\\\"\"\n", words{"a b": "c\n\"d\""}},
		{"a context", "msgctxt \"menu\"\nmsgid \"a\"\nmsgstr \"b\"\n", words{"menu\x01a": "b"}},
		{"forms", "msgid \"one\"\nmsgid_plural \"many\"\nmsgstr[0] \"eins\"\nmsgstr[1] \"viele\"\n", words{"one\x020": "eins", "one\x021": "viele"}},
		{"not looked over", "#: x.js:3\n#, fuzzy, c-format\nmsgid \"a\"\nmsgstr \"b\"\n\nmsgid \"c\"\nmsgstr \"d\"", words{"c": "d"}},
		{"no line between", "msgid \"a\"\nmsgstr \"b\"\nmsgid \"c\"\nmsgstr \"d\"\n", words{"a": "b", "c": "d"}},
		{"obsolete", "#~ msgid \"a\"\n#~ msgstr \"b\"\n", words{}},
		{"nonsense", "msgstr \"x\"\n\"y\nmsgid a\nfoo \"z\"\n", words{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := words{}
			got.read(tt.po)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// FuzzWords checks that whatever is read becomes one object, which is the same for
// JSON and JavaScript, and cannot end its script.
func FuzzWords(f *testing.F) {
	f.Add("msgid \"a\"\nmsgstr \"b\\n\"\n")
	f.Add("msgctxt \"\\x01\"\nmsgid \"\\\\\"\nmsgid_plural \"\"\nmsgstr[0] \"\\u2028\U0001F600\"\n")
	f.Fuzz(func(t *testing.T, po string) {
		w := words{}
		w.read(po)
		text, ok := strings.CutPrefix(string(w.script()), "window.TR = ")
		text, ends := strings.CutSuffix(text, ";\n")
		var back map[string]string
		if err := json.Unmarshal([]byte(text), &back); err != nil || !ok || !ends {
			t.Fatalf("%q: %v", text, err)
		}
		if len(back) > len(w) {
			t.Errorf("%d words of %d", len(back), len(w))
		}
	})
}

func TestLanguage(t *testing.T) {
	s, err := load(tree())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ accepted, want string }{
		{"", "en"}, {"de", "de"}, {"de-DE,de;q=0.9,en;q=0.8", "de"}, {"fr, de", "de"}, {"en-US,de", "en"}, {"DE-at", "de"},
		{"pt-BR", "pt-br"}, {"pt", "en"}, {"*", "en"}, {"-", "en"}, {",,;;", "en"},
	}
	for _, tt := range tests {
		if got := s.Language(tt.accepted); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.accepted, got, tt.want)
		}
	}
}

// Every message of the runtime has a German one, and none is left that nobody
// says any more.
func TestGerman(t *testing.T) {
	b, err := fs.ReadFile(files, "standalone/po/de.po")
	if err != nil {
		t.Fatal(err)
	}
	german := words{}
	german.read(string(b))
	said := map[string]bool{
		"This is not the token.": true, "Too many wrong tokens; try again in a minute.": true, // by the server
	}
	inCode, inPage := regexp.MustCompile(`\b_\('((?:[^'\\]|\\.)*)'`), regexp.MustCompile(`\[([^\]]+)\]`)
	err = fs.WalkDir(files, "standalone", func(name string, e fs.DirEntry, err error) error {
		pattern := map[string]*regexp.Regexp{".js": inCode, ".html": inPage}[path.Ext(name)]
		if err != nil || pattern == nil {
			return err
		}
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		for _, m := range pattern.FindAllSubmatch(b, -1) {
			said[string(m[1])] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for message := range said {
		if german[message] == "" {
			t.Errorf("no German for %q", message)
		}
	}
	for message := range german {
		if !said[message] {
			t.Errorf("nobody says %q", message)
		}
	}
}
