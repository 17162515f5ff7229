// Package program builds weir for tests that run the program itself.
package program

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Run builds weir, tells where by path, runs the tests and returns their exit
// code. It is for TestMain. In a guest of test/offload/guest there is no compiler:
// there the weir of the PATH is taken.
func Run(m *testing.M, path *string) int {
	if os.Getenv("CI") == "guest" {
		var err error
		if *path, err = exec.LookPath("weir"); err != nil {
			fmt.Fprintln(os.Stderr, "run guest with -add and the path of a built weir:", err)
			return 1
		}
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "weir")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	*path = filepath.Join(dir, "weir")
	if out, err := exec.Command("go", "build", "-o", *path, "weir/cmd/weir").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build weir: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}
