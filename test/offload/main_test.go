//go:build integration

package offload

import (
	"fmt"
	"os"
	"testing"

	prog "weir/test/program"
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
	os.Exit(prog.Run(m, &program))
}
