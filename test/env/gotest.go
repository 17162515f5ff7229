package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// report counts what ran.
type report struct {
	passed, failed, skipped int
	targets                 int      // fuzz targets
	loud                    bool     // what passing tests log is printed, too
	skips                   []string // skipped tests with their reason
	failures                []string
	again                   []test   // top-level tests that failed
	broken                  bool     // something failed that was no test, or it panicked
	flaky                   []string // failed, and passed when run again, alone
}

// test is a top-level test that failed.
type test struct {
	pkg, name string
	failure   string // as among the failures of the report
}

func (r report) String() string {
	s := fmt.Sprintf("%d passed", r.passed)
	if r.targets > 0 && r.passed == 0 {
		s = fmt.Sprintf("%d fuzz targets", r.targets)
	} else if r.targets > 0 {
		s += fmt.Sprintf(", %d fuzz targets", r.targets)
	}
	if r.skipped > 0 {
		s += fmt.Sprintf(", %d skipped", r.skipped)
	}
	if len(r.flaky) > 0 {
		s += fmt.Sprintf(", %d only when run again", len(r.flaky))
	}
	if r.failed > 0 {
		s += fmt.Sprintf(", %d FAILED", r.failed)
	}
	return s
}

func (r *report) add(o report) {
	r.passed += o.passed
	r.failed += o.failed
	r.skipped += o.skipped
	r.targets += o.targets
	r.flaky = append(r.flaky, o.flaky...)
}

// mostAgain is how many failed tests are run again. More are no accident.
const mostAgain = 3

// goTest runs go test with args and env beside the process's own, prints what
// failed, and counts the rest. The last of args are packages, each beginning with
// "./" or "weir/".
//
// A few tests that failed beside others are run again, alone: those that pass then
// are no failure, for machines are busy, but are told in the summary, by name and
// with what they said.
func goTest(ctx context.Context, all *report, env []string, args ...string) error {
	r := report{loud: all.loud}
	err := goTestOnce(ctx, &r, env, args...)
	if n := len(r.again); err != nil && !r.broken && n > 0 && n <= mostAgain {
		err = r.tryAgain(ctx, env, slices.DeleteFunc(slices.Clone(args), isPackage))
	}
	all.add(r)
	all.skips = append(all.skips, r.skips...)
	return err
}

// tryAgain runs the tests that failed once more, one by one.
func (r *report) tryAgain(ctx context.Context, env, flags []string) error {
	var errs []error
	for _, t := range r.again {
		fmt.Printf("   %s %s failed and is run again, alone\n", t.pkg, t.name)
		var second report
		if err := goTestOnce(ctx, &second, env, append(flags, "-count=1", "-run=^"+t.name+"$", t.pkg)...); err != nil {
			errs = append(errs, err)
			continue
		}
		r.flaky = append(r.flaky, t.failure)
	}
	if len(errs) == 0 {
		r.passed, r.failed = r.passed+r.failed, 0
	}
	return errors.Join(errs...)
}

// isPackage tells packages from flags among the arguments of go test.
func isPackage(arg string) bool {
	return strings.HasPrefix(arg, "./") || strings.HasPrefix(arg, "weir/")
}

// goTestOnce is goTest without a second try.
func goTestOnce(ctx context.Context, r *report, env []string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	readErr := r.read(out, os.Stdout)
	err = cmd.Wait()
	if readErr != nil {
		return readErr
	}
	if err != nil && len(r.failures) > 0 {
		return errors.New(strings.Join(r.failures, ", "))
	}
	return err // a failure without a failed test: go test itself
}

// event is one line of go test -json (go doc test2json).
type event struct {
	Action, Package, ImportPath, Test, Output string
}

// read takes in the events of go test -json and writes to w what failing tests
// and packages printed.
func (r *report) read(events io.Reader, w io.Writer) error {
	output := map[string]*strings.Builder{}
	dec := json.NewDecoder(bufio.NewReader(events))
	for {
		var e event
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read go test -json: %w", err)
		}
		key := e.Package + e.ImportPath + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			if output[key] == nil {
				output[key] = &strings.Builder{}
			}
			output[key].WriteString(e.Output)
		case "build-fail", "fail":
			if e.Test != "" {
				r.failed++
			}
			if !strings.Contains(e.Test, "/") { // their parent fails too
				said := strings.TrimSpace(key + firstError(output[key]))
				r.failures = append(r.failures, said)
				if e.Test != "" {
					r.again = append(r.again, test{e.Package, e.Test, said})
				}
			}
			if b := output[key]; e.Action == "build-fail" || b != nil && strings.Contains(b.String(), "panic: ") {
				r.broken = true
			}
			if e.Test == "" && writeUnfinished(w, output, e.Package+" ") > 0 {
				r.broken = true
			}
			if b := output[key]; b != nil {
				io.WriteString(w, b.String())
			}
			delete(output, key)
		case "skip":
			if e.Test != "" {
				r.skipped++
				r.skips = append(r.skips, e.Package+" "+e.Test+": "+reason(output[key]))
			}
			delete(output, key)
		case "pass":
			if e.Test != "" {
				r.passed++
			}
			if r.loud {
				writeLogged(w, output[key])
			}
			delete(output, key)
		}
	}
}

// located matches the line in which a test says what is wrong.
var located = regexp.MustCompile(`(?m)^ +\S+_test\.go:\d+: .*$`)

// firstError returns the first line of what a failing test said, for the summary:
// of a long output only the end may be seen.
func firstError(output *strings.Builder) string {
	if output == nil {
		return ""
	}
	if line := strings.TrimSpace(located.FindString(output.String())); line != "" {
		return " (" + line + ")"
	}
	return ""
}

// writeUnfinished writes what tests said that neither passed nor failed, as when
// one of them panicked or ran out of time, and returns how many. Their keys begin
// with prefix.
func writeUnfinished(w io.Writer, output map[string]*strings.Builder, prefix string) (n int) {
	for _, key := range slices.Sorted(maps.Keys(output)) {
		if strings.HasPrefix(key, prefix) && key != prefix {
			io.WriteString(w, output[key].String())
			delete(output, key)
			n++
		}
	}
	return n
}

// writeLogged writes what a test logged, without the frame around it.
func writeLogged(w io.Writer, b *strings.Builder) {
	if b == nil {
		return
	}
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, " ") && !strings.HasPrefix(strings.TrimSpace(line), "---") {
			io.WriteString(w, line)
		}
	}
}

// reason returns what a skipped test said, without the frame around it.
func reason(b *strings.Builder) string {
	if b == nil {
		return "says not why"
	}
	for line := range strings.Lines(b.String()) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "===") || strings.HasPrefix(line, "---") {
			continue
		}
		if _, said, ok := strings.Cut(line, ".go:"); ok {
			if _, text, ok := strings.Cut(said, ": "); ok {
				return text
			}
		}
		return line
	}
	return "says not why"
}
