package main

import (
	"errors"
	"flag"
	"slices"
	"testing"
	"time"
)

func TestParseArgs(t *testing.T) {
	tests := []struct {
		name string
		args []string
		rest []string
		json bool
		n    int
		err  string
	}{
		{"none", nil, nil, false, 0, ""},
		{"before", []string{"--json", "a", "b"}, []string{"a", "b"}, true, 0, ""},
		{"after", []string{"a", "--json", "b", "-n", "3"}, []string{"a", "b"}, true, 3, ""},
		{"equals sign", []string{"-n=4", "a"}, []string{"a"}, false, 4, ""},
		{"dashes end options", []string{"a", "--", "--json"}, []string{"a", "--json"}, false, 0, ""},
		{"standard input", []string{"-", "--json"}, []string{"-"}, true, 0, ""},
		{"unknown", []string{"--jsn"}, nil, false, 0, `unknown option "--jsn", did you mean "--json"?`},
		{"unknown and far", []string{"--colour"}, nil, false, 0, `unknown option "--colour"`},
		{"no value", []string{"-n"}, nil, false, 0, "option -n needs a value"},
		{"bad value", []string{"-n", "x"}, nil, false, 0, `invalid value "x" for option -n: give a whole number`},
		{"bad boolean", []string{"--json=maybe"}, nil, false, 0, `invalid boolean value "maybe" for option --json: give a boolean, true or false`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fs := command{name: "x"}.flagSet()
			json, n := fs.Bool("json", false, ""), fs.Int("n", 0, "")
			rest, err := parseArgs(fs, tt.args)
			if tt.err != "" {
				var usage usageError
				if !errors.As(err, &usage) || err.Error() != tt.err {
					t.Fatalf("error %v, want usage error %q", err, tt.err)
				}
				return
			}
			if err != nil || !slices.Equal(rest, tt.rest) || *json != tt.json || *n != tt.n {
				t.Errorf("%q %v %d, error %v; want %q %v %d", rest, *json, *n, err, tt.rest, tt.json, tt.n)
			}
		})
	}
}

func TestParseArgsHelp(t *testing.T) {
	rest, err := parseArgs(command{name: "x"}.flagSet(), []string{"flows", "-h"})
	if !errors.Is(err, flag.ErrHelp) || !slices.Equal(rest, []string{"flows"}) {
		t.Errorf("%q, %v", rest, err)
	}
}

func TestDidYouMean(t *testing.T) {
	names := []string{"run", "read", "top", "call", "check", "version", "help"}
	tests := []struct{ word, want string }{
		{"raed", "read"}, {"vers", "version"}, {"export", ""}, {"", ""},
	}
	for _, tt := range tests {
		want := ""
		if tt.want != "" {
			want = `, did you mean "` + tt.want + `"?`
		}
		if got := didYouMean(tt.word, names); got != want {
			t.Errorf("didYouMean(%q) = %q, want %q", tt.word, got, want)
		}
	}
}

func TestSeconds(t *testing.T) {
	tests := []struct {
		in   string
		want time.Duration
		bad  bool
	}{
		{"2", 2 * time.Second, false}, {"0.5", 500 * time.Millisecond, false}, {"500ms", 500 * time.Millisecond, false},
		{"2m", 2 * time.Minute, false}, {"0", 0, false}, {"-1", 0, true}, {"-1s", 0, true}, {"soon", 0, true}, {"", 0, true},
		{"NaN", 0, true}, {"1e300", 0, true},
	}
	for _, tt := range tests {
		var s seconds
		err := s.Set(tt.in)
		if (err != nil) != tt.bad || time.Duration(s) != tt.want {
			t.Errorf("Set(%q) = %v, error %v; want %v, error %v", tt.in, time.Duration(s), err, tt.want, tt.bad)
		}
	}
}
