package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPassOn(t *testing.T) {
	tests := []struct {
		name, in, out string
		status        int
		err           error
	}{
		{"all is well", "\x00begin\nok\n\x00end 0\n", "ok\n", 0, nil},
		{"the program fails", "\x00begin\nFAIL\n\x00end 1\n", "FAIL\n", 1, nil},
		{"the last line is not ended", "\x00begin\nok\x00end 0\n", "ok", 0, nil},
		{"what was before is left out", "noise\x00 of start\n\x00begin\nok\n\x00end 0\nmore\n", "ok\n", 0, nil},
		{"the program prints NULs", "\x00begin\na\x00b\n\x00end x\n\x00end 3\n", "a\x00b\n\x00end x\n", 3, nil},
		{"the machine dies", "\x00begin\nhalf", "half", 0, errNoEnd},
		{"it does not even start", "", "", 0, errNoEnd},
		{"the program is never started", "\x00end 0\n", "", 0, errNoEnd},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			status, err := passOn(strings.NewReader(tt.in), &out)
			if out.String() != tt.out || status != tt.status || !errors.Is(err, tt.err) {
				t.Errorf("%q, %d, %v", out.String(), status, err)
			}
		})
	}
}

func TestAptOutput(t *testing.T) {
	uris := `Reading package lists...
'http://deb.debian.org/debian/pool/main/i/iproute2/iproute2_6.1.0-3_amd64.deb' iproute2_6.1.0-3_amd64.deb 1045828 SHA256:0fef8a
'http://deb.debian.org/debian/pool/main/b/x/x_1.4.7-1%2bb2_amd64.deb' x_1%3a1.4.7-1+b2_amd64.deb 35240 SHA256:9c8d
`
	if diff := cmp.Diff([]string{"iproute2_6.1.0-3_amd64.deb", "x_1%3a1.4.7-1+b2_amd64.deb"}, archiveFiles(uris)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	depends := "linux-image-cloud-amd64\n  Depends: linux-image-6.1.0-56-cloud-amd64\n  Depends: other\n"
	if got := dependency(depends); got != "linux-image-6.1.0-56-cloud-amd64" {
		t.Errorf("dependency: %q", got)
	}
	if got := dependency("linux-image-cloud-amd64\n"); got != "" {
		t.Errorf("no dependency: %q", got)
	}
}

func TestEnvironment(t *testing.T) {
	got := environment([]string{"WEIR_A=1", "PATH=/elsewhere", "SECRET=x"})
	want := []string{"PATH=/usr/sbin:/usr/bin", "HOME=/root", "TMPDIR=/tmp", "CI=guest", "WEIR_A=1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestLastLines(t *testing.T) {
	name := filepath.Join(t.TempDir(), "console")
	if err := os.WriteFile(name, []byte("one\r\ntwo\r\nthree\r\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := lastLines(name, 2); got != "two\nthree" {
		t.Errorf("last two: %q", got)
	}
	if got := lastLines(name, 9); got != "one\ntwo\nthree" {
		t.Errorf("last nine: %q", got)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"-add", "x"}, {"-limit", "soon", "x"}} {
		if status, err := run(t.Context(), args); err == nil {
			t.Errorf("run(%q) returns %d", args, status)
		}
	}
}
