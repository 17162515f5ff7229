package openwrt

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestReadTZ(t *testing.T) {
	tests := []struct {
		name, text, want string
		fails            bool
	}{
		{"Berlin", "CET-1CEST,M3.5.0,M10.5.0/3\n", "CET-1CEST,M3.5.0,M10.5.0/3", false},
		{"no end of line", "UTC", "UTC", false},
		{"empty", "", "", false},
		{"more lines", " <+0530>-5:30 \nx\n", "<+0530>-5:30", false},
		{"as long as it may be", strings.Repeat("x", MaxTZ) + "\n" + strings.Repeat("y", 1<<16), strings.Repeat("x", MaxTZ), false},
		{"too long", strings.Repeat("x", 1<<16), "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			writeTZ(t, root, tt.text)
			got, err := ReadTZ(root)
			if got != tt.want || (err != nil) != tt.fails {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func writeTZ(t *testing.T, root, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "etc", "TZ"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestReadTZOfWhatIsThere(t *testing.T) {
	t.Run("nothing", func(t *testing.T) {
		if got, err := ReadTZ(t.TempDir()); got != "" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("a link to the file, as the system has it", func(t *testing.T) {
		root := t.TempDir()
		writeTZ(t, root, "GMT0\n")
		path := filepath.Join(root, "etc", "TZ")
		if err := os.Rename(path, path+".real"); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path+".real", path); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadTZ(root); got != "GMT0" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("a pipe", func(t *testing.T) {
		root := t.TempDir()
		writeTZ(t, root, "")
		path := filepath.Join(root, "etc", "TZ")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Skipf("SKIPPED: %v", err)
		}
		if _, err := ReadTZ(root); err == nil {
			t.Error("a pipe is a time zone")
		}
	})
}
