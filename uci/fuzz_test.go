package uci

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
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
	f.Add([]byte("config zone wan\n\toption name wan\n\toption masq 1\nconfig rule\n\toption src *\n\toption dest *\n\toption dest_ip '!::1/-64 10.0.0.1-10.0.0.2'\n\toption dest_port '!1-9 5'\n\toption target a\n"))
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
		for _, read := range []func(*Package, *Router){readNetwork, readFirewall, readDHCP, readSystem, readPortMap} {
			c := Config{}
			read(p, &c.Router)
			c.Router.trim("fuzz")
			c.uplinkOpenings()
			if r := &c.Router; len(r.Redirects) > MaxPortRules || len(r.Openings) > MaxPortRules {
				t.Fatalf("%d redirects and %d openings", len(r.Redirects), len(r.Openings))
			}
			for _, o := range c.Router.Openings {
				if again, ok := parseAddresses(o.Target.String()); o.Target.IsValid() && (!ok || again != o.Target) || o.First > o.Last {
					t.Fatalf("opening %+v, whose target reads back as %+v", o, again)
				}
			}
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

// FuzzValues offers any text to every option of every section. What an option
// accepts it must print in a form that it accepts as the same.
func FuzzValues(f *testing.F) {
	for _, k := range kinds() {
		for _, row := range k.add(new(Config)).fields() {
			f.Add(row.def)
			f.Add(row.example)
		}
	}
	for _, text := range []string{"", " ", "auto", "none", "-1", "1T", "100y", "2026-02-29", "23:59-00:00", "[::1]:1", "1.2.3.4/0.0.0.0", "tcp/1-65535", "maxlife=1d", "a:b", "::ffff:1.2.3.4"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, k := range kinds() {
			fields, again := k.add(new(Config)).fields(), k.add(new(Config)).fields()
			for i, row := range fields {
				if err := row.value.add(text); err != nil {
					if err.Error() == "" {
						t.Fatalf("%s.%s refuses %q without a word", k.typ, row.name, text)
					}
					continue
				}
				printed := row.value.texts()
				for _, one := range printed {
					if err := again[i].value.add(one); one != "" && err != nil {
						t.Fatalf("%s.%s accepts %q, prints %q, and that %v", k.typ, row.name, text, one, err)
					}
				}
				if twice := again[i].value.texts(); !slices.Equal(printed, twice) {
					t.Fatalf("%s.%s accepts %q as %q and that as %q", k.typ, row.name, text, printed, twice)
				}
			}
		}
	})
}
