package uci

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"testing/iotest"
)

// compact writes a package on one line: type/name{option=value list+=value}.
func compact(p *Package) string {
	var b strings.Builder
	for _, s := range p.Sections {
		fmt.Fprintf(&b, "%s/%s{", s.Type, s.Name)
		for _, o := range s.Options {
			sign := "="
			if o.List {
				sign = "+="
			}
			for _, v := range o.Values {
				fmt.Fprintf(&b, " %s%s%q@%d", o.Name, sign, v.Text, v.Line)
			}
		}
		fmt.Fprintf(&b, " }@%d ", s.Line)
	}
	return strings.TrimSpace(b.String())
}

func TestParsePackage(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"blank lines and comments", "\n \t\r\n# config x\n  # option\n", ""},
		{"named and anonymous", "config a 'n'\nconfig b\n", "a/n{ }@1 b/{ }@2"},
		{"empty name is anonymous", "config a ''\nconfig a\n", "a/{ }@1 a/{ }@2"},
		{"quoted type and name", "config 'type' \"section\"\n\toption 'opt'\t'val'\n", `type/section{ opt="val"@2 }@1`},
		{"indentation does not matter", "\tconfig a\noption b c\n", `a/{ b="c"@2 }@1`},
		{"unquoted with comment", "config a # one\n option b c#two\n", `a/{ b="c"@2 }@1`},
		{"comment sign in quotes", "config a\noption b '#c'\noption d \"#e\"\noption f \\#g\n", `a/{ b="#c"@2 d="#e"@3 f="#g"@4 }@1`},
		{"comment needs no space", "config a\noption b 'c'#'d'\n", `a/{ b="c"@2 }@1`},
		{"single quotes take all", "config a\noption b 'c\\n\"$#;d'\n", `a/{ b="c\\n\"$#;d"@2 }@1`},
		{"double quotes and backslash", `config a` + "\n" + `option b "c\"\\\n'd"` + "\n", `a/{ b="c\"\\n'd"@2 }@1`},
		{"backslash without quotes", "config a\noption b c\\ d\\'e\\;f\n", `a/{ b="c d'e;f"@2 }@1`},
		{"parts join", "config a\noption b 'it'\\''s'\" \"x'y'\n", `a/{ b="it's xy"@2 }@1`},
		{"value over lines", "config a\noption b 'one\n two\n'\noption c d\n", `a/{ b="one\n two\n"@2 c="d"@5 }@1`},
		{"double quotes over lines", "config a\noption b \"one \\\ntwo\nthree\"\n", `a/{ b="one two\nthree"@2 }@1`},
		{"backslash joins lines", "config a\noption b one\\\ntwo\noption c \\\n d\n", `FAIL`},
		{"backslash joins lines with carriage return", "config a\r\noption b one\\\r\ntwo\r\n", `a/{ b="onetwo"@2 }@1`},
		{"carriage return in quotes stays", "config a\noption b 'c\r\nd'\r\n", `a/{ b="c\r\nd"@2 }@1`},
		{"empty values", "config a\noption b ''\noption c\nlist d \"\"\n", `a/{ b=""@2 c=""@3 d+=""@4 }@1`},
		{"last option wins", "config a\noption b 1\noption b 2\n", `a/{ b="2"@3 }@1`},
		{"lists gather", "config a\nlist b 1\noption c x\nlist b 2\n", `a/{ b+="1"@2 b+="2"@4 c="x"@3 }@1`},
		{"option turns into list", "config a\noption b 1\nlist b 2\n", `a/{ b+="1"@2 b+="2"@3 }@1`},
		{"option replaces list", "config a\nlist b 1\nlist b 2\noption b 3\n", `a/{ b="3"@4 }@1`},
		{"sections of one name merge", "config a n\noption b 1\nconfig c\nconfig a n\noption d 2\n", `a/n{ b="1"@2 d="2"@5 }@1 c/{ }@3`},
		{"several statements in a line", "config a n; option b 1; list c '2;3' ; list c 4 # end\n", `a/n{ b="1"@1 c+="2;3"@1 c+="4"@1 }@1`},
		{"nothing after ;", "config a n;\noption b c ; # d\noption e;", `a/n{ b="c"@2 e=""@3 }@1`},
		{"; in place of a value", "config a; option b; option c d\n", `a/{ b=""@1 c="d"@1 }@1`},
		{"empty words too many", "config a n ''\noption b c '' \"\" ; option d e\n", `a/n{ b="c"@2 d="e"@2 }@1`},
		{"empty option keeps the value before", "config a\noption b 1\noption b ''\n", `a/{ b="1"@2 }@1`},
		{"empty part", "config a\noption b ''c''\n", `a/{ b="c"@2 }@1`},
		{"first letters", "p x\nc a\no b 1\nl c 2\n", `a/{ b="1"@3 c+="2"@4 }@2`},
		{"package line", "package 'some-thing'\nconfig a\n", "a/{ }@2"},
		{"no end of line", "config a\noption b c", `a/{ b="c"@2 }@1`},
		{"backslash at the end", "config a\noption b c\\", `a/{ b="c"@2 }@1`},
		{"type with punctuation", "config a.b-c\n", "a.b-c/{ }@1"},
		{"any bytes in a value", "config a\noption b '\xff\x01ü'\n", `a/{ b="\xff\x01ü"@2 }@1`},
		{"vertical tab and form feed are spaces", "config a\n\v\foption b\vc\f\n", `a/{ b="c"@2 }@1`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParsePackage(strings.NewReader(tt.text), "f")
			got := "FAIL"
			if err == nil {
				got = compact(p)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestParsePackageErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no statement", "confg a\n", `f:1: "confg" is not a statement; a line starts with config, option, list or #`},
		{"quoted keyword", "'config' a\n", `f:1: "'config'" is not a statement; a line starts with config, option, list or #`},
		{"config without type", "\nconfig\n", `f:2: config has no type; write config TYPE or config TYPE 'NAME'`},
		{"type with space", "config 'a b'\n", `f:1: config has the impossible type "a b"; a type is up to 256 printable ASCII characters without spaces`},
		{"name with dash", "config a 'b-c'\n", `f:1: config a has the impossible name "b-c"; a name is up to 256 letters, digits and _`},
		{"option before config", "option a b\n", `f:1: an option stands before the first config line; start with a line like: config weir 'main'`},
		{"option without name", "config a\noption\n", `f:2: option has no name; write option NAME 'VALUE'`},
		{"option with bad name", "config a\noption b-c d\n", `f:2: option has the impossible name "b-c"; a name is up to 256 letters, digits and _`},
		{"word too many", "config a\noption b c d\n", `f:2: "d" is one word too many; quote a value that has spaces: 'like this'`},
		{"apostrophe unescaped", "config a\noption b 'it's'\n", `f:2: the ' that opens here is never closed; end the value with a second '`},
		{"open double quote", "config a\noption b \"c\n\n\n", `f:2: the " that opens here is never closed; end the value with a second "`},
		{"same name, other type", "config a n\nconfig b n\n", `f:2: config b 'n' has the name of config a in line 1; give one of them another name`},
		{"; alone", "config a\n; option b c\n", `f:2: ";" is not a statement; a line starts with config, option, list or #`},
		{"package with bad name", "package 'a b'\n", `f:1: package has the impossible name "a b"; a package name is up to 256 letters, digits, _ and -`},
		{"NUL", "config a\n#\x00\n", `f:2: there is a NUL byte; a UCI file is text; is this the right one?`},
		{"long junk is clipped", strings.Repeat("x", 100) + "\n", `f:1: "` + strings.Repeat("x", 60) + `"… is not a statement; a line starts with config, option, list or #`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParsePackage(strings.NewReader(tt.text), "f")
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, and %v", err, p)
			}
			if diff := cmp.Diff(tt.want, e.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	options := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "option o%d 1\n", i)
		}
		return b.String()
	}
	tests := []struct{ name, fits, exceeds, want string }{
		{"file", strings.Repeat("\n", MaxFile), strings.Repeat("\n", MaxFile+1), "larger than 1 MiB"},
		{"sections", strings.Repeat("c a\n", MaxSections), strings.Repeat("c a\n", MaxSections+1), "more than 4096 sections"},
		{"options", "c a\n" + options(MaxOptions), "c a\n" + options(MaxOptions+1), "more than 256 options"},
		{"value", "c a\no b " + strings.Repeat("x", MaxValue), "c a\no b " + strings.Repeat("x", MaxValue+1), "longer than 64 KiB"},
		{"type", "c " + strings.Repeat("x", MaxName), "c " + strings.Repeat("x", MaxName+1), "up to 256"},
		{"name", "c a " + strings.Repeat("x", MaxName), "c a " + strings.Repeat("x", MaxName+1), "up to 256"},
		{"option name", "c a\no " + strings.Repeat("x", MaxName), "c a\no " + strings.Repeat("x", MaxName+1), "up to 256"},
		{"quoted value", "c a\no b '" + strings.Repeat("x", MaxValue) + "'", "c a\no b \"" + strings.Repeat("x", MaxValue+1) + "\"", "longer than 64 KiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParsePackage(strings.NewReader(tt.fits), "f"); err != nil {
				t.Errorf("within the bound: %v", err)
			}
			_, err := ParsePackage(strings.NewReader(tt.exceeds), "f")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("beyond the bound: %v, want %q", err, tt.want)
			}
		})
	}
}

