//go:build integration

package counting

import (
	"os"
	"testing"

	prog "weir/test/program"
)

// program is the built weir.
var program string

func TestMain(m *testing.M) { os.Exit(prog.Run(m, &program)) }
