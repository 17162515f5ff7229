package uci

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse reads any bytes as a configuration. It must end without a panic
// within the bounds; a package that was read survives being written, and a
// configuration that was accepted is accepted again as it is printed.
func FuzzParse(f *testing.F) {
	f.Add([]byte(DefaultFile))
	f.Add([]byte(commented.ReplaceAllString(DefaultFile, "$1")))
	files, err := filepath.Glob("testdata/*/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(text)
		}
	}
	for _, tt := range oracleFails {
		f.Add([]byte(tt.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParsePackage(bytes.NewReader(text), "fuzz")
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Reason == "" || e.Line < 0 || e.Line > 1+bytes.Count(text, []byte("\n")) {
				t.Fatalf("error without a place: %#v", err)
			}
			return
		}
		if len(p.Sections) > 0 {
			roundTrip(t, p)
		}
		for _, read := range []func(*Package, *Router){readNetwork, readFirewall, readDHCP, readSystem} {
			var r Router
			read(p, &r)
			r.uplinks()
		}
		c, _, err := Parse(bytes.NewReader(text), "fuzz")
		if err != nil {
			if err.Error() == "" {
				t.Fatal("error without words")
			}
			return
		}
		printed := c.AppendUCI(nil)
		again, _, err := Parse(bytes.NewReader(printed), "printed")
		if err != nil {
			t.Fatalf("what was printed is refused: %v\n%s", err, printed)
		}
		if twice := again.AppendUCI(nil); !bytes.Equal(printed, twice) {
			t.Fatalf("printed, and printed again:\n%s\n%s", printed, twice)
		}
	})
}
