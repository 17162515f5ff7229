package apps

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the folder packed and docs/applications.md anew")

// TestPacked compiles the table and finds that it is what the folder packed holds.
func TestPacked(t *testing.T) {
	all, err := readTable("table")
	if err != nil {
		t.Fatal(err)
	}
	packed, err := compile(all)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range packed {
		path := filepath.Join("packed", name)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is not what the table says; run: go generate ./internal/apps", path)
		}
	}
}
