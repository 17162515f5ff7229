package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/geo"
	"weir/uci"
)

// countryDB writes a small database of countries to a folder.
func countryDB(t *testing.T, dir string) string {
	t.Helper()
	b := geo.NewBuilder(geo.Country)
	if err := b.AddText(strings.NewReader("192.0.2.0\t192.0.2.255\t64500\tDE\tExample\n")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "country.db")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPlaceProblems(t *testing.T) {
	dir := t.TempDir()
	good := countryDB(t, dir)
	junk := filepath.Join(dir, "junk")
	if err := os.WriteFile(junk, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		geo  uci.Geo
		want []string // option: part of the message
	}{
		{"none", uci.Geo{}, nil},
		{"a good one", uci.Geo{Country: good}, nil},
		{"a file that is not there", uci.Geo{ASN: dir + "/nix.db"}, []string{"asn: no such file"}},
		{"no database", uci.Geo{Country: good, Vendor: junk}, []string{"vendor: is neither"}},
		{"one of another kind", uci.Geo{ASN: good}, []string{"asn: is a database of kind country"}},
		{"all wrong", uci.Geo{Country: junk, ASN: junk, Vendor: junk}, []string{"country: is neither", "asn: is neither", "vendor: is neither"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for i, p := range Check(&uci.Config{Geo: tt.geo}) {
				if p.Section != "geo" || !p.Warning {
					t.Errorf("%+v", p)
				}
				if i >= len(tt.want) {
					t.Fatalf("one too many: %+v", p)
				}
				_, part, _ := strings.Cut(tt.want[i], ": ")
				if !strings.Contains(p.Message, part) {
					t.Errorf("message %q does not hold %q", p.Message, part)
				}
				got = append(got, p.Option+": "+part)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlacesInState(t *testing.T) {
	h := newHouse(t, "config geo 'geo'\n\toption country '/nix/country.db'\n")
	d := h.daemon(t)
	d.loadPlaces()
	problems := d.State().Problems
	if len(problems) != 1 || problems[0].Section != "geo" || !strings.Contains(problems[0].Message, "/nix/country.db") {
		t.Errorf("%+v", problems)
	}
}
