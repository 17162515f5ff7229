package nearest

import (
	"strings"
	"testing"
)

func TestName(t *testing.T) {
	options := []string{"interface", "snaplen", "mac", "ip", "max_flows", "max_devices"}
	commands := []string{"run", "read", "top", "call", "check", "version", "help"}
	flags := []string{"--json", "--all", "-i"}
	tests := []struct {
		word  string
		names []string
		want  string
	}{
		{"interfce", options, "interface"}, {"Interface", options, "interface"}, {"interfaces", options, "interface"},
		{"snaplne", options, "snaplen"}, {"mca", options, "mac"}, {"macs", options, "mac"}, {"max_flow", options, "max_flows"},
		{"maxflows", options, "max_flows"}, {"colour", options, ""}, {"x", options, ""}, {"", options, ""},
		{strings.Repeat("interface", 100), options, ""},
		{"raed", commands, "read"}, {"reed", commands, "read"}, {"vers", commands, "version"}, {"chekc", commands, "check"},
		{"tpo", commands, "top"}, {"hlep", commands, "help"}, {"export", commands, ""}, {"zzzzzzz", commands, ""},
		{"--jsn", flags, "--json"}, {"-x", flags, "-i"}, {"word", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.word, func(t *testing.T) {
			if got := Name(tt.word, tt.names); got != tt.want {
				t.Errorf("Name(%q) = %q, want %q", tt.word, got, tt.want)
			}
		})
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "abd", 1}, {"limt", "limit", 1},
		{"offest", "offset", 1}, {"kitten", "sitting", 3}, {strings.Repeat("x", maxWord+1), "x", maxWord},
	}
	for _, tt := range tests {
		if got := distance(tt.a, tt.b); got != tt.want || distance(tt.b, tt.a) != tt.want {
			t.Errorf("distance %q %q is %d, want %d both ways", tt.a, tt.b, got, tt.want)
		}
	}
}
