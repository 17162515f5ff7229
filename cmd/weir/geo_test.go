package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weir/internal/geo"
)

// geoRun runs weir geo with arguments and returns what it printed.
func geoRun(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out strings.Builder
	con := &console{in: strings.NewReader(""), out: &out, err: &out, getenv: func(string) string { return "" }, unicode: true}
	if status := start(t.Context(), con, append([]string{"geo"}, args...)); status != want {
		t.Fatalf("weir geo %q: status %d, want %d\n%s", args, status, want, out.String())
	}
	return out.String()
}

// geoBuild makes a database of countries, also where weir geo build does not.
func geoBuild(t *testing.T, path, source string) {
	t.Helper()
	b := geo.NewBuilder(geo.Country)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	err = b.AddFile(source)
	if err == nil {
		_, err = b.WriteTo(f)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestGeoUpdate makes databases, serves newer ones and has them fetched.
func TestGeoUpdate(t *testing.T) {
	here, there := t.TempDir(), t.TempDir()
	write := func(dir, name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	source := write(here, "source.csv", "8.8.8.0,8.8.8.255,US\n")
	newer := write(here, "newer.csv", "8.8.8.0,8.8.8.255,CA\n")
	db, served := filepath.Join(here, "country.db"), filepath.Join(there, "country.db")
	geoBuild(t, db, source)
	geoBuild(t, served, newer)
	data, err := os.ReadFile(served)
	if err != nil {
		t.Fatal(err)
	}
	write(there, "SHA256SUMS", fmt.Sprintf("%x  country.db\n", sha256.Sum256(data)))
	server := httptest.NewServer(http.FileServer(http.Dir(there)))
	defer server.Close()
	config := write(here, "config", fmt.Sprintf("config geo 'geo'\n\toption country '%s'\n\toption update_url '%s/'\n", db, server.URL))

	lookup := func(want string) {
		t.Helper()
		if got := geoRun(t, exitDone, "lookup", "--config", config, "8.8.8.8"); got != "8.8.8.8  "+want+"\n" {
			t.Errorf("lookup: %q, want %s", got, want)
		}
	}
	lookup("US")
	if got := geoRun(t, exitDone, "update", "--config", config); got != db+" updated\n" {
		t.Errorf("update: %q", got)
	}
	lookup("CA")
	if got := geoRun(t, exitDone, "update", "--config", config, there); got != "all databases are up to date\n" {
		t.Errorf("update: %q", got)
	}
	write(there, "country.db", "damaged")
	write(there, "SHA256SUMS", strings.Repeat("0", 64)+"  country.db\n")
	write(here, "country.db", "lost")
	server.Close()
	if got := geoRun(t, exitFailed, "update", "--config", config, filepath.Join(there, "gone")); !strings.Contains(got, "no such file") {
		t.Errorf("update: %q", got)
	}
}