// endless never ends; the reader must not want to see all of it.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '\n'
	}
	return len(p), nil
}

func TestReaderIsBoundedAndItsErrorKept(t *testing.T) {
	if _, err := ParsePackage(endless{}, "f"); err == nil {
		t.Error("an endless file was read")
	}
	if _, err := ParsePackage(iotest.ErrReader(io.ErrClosedPipe), "f"); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("error %v", err)
	}
	if _, _, err := Parse(iotest.ErrReader(io.ErrClosedPipe), "f"); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("error %v", err)
	}
}

func TestAppendText(t *testing.T) {
	p := &Package{Sections: []Section{
		{Type: "a", Name: "n", Options: []Option{
			{Name: "o", Values: []Value{{Text: "it's"}}},
			{Name: "l", List: true, Values: []Value{{Text: "''"}, {Text: "two\nlines"}, {Text: ""}, {Text: `\"#;`}}},
		}},
		{Type: "b'c"},
	}}
	want := "config a 'n'\n\toption o 'it'\\''s'\n\tlist l ''\\'''\\'''\n\tlist l 'two\nlines'\n\tlist l ''\n\tlist l '\\\"#;'\n\nconfig 'b'\\''c'\n"
	if diff := cmp.Diff(want, string(p.AppendText(nil))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	roundTrip(t, p)
}

// roundTrip writes a package, reads it back, and compares all but lines.
func roundTrip(t *testing.T, p *Package) {
	t.Helper()
	text := p.AppendText(nil)
	again, err := ParsePackage(strings.NewReader(string(text)), p.Name)
	if err != nil {
		t.Fatalf("what was written is no UCI: %v\n%s", err, text)
	}
	withoutLines := cmp.FilterPath(func(path cmp.Path) bool { return path.Last().String() == ".Line" }, cmp.Ignore())
	if diff := cmp.Diff(p, again, withoutLines); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
}
