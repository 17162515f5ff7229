package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// stage is one way of running tests.
type stage struct {
	name    string
	about   string
	missing func() string // why it cannot run here, or ""
	run     func(context.Context, *report) error
}

// board is the stage that runs only when it is named: an emulated board takes
// minutes of a machine that has nothing else to do.
const board = "board"

// stages are all of them, in the order in which `make test` runs them.
var stages = []stage{
	{"native", "every package on this machine", never, func(ctx context.Context, r *report) error {
		return goTest(ctx, r, nil, "./...")
	}},
	{"386", "every package as a 32-bit program, built as for routers", not386, func(ctx context.Context, r *report) error {
		return goTestPackages(ctx, r, []string{"GOARCH=386"}, []string{"-vet=off", "-tags=notls"}, aboutTheTree)
	}},
	{"mips", "as a big-endian 32-bit program under qemu-user", noQEMU, func(ctx context.Context, r *report) error {
		fmt.Printf("   without %s: they start the program anew, measure memory or take too long\n", strings.Join(testsNotUnderQEMU, ", "))
		return goTestPackages(ctx, r, []string{"GOARCH=mips", "GOMIPS=softfloat"}, []string{
			"-vet=off", "-tags=notls", "-short", "-timeout=4m", "-skip=^(" + strings.Join(testsNotUnderQEMU, "|") + ")$", "-exec=" + tool{commands: qemuCommands}.path(),
		}, notUnderQEMU)
	}},
	{"integration", "real kernels: namespaces, devices, sockets", noNamespaces, func(ctx context.Context, r *report) error {
		dirs, names, err := integrationTests(".")
		if err != nil {
			return err
		}
		// The other tests of these packages ran natively. Most of the time is waited for
		// packets, in namespaces of each test's own; but where none may be dropped at full
		// speed the machine is needed for that alone.
		const alone = "./test/daemon"
		args := []string{"-tags", "integration", "-count=1", "-run=^(" + strings.Join(names, "|") + ")$"}
		others := slices.DeleteFunc(dirs, func(dir string) bool { return dir == alone })
		first := goTest(ctx, r, nil, slices.Concat(args, []string{"-p=2"}, others)...)
		return errors.Join(first, goTest(ctx, r, nil, append(args, alone)...))
	}},
	{"ui", "the pages in a browser, with a real daemon", noBrowser, func(ctx context.Context, r *report) error {
		r.loud = true
		return goTest(ctx, r, nil, "-tags=ui", "-count=1", "-timeout=10m", "./test/ui")
	}},
	{"offload", "a router with a flowtable, in a machine that has one", noMachine("qemu-system-x86"), runInMachine},
	{board, "the weir of routers on a MIPS board of 128 MiB", noMachine("qemu-system-mips"), runOnBoard},
	{"fuzz", "each fuzz target for three seconds", never, func(ctx context.Context, r *report) error {
		return fuzz(ctx, 3*time.Second, r)
	}},
}

// aboutTheTree are packages that judge or measure the tree itself: once is enough.
var aboutTheTree = map[string]string{
	"weir/feeds/build": "makes packages where weir is built",
	"weir/test/house":  "judges the source, not the program",
	"weir/test/env":    "runs the tests",
	"weir/test/score":  "builds the program for this machine and judges it",
	"weir/test/ui":     "weighs the pages",
}

// notUnderQEMU are the packages that do not run under user-mode emulation.
var notUnderQEMU = map[string]string{
	"weir/feeds/build":              "makes packages where weir is built",
	"weir/test/house":               "judges the source, not the program",
	"weir/test/env":                 "runs the tests",
	"weir/test/score":               "builds the program for this machine and judges it",
	"weir/test/ui":                  "weighs the pages",
	"weir/cmd/weir":                 "its tests start the program, which needs the emulator once more",
	"weir/internal/source/afpacket": "packet sockets are not emulated",
	"weir/internal/link":            "netlink is emulated in part only",
}

// testsNotUnderQEMU are single tests that do not run there: those that start the
// program they are part of, one that would measure the emulator's memory, and one
// that takes a minute there.
var testsNotUnderQEMU = []string{"TestExamples", "TestKilledWriter", "TestFileSizeLimit", "TestMemoryDoesNotGrow", "TestPruneBySize"}

func never() string { return "" }

func not386() string {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return "needs linux/amd64, this is " + runtime.GOOS + "/" + runtime.GOARCH
	}
	return ""
}

func noQEMU() string {
	if (tool{commands: qemuCommands}).path() == "" {
		return "needs qemu-user-static"
	}
	return ""
}

