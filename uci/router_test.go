package uci

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRouterTimezone(t *testing.T) {
	tests := []struct{ name, system, timezone, tz string }{
		{"both", "option zonename 'Europe/Berlin'\n\toption timezone 'CET-1CEST,M3.5.0,M10.5.0/3'", "Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"},
		{"rules alone", "option timezone 'GMT0'", "GMT0", "GMT0"},
		{"name alone", "option zonename 'UTC'", "UTC", ""},
		{"neither", "option hostname 'router'", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, "system"), []byte("config system\n\t"+tt.system+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			r, warnings := loadRouter(folder, openFile)
			if len(warnings) != 0 || r.Timezone != tt.timezone || r.TZ != tt.tz {
				t.Errorf("zone %q, rules %q, warnings %v; want %q and %q", r.Timezone, r.TZ, warnings, tt.timezone, tt.tz)
			}
		})
	}
}
