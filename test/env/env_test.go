package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadCountsEvents(t *testing.T) {
	events := `{"Action":"start","Package":"weir/a"}
{"Action":"run","Package":"weir/a","Test":"TestGood"}
{"Action":"output","Package":"weir/a","Test":"TestGood","Output":"quiet\n"}
{"Action":"pass","Package":"weir/a","Test":"TestGood"}
{"Action":"output","Package":"weir/a","Test":"TestBad","Output":"    a_test.go:3: loud\n"}
{"Action":"fail","Package":"weir/a","Test":"TestBad"}
{"Action":"output","Package":"weir/a","Test":"TestAway","Output":"=== RUN   TestAway\n"}
{"Action":"output","Package":"weir/a","Test":"TestAway","Output":"    a_test.go:9: needs root\n"}
{"Action":"skip","Package":"weir/a","Test":"TestAway"}
{"Action":"output","Package":"weir/a","Test":"TestStuck","Output":"panic: out of time\n"}
{"Action":"fail","Package":"weir/a"}
{"Action":"build-output","ImportPath":"weir/b","Output":"b.go:1: syntax error\n"}
{"Action":"build-fail","ImportPath":"weir/b"}
{"Action":"skip","Package":"weir/c"}
`
	var r report
	var out strings.Builder
	if err := r.read(strings.NewReader(events), &out); err != nil {
		t.Fatal(err)
	}
	want := report{
		passed: 1, failed: 1, skipped: 1,
		skips:    []string{"weir/a TestAway: needs root"},
		failures: []string{"weir/a TestBad (a_test.go:3: loud)", "weir/a", "weir/b"},
		again:    []test{{"weir/a", "TestBad", "weir/a TestBad (a_test.go:3: loud)"}},
		broken:   true, // TestStuck never ended, and weir/b was not built
	}
	if diff := cmp.Diff(want, r, cmp.AllowUnexported(report{}, test{})); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if got := out.String(); !strings.Contains(got, "loud") || !strings.Contains(got, "syntax error") || !strings.Contains(got, "out of time") || strings.Contains(got, "quiet") {
		t.Errorf("printed %q", got)
	}
	if got, want := r.String(), "1 passed, 1 skipped, 1 FAILED"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if err := r.read(strings.NewReader("{"), &out); err == nil {
		t.Error("a broken line of events is no error")
	}
}

func TestReadIsLoud(t *testing.T) {
	events := `{"Action":"output","Package":"weir/a","Test":"TestGood","Output":"=== RUN   TestGood\n"}
{"Action":"output","Package":"weir/a","Test":"TestGood","Output":"    a_test.go:3: a table\n"}
{"Action":"output","Package":"weir/a","Test":"TestGood","Output":"    --- PASS: TestGood/part (1.00s)\n"}
{"Action":"pass","Package":"weir/a","Test":"TestGood"}
{"Action":"pass","Package":"weir/a","Test":"TestSilent"}
`
	r := report{loud: true}
	var out strings.Builder
	if err := r.read(strings.NewReader(events), &out); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "    a_test.go:3: a table\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestFindsFuzzAndIntegrationTests(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a/a_test.go", "package a\n\nfunc FuzzOne(f *testing.F) {}\nfunc FuzzTwo(f *testing.F) {}\n")
	write("a/testdata/b_test.go", "package a\n\nfunc FuzzHidden(f *testing.F) {}\n")
	write("a/a.go", "package a\n\nfunc FuzzNoTest(f int) {}\n")
	write("b/c/live_test.go", "//go:build linux && integration\n\npackage c\n\nfunc TestX(t *testing.T) {}\n")
	write("b/plain_test.go", "package b\n\nfunc TestPlain(t *testing.T) {}\n\n//go:build integration\n")

	targets, err := fuzzTargets(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]target{{"./a", "FuzzOne"}, {"./a", "FuzzTwo"}}, targets, cmp.AllowUnexported(target{})); diff != "" {
		t.Errorf("fuzz targets (-want +got):\n%s", diff)
	}
	dirs, tests, err := integrationTests(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"TestX"}, tests); diff != "" {
		t.Errorf("integration tests (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"./b/c"}, dirs); diff != "" {
		t.Errorf("integration packages (-want +got):\n%s", diff)
	}
}

func TestAbsentTools(t *testing.T) {
	list := []tool{{[]string{"sh"}, "dash", "a shell"}, {[]string{"no-such-command-a", "no-such-command-b"}, "zebra", "nothing"}, {[]string{"no-such-command-c"}, "ant", "nothing"}, {[]string{"no-such-command-d"}, "ant", "nothing"}}
	if diff := cmp.Diff([]string{"ant", "zebra"}, packages(absent(list))); diff != "" {
		t.Errorf("packages to install (-want +got):\n%s", diff)
	}
}

// TestExceptionsExist keeps the lists of packages left out from outliving them.
func TestExceptionsExist(t *testing.T) {
	for _, list := range []map[string]string{aboutTheTree, notUnderQEMU} {
		for pkg, why := range list {
			dir := filepath.Join("..", "..", strings.TrimPrefix(pkg, "weir/"))
			if _, err := os.Stat(dir); err != nil || why == "" {
				t.Errorf("%s is left out (%q), but: %v", pkg, why, err)
			}
		}
	}
}

func TestUnknownStage(t *testing.T) {
	for _, args := range [][]string{nil, {"no-such-stage"}, {"fuzz", "soon"}} {
		if err := run(t.Context(), args); err == nil {
			t.Errorf("run(%q) succeeds", args)
		}
	}
}

// TestRunAgain runs a module of its own, with a test that fails the first time and
// one that always fails.
func TestRunAgain(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module weir\n\ngo 1.24\n")
	write("a_test.go", `package a

import (
	"os"
	"testing"
)

func TestGood(t *testing.T) {}

func TestOnce(t *testing.T) {
	if _, err := os.Stat("been"); err != nil {
		os.WriteFile("been", nil, 0o600)
		t.Fatal("busy")
	}
}

func TestBad(t *testing.T) {
	if os.Getenv("BAD") != "" {
		t.Fatal("bad")
	}
}

func TestPanic(t *testing.T) {
	if os.Getenv("PANIC") != "" {
		panic("dead")
	}
}
`)
	t.Chdir(dir)
	for _, tt := range []struct {
		name, env     string
		passed, flaky int
		failed        bool
	}{
		{"once", "X=", 4, 1, false},
		{"always", "BAD=1", 2, 1, true},
		{"panic", "PANIC=1", 2, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_ = os.Remove("been")
			var r report
			err := goTest(t.Context(), &r, []string{tt.env, "GOFLAGS=-mod=mod"}, "-vet=off", "./...")
			if (err != nil) != tt.failed || r.passed != tt.passed || len(r.flaky) != tt.flaky || r.failed > 0 != tt.failed {
				t.Errorf("%v: %+v", err, r)
			}
		})
	}
}
