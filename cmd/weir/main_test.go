package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the golden parts of the scripts and docs/cli.md anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"weir":        main,
		"makecapture": makeCapture,
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("LANG", "C.UTF-8")
			e.Setenv("TERM", "xterm")
			return nil
		},
	})
}

// TestEveryCommandIsExplained checks that each command has all of its help, and
// that the help stays within a terminal's width.
func TestEveryCommandIsExplained(t *testing.T) {
	for _, c := range commands() {
		if c.short == "" || strings.TrimSpace(c.long) == "" {
			t.Errorf("%s: not explained", c.name)
		}
		for _, l := range strings.Split(c.manual(), "\n") {
			if len(l) > 100 || !isPlain(l) {
				t.Errorf("%s: line of %d bytes, or not ASCII: %q", c.name, len(l), l)
			}
		}
	}
	for _, l := range strings.Split(overview(), "\n") {
		if len(l) > 80 {
			t.Errorf("overview: line of %d bytes: %q", len(l), l)
		}
	}
}

const cliDocs = "../../docs/cli.md"

// TestDocs keeps docs/cli.md in step with the commands' own help.
func TestDocs(t *testing.T) {
	want := markdown()
	if *update {
		if err := os.WriteFile(cliDocs, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(cliDocs)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/cli.md is out of date: run go test ./cmd/weir -run TestDocs -update")
	}
}

// markdown is docs/cli.md.
func markdown() string {
	var b strings.Builder
	b.WriteString("# Command line\n\nThis page is made from the help of the commands: `go test ./cmd/weir -run TestDocs -update`.\n\n")
	b.WriteString("```\n" + overview() + "```\n\n")
	b.WriteString("Options may stand before and after arguments; `--` ends them. A mistake in the command line is one line on\n" +
		"standard error that names what is wrong and what is near it, and exit status 2; a failure at run time is one line\n" +
		"that begins with the command, and exit status 1. `weir COMMAND -h` is the same as `weir help COMMAND`.\n")
	for _, c := range commands() {
		b.WriteString("\n## weir " + c.name + "\n\n```\n" + c.manual() + "```\n")
	}
	return b.String()
}
