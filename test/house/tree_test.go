package house

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func read(t *testing.T, elem ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{root}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTopLevel(t *testing.T) {
	bad, err := CheckTopLevel(root)
	if err != nil {
		t.Fatal(err)
	}
	report(t, bad)
}

func TestStrayTopLevelIsNoticed(t *testing.T) {
	dir := write(t, map[string]string{"main.go": "package main", ".ci/run": "", "bin/weir": ""})
	for _, name := range TopLevel[1:] {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	bad, err := CheckTopLevel(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"main.go does not belong at the top level", TopLevel[0] + " is missing at the top level"}, bad); diff != "" {
		t.Errorf("complaints (-want +got):\n%s", diff)
	}
}

// TestMakeHelp runs make help and wants every target in it.
func TestMakeHelp(t *testing.T) {
	all, explained := Targets(read(t, "Makefile"))
	for _, name := range all {
		if !slices.Contains(explained, name) {
			t.Errorf("Makefile: target %s says not what it is for", name)
		}
	}
	for _, name := range strings.Fields("help build build-all test test-32 test-mips bench bench-peers size mem lint fuzz demo run clean") {
		if !slices.Contains(all, name) {
			t.Errorf("Makefile: no target %s", name)
		}
	}
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("SKIPPED: needs make")
	}
	out, err := exec.Command("make", "--no-print-directory", "-C", root, "help").CombinedOutput()
	if err != nil {
		t.Fatalf("make help: %v\n%s", err, out)
	}
	for _, name := range all {
		if !strings.Contains(string(out), "\n  "+name+" ") && !strings.HasPrefix(string(out), "  "+name+" ") {
			t.Errorf("make help does not list %s", name)
		}
	}
}

// TestReadmeCommands wants the two commands that matter to stand first, and
// every make command of the documentation to exist.
func TestReadmeCommands(t *testing.T) {
	all, _ := Targets(read(t, "Makefile"))
	commands := MakeCommands(read(t, "README.md"))
	if len(commands) < 2 || commands[0] != "make demo" || commands[1] != "make test" {
		t.Errorf("README.md begins with the commands %q, want make demo and make test", commands)
	}
	report(t, UnknownTargets(commands, all))
	docs, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(docs) == 0 {
		t.Fatalf("no docs: %v", err)
	}
	for _, d := range docs {
		report(t, UnknownTargets(MakeCommands(read(t, "docs", filepath.Base(d))), all))
	}
}

// TestCIRunsTheReadmesTests wants continuous integration to run what the README
// tells people to run.
func TestCIRunsTheReadmesTests(t *testing.T) {
	script := read(t, ".ci", "run")
	if !strings.HasPrefix(script, "#!/usr/bin/env bash\n") || !strings.Contains(script, "set -eu") {
		t.Error(".ci/run is not a strict bash script")
	}
	if !strings.Contains(script, "for stage in lint test;") || !strings.Contains(script, `make "$stage"`) {
		t.Error(".ci/run does not call make lint and make test")
	}
	if info, err := os.Stat(filepath.Join(root, ".ci", "run")); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf(".ci/run cannot be executed: %v", err)
	}
}

func TestMakeCommands(t *testing.T) {
	text := "Run `make magic`.\n```sh\nmake demo   # watch\n$ make run IFACE=eth0\n```\nText\n```\nmakes nothing\nmake gone\n```\n"
	got := MakeCommands(text)
	if diff := cmp.Diff([]string{"make demo", "make run IFACE=eth0", "make gone"}, got); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"make gone: there is no target gone"}, UnknownTargets(got, []string{"demo", "run"})); diff != "" {
		t.Errorf("complaints (-want +got):\n%s", diff)
	}
}

// TestLicences wants a permissive licence for every module that weir or its
// tests are built from.
func TestLicences(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("SKIPPED: needs the go command")
	}
	cmd := exec.Command("go", "list", "-deps", "-test", "-tags", "integration", "-f", "{{with .Module}}{{.Path}}{{end}}", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	modules = slices.DeleteFunc(slices.Compact(modules), func(m string) bool { return m == "weir" })
	if len(modules) < 3 {
		t.Fatalf("weir is built from %q alone?", modules)
	}
	cmd = exec.Command("go", append([]string{"list", "-m", "-json"}, modules...)...)
	cmd.Dir = root
	if out, err = cmd.Output(); err != nil {
		t.Fatalf("go list -m: %v", err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var m struct{ Path, Version, Dir string }
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		l, err := LicenceOf(m.Dir)
		if err != nil {
			t.Errorf("%s %s: %v", m.Path, m.Version, err)
		}
		t.Logf("%s %s: %s", m.Path, m.Version, l)
	}
}

func TestOwnLicence(t *testing.T) {
	if l, err := LicenceOf(root); err != nil || l != "MIT" {
		t.Errorf("weir's licence: %q, %v", l, err)
	}
}

func TestUnknownLicenceIsNoticed(t *testing.T) {
	for name, text := range map[string]string{"copyleft": "GNU GENERAL PUBLIC LICENSE Version 3", "none": ""} {
		dir := write(t, map[string]string{"LICENSE": text})
		if l, err := LicenceOf(dir); err == nil {
			t.Errorf("%s: accepted as %q", name, l)
		}
	}
	if _, err := LicenceOf(t.TempDir()); err == nil {
		t.Error("a module without a licence is accepted")
	}
}

// TestDocs wants docs/README.md to list every page, the links of all pages to
// lead somewhere, and the architecture to name every layer's packages.
func TestDocs(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no docs: %v", err)
	}
	index := Links(read(t, "docs", "README.md"))
	for _, p := range pages {
		name := filepath.Base(p)
		if name != "README.md" && !slices.Contains(index, name) {
			t.Errorf("docs/README.md does not list %s", name)
		}
		for _, l := range Links(read(t, "docs", name)) {
			if _, err := os.Stat(filepath.Join(root, "docs", l)); err != nil {
				t.Errorf("docs/%s links to %s: %v", name, l, err)
			}
		}
	}
	for _, l := range Links(read(t, "README.md")) {
		if _, err := os.Stat(filepath.Join(root, l)); err != nil {
			t.Errorf("README.md links to %s: %v", l, err)
		}
	}
	text := read(t, "docs", "architecture.md")
	for dir, layer := range Layers {
		if want := fmt.Sprintf("| %d | `%s` |", layer, dir); !strings.Contains(text, want) {
			t.Errorf("docs/architecture.md has no line %q", want)
		}
	}
}

func TestLinks(t *testing.T) {
	text := "[a](a.md) and [b](b.md#part), [out](https://example.net/c.md) `[no](code.md)` [here](#there)"
	if diff := cmp.Diff([]string{"a.md", "b.md", "code.md"}, Links(text)); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}
