// Package corpus finds the captures that the tests judge weir by. They lie
// beside the checkout, in ../shared/corpus, or where WEIR_CORPUS says, and are
// not part of the project: a test that needs them skips aloud when they are
// missing, except where CI is set.
package corpus

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Path returns the path of a file or folder of the corpus, such as
// Path(tb, "formats"). When it is missing it skips the test, or fails it when
// the environment variable CI is set.
func Path(tb testing.TB, elem ...string) string {
	tb.Helper()
	p := filepath.Join(append([]string{root()}, elem...)...)
	if _, err := os.Stat(p); err != nil {
		if os.Getenv("CI") != "" {
			tb.Fatalf("corpus: %v; in CI the captures must be there", err)
		}
		tb.Skipf("SKIPPED: needs the captures: %v (set WEIR_CORPUS)", err)
	}
	return p
}

// Files returns the paths of all files in a folder of the corpus whose names
// match pattern (as filepath.Match has it).
func Files(tb testing.TB, dir, pattern string) []string {
	tb.Helper()
	m, err := filepath.Glob(filepath.Join(Path(tb, dir), pattern))
	if err != nil {
		tb.Fatal(err)
	}
	if len(m) == 0 {
		tb.Fatalf("corpus: no %s in %s", pattern, dir)
	}
	return m
}

func root() string {
	if d := os.Getenv("WEIR_CORPUS"); d != "" {
		return d
	}
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "shared", "corpus")
}
