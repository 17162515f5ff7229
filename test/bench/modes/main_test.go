//go:build integration

package modes

import (
	"flag"
	"os"
	"testing"

	prog "weir/test/program"
)

// program is the built weir.
var program string

// rounds are how often each way of counting has its turn.
var rounds = flag.Int("rounds", 9, "rounds, in each of which all modes take turns")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(prog.Run(m, &program))
}
