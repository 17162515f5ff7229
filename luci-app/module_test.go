//go:build !notls

package luciapp

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRequires(t *testing.T) {
	tests := []struct {
		name, source string
		want         []required
	}{
		{"none", "return 1", nil},
		{"some", "'use strict';\n'require view';\n\"require weir.api as api\";\nreturn 'nothing';\n'require x';", []required{{"view", "view"}, {"weir.api", "api"}}},
		{"a name of its class", "'require tools.widgets'", []required{{"tools.widgets", "tools_widgets"}}},
		{"comments", "// it's\n'require a'; /* don't 'require x' */ 'require b'; // 'require y'", []required{{"a", "a"}, {"b", "b"}}},
		{"another text ends them", "'require a'; const x = 'y'; 'require b';", []required{{"a", "a"}}},
		{"an escape", `'require a\'b'; 'require c'`, []required{{`a\'b`, "a__b"}, {"c", "c"}}},
		{"blanks", "'require \t a  as\tb'", []required{{"a", "b"}}},
		{"a bad alias is a text", "'require a as 1'; 'require b'", nil},
		{"not closed", "'require a'; 'require b", []required{{"a", "a"}}},
		{"empty", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, requires(tt.source), cmp.AllowUnexported(required{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// The lines of a module are those of its source.
func TestModuleKeepsLines(t *testing.T) {
	source := "'require a';\nsecond\nthird"
	got := strings.Split(string(module("x.y", []byte(source))), "\n")
	want := []string{
		`weir_define("x.y", ["a"], function(window, document, L, a) { 'use strict'; 'require a';`, "second", "third", "});", "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// FuzzRequires checks that any source ends, and that what it asks for are names.
func FuzzRequires(f *testing.F) {
	f.Add("'use strict';\n'require view';\n'require weir.api as api';\n")
	f.Add("/* ' */ 'require a' // '\n\\'")
	f.Fuzz(func(t *testing.T, source string) {
		for _, r := range requires(source) {
			if r.class == "" || r.as == "" || strings.ContainsAny(r.class+r.as, " \t\n") {
				t.Errorf("%q", r)
			}
		}
	})
}