func noNamespaces() string {
	if os.Geteuid() != 0 {
		return "needs root"
	}
	for _, t := range absent(tools) {
		if t.use == "namespace tests" {
			return "needs " + t.pkg
		}
	}
	if out, err := exec.Command("unshare", "--net", "true").CombinedOutput(); err != nil {
		return "may not make network namespaces: " + strings.TrimSpace(string(out))
	}
	return ""
}

// noBrowser says why the pages cannot be tried.
func noBrowser() string {
	for _, t := range absent(tools) {
		if t.use == browserTests {
			return "needs " + t.pkg
		}
	}
	return ""
}

func stageNames() []string {
	var names []string
	for _, s := range stages {
		names = append(names, s.name)
	}
	return names
}

func findStage(name string) (stage, bool) {
	i := slices.IndexFunc(stages, func(s stage) bool { return s.name == name })
	if i < 0 {
		return stage{}, false
	}
	return stages[i], true
}

// goTestPackages tests every package of the module except those in leave,
// which it prints with the reason.
func goTestPackages(ctx context.Context, r *report, env, args []string, leave map[string]string) error {
	out, err := exec.CommandContext(ctx, "go", "list", "./...").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	for pkg := range strings.FieldsSeq(string(out)) {
		if why := leave[pkg]; why != "" {
			fmt.Printf("   without %s: %s\n", pkg, why)
			continue
		}
		args = append(args, pkg)
	}
	return goTest(ctx, r, env, args...)
}

// walkTests calls f with the path of every test file below root.
func walkTests(root string, f func(file string) error) error {
	return filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(p, "_test.go"):
			return f(p)
		}
		return nil
	})
}

// integrationTests returns the packages below root that have files with the build
// tag "integration", as arguments of go test, and the tests in these files.
func integrationTests(root string) (dirs, names []string, err error) {
	err = walkTests(root, func(file string) error {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		clause := packageClause.FindIndex(b)
		if clause == nil || !integrationTag.Match(b[:clause[0]]) {
			return nil
		}
		dirs = append(dirs, dirArg(root, file))
		for _, m := range testFunc.FindAllSubmatch(b, -1) {
			names = append(names, string(m[1]))
		}
		return nil
	})
	slices.Sort(dirs)
	slices.Sort(names)
	return slices.Compact(dirs), slices.Compact(names), err
}

var (
	packageClause  = regexp.MustCompile(`(?m)^package `)
	integrationTag = regexp.MustCompile(`(?m)^//go:build .*integration`)
	testFunc       = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

func dirArg(root, file string) string {
	rel, err := filepath.Rel(root, filepath.Dir(file))
	if err != nil {
		rel = filepath.Dir(file)
	}
	return "./" + path.Clean(filepath.ToSlash(rel))
}

// target is one fuzz function.
type target struct{ dir, name string }

var fuzzFunc = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

// fuzzTargets returns all fuzz functions below root.
func fuzzTargets(root string) ([]target, error) {
	var found []target
	err := walkTests(root, func(file string) error {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, m := range fuzzFunc.FindAllSubmatch(b, -1) {
			found = append(found, target{dirArg(root, file), string(m[1])})
		}
		return nil
	})
	return found, err
}

// fuzz runs the target for d and returns what was printed.
func (t target) fuzz(ctx context.Context, d time.Duration) ([]byte, error) {
	return exec.CommandContext(ctx, "go", "test", "-vet=off", "-run=^$", "-fuzz=^"+t.name+"$",
		"-fuzztime="+d.String(), "-parallel=1", t.dir).CombinedOutput()
}

// timeIsUp reports whether Go's fuzzer failed over its own deadline, as it does
// now and then on a busy machine when the time is up, and found nothing.
func timeIsUp(out []byte) bool {
	return bytes.Contains(out, []byte("context deadline exceeded")) && !bytes.Contains(out, []byte("Failing input"))
}

// fuzz runs each target for d, one target on each processor at a time, the
// others too when one finds something.
func fuzz(ctx context.Context, d time.Duration, r *report) error {
	targets, err := fuzzTargets(".")
	if err != nil {
		return err
	}
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex // guards found and r
		found []error
		free  = make(chan struct{}, runtime.NumCPU())
	)
	for _, t := range targets {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			if ctx.Err() != nil {
				return
			}
			out, err := t.fuzz(ctx, d)
			if err != nil && timeIsUp(out) {
				out, err = t.fuzz(ctx, d)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				r.failed++
				found = append(found, fmt.Errorf("%s in %s: %w\n%s", t.name, t.dir, err, out))
				return
			}
			r.targets++
			if d > 10*time.Second {
				fmt.Printf("   %s in %s: nothing found in %v\n", t.name, t.dir, d)
			}
		})
	}
	wg.Wait()
	return errors.Join(append(found, context.Cause(ctx))...)
}
