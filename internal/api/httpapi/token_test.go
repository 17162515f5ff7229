package httpapi

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTokenIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "token")
	made, err := loadToken(path)
	if err != nil {
		t.Fatal(err)
	}
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if fi.Mode() != 0o600 {
		t.Errorf("mode %v", fi.Mode())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimSuffix(string(b), "\n")
	if raw, err := hex.DecodeString(secret); err != nil || len(raw) != tokenBytes {
		t.Errorf("token %q: %v", secret, err)
	}
	if !made.is(secret) || made.is(secret+"\n") || made.is("") {
		t.Error("the token does not know itself")
	}
	read, err := loadToken(path)
	if err != nil || !read.is(secret) {
		t.Errorf("read again: %v", err)
	}
	other, err := loadToken(filepath.Join(t.TempDir(), "token"))
	if err != nil || other.is(secret) {
		t.Errorf("two files have the same token, %v", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	if (*token)(nil).is("") {
		t.Error("no token lets the empty one in")
	}
}

func TestTokenFiles(t *testing.T) {
	good := strings.Repeat("k", minToken)
	tests := []struct {
		name, content string
		mode          os.FileMode
		want          string
	}{
		{"own words", " " + good + "\n", 0o600, ""},
		{"read only", good, 0o400, ""},
		{"group may read", good, 0o640, "PATH can be read by others (mode 0640); delete it to get a new token, or run: chmod 600 PATH"},
		{"world may write", good, 0o602, "PATH can be read by others (mode 0602)"},
		{"empty", "", 0o600, "PATH has fewer than 32 characters; delete it to get a new token"},
		{"short", good[1:], 0o600, "PATH has fewer than 32 characters"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			k, err := loadToken(path)
			if tt.want == "" {
				if err != nil || !k.is(good) {
					t.Errorf("got %v", err)
				}
				return
			}
			if want := strings.ReplaceAll(tt.want, "PATH", path); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
			if b, _ := os.ReadFile(path); string(b) != tt.content {
				t.Error("the file was changed")
			}
		})
	}
	if _, err := loadToken(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("a folder: %v", err)
	}
}
