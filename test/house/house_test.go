package house

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

func load(t *testing.T, dir string) *Module {
	t.Helper()
	m, err := Load(dir, "weir")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func report(t *testing.T, bad []string) {
	t.Helper()
	for _, b := range bad {
		t.Error(b)
	}
}

func TestLayers(t *testing.T) {
	m := load(t, root)
	if len(m.Packages) < len(Layers) {
		t.Fatalf("%d packages found, want at least %d", len(m.Packages), len(Layers))
	}
	report(t, CheckLayers(m, Layers))
}

// TestRouterBuild keeps out of the router's binary what would not fit: what only
// a package's own imports show is not enough, since dependencies import, too.
func TestRouterBuild(t *testing.T) {
	list := func(tags string) string {
		t.Helper()
		cmd := exec.Command("go", "list", "-deps", "-tags", tags, "./cmd/weir")
		cmd.Dir = root
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		return "\n" + string(out)
	}
	router, full := list("notls"), list("")
	for _, pkg := range []string{"net/http", "crypto/tls", "crypto/x509", "encoding/json", "log/slog"} {
		if strings.Contains(router, "\n"+pkg+"\n") {
			t.Errorf("the router's build links %s", pkg)
		}
	}
	if !strings.Contains(full, "\ncrypto/tls\n") || strings.Contains(full, "\nnet/http\n") {
		t.Error("the full build has TLS and no net/http")
	}
}

func TestStyle(t *testing.T) { report(t, CheckStyle(load(t, root))) }

// write makes a tree of files in a temporary folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// source returns a package with imports.
func source(name string, imports ...string) string {
	s := "// Package " + name + " is here.\npackage " + name + "\n"
	for _, i := range imports {
		s += "\nimport _ \"" + i + "\"\n"
	}
	return s
}

// TestBrokenLayersAreNoticed feeds the checker trees that each break one rule.
func TestBrokenLayersAreNoticed(t *testing.T) {
	layers := map[string]int{"internal/low": 0, "internal/mid": 1, "internal/side": 1, "internal/high": 2}
	sound := map[string]string{
		"internal/low/a.go":  source("low", "fmt"),
		"internal/mid/a.go":  source("mid", "weir/internal/low"),
		"internal/side/a.go": source("side"),
		"internal/high/a.go": source("high", "weir/internal/mid", "weir/internal/low"),
		"test/rig/a.go":      source("rig", "weir/internal/high", "net/http", "github.com/google/gopacket"),
	}
	tests := []struct {
		name, file, text string
		want             []string
	}{
		{"sound", "internal/low/b.go", source("low"), nil},
		{"upward", "internal/low/b.go", source("low", "weir/internal/mid"), []string{"internal/low imports weir/internal/mid: it is in layer 1, above layer 0"}},
		{"sideways", "internal/mid/b.go", source("mid", "weir/internal/side"), []string{"internal/mid imports weir/internal/side: members of one layer do not import each other"}},
		{"only on another system", "internal/mid/b_windows.go", source("mid", "weir/internal/high"), []string{"internal/mid imports weir/internal/high: it is in layer 2, above layer 1"}},
		{"behind a build tag", "internal/mid/b.go", "//go:build never\n\n" + source("mid", "weir/internal/high"), []string{"internal/mid imports weir/internal/high: it is in layer 2, above layer 1"}},
		{"no layer", "internal/stray/a.go", source("stray"), []string{"internal/stray is in no layer: add it to the table of layers and to docs/architecture.md"}},
		{"database", "internal/mid/b.go", source("mid", "go.etcd.io/bbolt"), []string{"internal/mid imports go.etcd.io/bbolt: the store's format is the store's secret"}},
		{"HTTP", "internal/mid/b.go", source("mid", "net/http/httputil"), []string{"internal/mid imports net/http/httputil: it links all of TLS, see docs/decisions.md; httpapi has a server of its own"}},
		{"system calls", "internal/mid/b.go", source("mid", "golang.org/x/sys/unix"), []string{"internal/mid imports golang.org/x/sys/unix: the system is touched at the edges; cmd asks for the terminal's size"}},
		{"system call", "internal/mid/b.go", source("mid", "syscall") + "\nvar _ = syscall.Umask\n", []string{"internal/mid/b.go:6 uses syscall.Umask: the system is touched at the edges"}},
		{"signal", "internal/mid/b.go", source("mid", "syscall") + "\nvar _ = syscall.SIGHUP\n", nil},
		{"oracle", "internal/mid/b.go", source("mid", "github.com/google/gopacket/layers"), []string{"internal/mid imports github.com/google/gopacket/layers: it is the oracle of tests; its tables cost 4.7 MB on a 32-bit router"}},
		{"oracle in a test", "internal/mid/b_test.go", source("mid", "github.com/google/gopacket"), nil},
		{"test code", "internal/high/b.go", source("high", "weir/test/rig"), []string{"internal/high imports weir/test/rig: only tests import what is there for tests"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{tt.file: tt.text}
			for name, text := range sound {
				files[name] = text
			}
			got := CheckLayers(load(t, write(t, files)), layers)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("complaints (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMissingPackageIsNoticed(t *testing.T) {
	dir := write(t, map[string]string{"internal/low/a.go": source("low")})
	got := CheckLayers(load(t, dir), map[string]int{"internal/low": 0, "internal/gone": 1})
	if diff := cmp.Diff([]string{"internal/gone is in the table of layers but has no Go files"}, got); diff != "" {
		t.Errorf("complaints (-want +got):\n%s", diff)
	}
}

// TestRealTreeWithOneImportMore lays weir's own packages out again, with one
// forbidden import added, and wants exactly that import named.
func TestRealTreeWithOneImportMore(t *testing.T) {
	files := map[string]string{"internal/packet/broken.go": source("packet", "weir/internal/engine")}
	for _, p := range load(t, root).Packages {
		for _, f := range p.Files {
			b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.Name)))
			if err != nil {
				t.Fatal(err)
			}
			files[f.Name] = string(b)
		}
	}
	before := CheckLayers(load(t, root), Layers)
	after := CheckLayers(load(t, write(t, files)), Layers)
	got := slices.DeleteFunc(after, func(s string) bool { return slices.Contains(before, s) })
	if len(got) != 1 || !strings.HasPrefix(got[0], "internal/packet imports weir/internal/engine:") {
		t.Errorf("complaints about one forbidden import: %q", got)
	}
}

func TestBrokenStyleIsNoticed(t *testing.T) {
	long := "{\n" + strings.Repeat("\tprintln()\n", 70) + "}\n"
	tests := []struct {
		name, file, text string
		want             string // part of the only complaint, or "" for none
	}{
		{"sound", "a/a.go", source("a"), ""},
		{"no comment", "a/a.go", "package a\n", `a has no package comment that begins with "Package a"`},
		{"command", "cmd/x/main.go", "// Command x works.\npackage main\n", ""},
		{"command without comment", "cmd/x/main.go", "package main\n", `"Command x"`},
		{"long file", "a/a.go", source("a") + strings.Repeat("\n// line\n", 300), "a/a.go has 60"},
		{"long function", "a/a.go", source("a") + "\nfunc f() " + long, "a/a.go:4: f has 72 lines"},
		{"long switch", "a/a.go", source("a") + "\n// f is one switch over all types.\nfunc f() " + long, ""},
		{"long test", "a/a_test.go", source("a") + "\nfunc f() " + long, ""},
		{"init", "a/a.go", source("a") + "\nfunc init() {}\n", "a/a.go:4: init function"},
		{"init method", "a/a.go", source("a") + "\ntype t int\n\nfunc (t) init() {}\n", ""},
		{"unfinished", "a/a.go", source("a") + "\n// " + "TO" + "DO: later.\nvar _ int\n", "a/a.go:4: " + "TO" + "DO"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := CheckStyle(load(t, write(t, map[string]string{tt.file: tt.text})))
			switch {
			case tt.want == "" && len(got) > 0:
				t.Errorf("complaints about sound code: %q", got)
			case tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)):
				t.Errorf("complaints %q, want %q", got, tt.want)
			}
		})
	}
}

func TestUnreadableTreeIsAnError(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "gone"), "weir"); err == nil {
		t.Error("a missing folder is no error")
	}
	if _, err := Load(write(t, map[string]string{"a/a.go": "packag a"}), "weir"); err == nil {
		t.Error("a file that does not parse is no error")
	}
}
