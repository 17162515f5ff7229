//go:build notls

package main

import (
	"strings"
	"testing"
)

// makesDatabases says whether weir geo build does.
const makesDatabases = false

func TestGeoBuildElsewhere(t *testing.T) {
	got := geoRun(t, exitFailed, "build", "country", "country.db", "list.tsv")
	if !strings.Contains(got, "run weir geo build on a computer") {
		t.Errorf("it says %q", got)
	}
}

func TestWithoutTLS(t *testing.T) {
	c, err := (&target{url: "https://192.0.2.1"}).client(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.call(t.Context(), "status", nil)
	if want := "reach https://192.0.2.1: this build has no TLS; use the full build, or the daemon's socket or plain HTTP"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
