package house

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Limits on the length of what one has to read in one piece.
const (
	maxFileLines     = 500
	maxFunctionLines = 60
)

// longReason finds in a doc comment why a function may be long: it is one
// switch, table, state machine or codec that would not be clearer in pieces.
var longReason = regexp.MustCompile(`(?i)\b(switch|table|state machine|codec|in one piece)\b`)

// CheckStyle returns what breaks the rules on single files: package comments,
// lengths, init functions, and marks of unfinished work.
func CheckStyle(m *Module) []string {
	var bad []string
	for _, p := range m.Packages {
		bad = append(bad, checkComment(p)...)
		for _, f := range slices.Concat(p.Files, p.Tests) {
			if f.Lines > maxFileLines {
				bad = append(bad, fmt.Sprintf("%s has %d lines, at most %d", f.Name, f.Lines, maxFileLines))
			}
			for _, d := range f.AST.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					bad = append(bad, checkFunction(f, fn)...)
				}
			}
			bad = append(bad, unfinished(f)...)
		}
	}
	return bad
}

// checkComment wants one package comment that begins as godoc has it.
func checkComment(p *Package) []string {
	if len(p.Files) == 0 {
		return nil
	}
	name := p.Files[0].AST.Name.Name
	want := "Package " + name + " "
	if name == "main" {
		want = "Command " + path.Base(p.Dir) + " "
	}
	if !strings.HasPrefix(p.Doc, want) {
		return []string{fmt.Sprintf("%s has no package comment that begins with %q", p.Dir, strings.TrimSpace(want))}
	}
	return nil
}

func checkFunction(f *File, fn *ast.FuncDecl) []string {
	var bad []string
	if fn.Name.Name == "init" && fn.Recv == nil {
		bad = append(bad, f.where(fn)+": init function; let a constructor or a table do it")
	}
	test := strings.HasSuffix(f.Name, "_test.go") // tests hold tables of cases
	if n := f.lines(fn); n > maxFunctionLines && !test && !longReason.MatchString(fn.Doc.Text()) {
		bad = append(bad, fmt.Sprintf("%s: %s has %d lines, at most %d unless its comment says why", f.where(fn), fn.Name.Name, n, maxFunctionLines))
	}
	return bad
}

var unfinishedMark = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)

func unfinished(f *File) []string {
	var bad []string
	for _, group := range f.AST.Comments {
		for _, c := range group.List {
			if m := unfinishedMark.FindString(c.Text); m != "" {
				bad = append(bad, fmt.Sprintf("%s: %s", f.where(c), m))
			}
		}
	}
	return bad
}
