package uci

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShapers(t *testing.T) {
	tests := []struct {
		name, text string
		want       []Shaper
	}{
		{"one", "config queue 'eth1'\n\toption enabled '1'\n\toption interface 'pppoe-wan'\n\toption download '85000'\n\toption upload '10000'\n", []Shaper{{"pppoe-wan", 85e6, 10e6}}},
		{"switched off, as it is installed", "config queue 'eth1'\n\toption enabled '0'\n\toption interface 'eth1'\n\toption download '85000'\n", nil},
		{"without a device", "config queue\n\toption enabled '1'\n\toption download '85000'\n", nil},
		{"of one direction, and nonsense", "config queue\n\toption enabled '1'\n\toption interface 'eth1'\n\toption download 'fast'\n\toption upload '500'\n", []Shaper{{"eth1", 0, 500e3}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"sqm": tt.text, "weir": ""} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c, _, err := Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, c.Router.Shapers); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
