//go:build integration

package offload

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program is the built weir.
var program string

// envWatch makes a process of the test binary print the names of servers that
// its frames tell; see watch.
const envWatch = "WEIR_TEST_WATCH"

func TestMain(m *testing.M) {
	if how := os.Getenv(envWatch); how != "" {
		if err := watch(how, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(buildAndRun(m))
}

// buildAndRun builds weir, or takes the one that is in the PATH of a guest, where
// there is no compiler.
func buildAndRun(m *testing.M) int {
	if os.Getenv("CI") == "guest" {
		var err error
		if program, err = exec.LookPath("weir"); err != nil {
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
	program = filepath.Join(dir, "weir")
	if out, err := exec.Command("go", "build", "-o", program, "weir/cmd/weir").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build weir: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}
