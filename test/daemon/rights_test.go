package daemon

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// nobody is who weir runs as in these tests when they run as root.
const nobody = 65534

// Without the rights that it needs weir ends with one line that names the thing
// and the remedy.
func TestMissingRights(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(*testing.T, *site)
		want    []string
	}{
		{"directory of the database", func(t *testing.T, s *site) {
			makeDir(t, s.path("db"), 0o500)
		}, []string{"/db/weir.db: ", "permission denied", "another option path in section store"}},
		{"directory of the socket", func(t *testing.T, s *site) {
			makeDir(t, s.path("run"), 0o500)
			s.configure(t, "config api 'api'\n\toption socket '$DIR/run/sock'\n")
		}, []string{"listen ", "/run/sock: ", "permission denied"}},
		{"capture", func(t *testing.T, s *site) {
			os.Remove(s.path("pipe"))
			if err := os.WriteFile(s.path("pipe"), nil, 0); err != nil {
				t.Fatal(err)
			}
		}, []string{"source pipe: ", "/pipe: permission denied; make it readable"}},
		{"configuration", func(t *testing.T, s *site) {
			if err := os.Chmod(s.path("config"), 0); err != nil {
				t.Fatal(err)
			}
		}, []string{"read configuration", "/config: permission denied; make it readable"}},
		{"interface", func(t *testing.T, s *site) {
			os.Remove(s.path("pipe"))
		}, []string{"weir needs CAP_NET_RAW; run it as root or grant its user that capability"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, "")
			tt.prepare(t, s)
			var out strings.Builder
			cmd := exec.Command(program, "run", s.path("config"))
			cmd.Stderr = &out
			if os.Geteuid() == 0 {
				s.give(t, nobody)
				if err := os.Chmod(program[:strings.LastIndexByte(program, '/')], 0o755); err != nil {
					t.Fatal(err)
				}
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
			}
			if err := cmd.Run(); err == nil {
				t.Fatal("it runs")
			}
			var told []string
			for line := range strings.SplitSeq(strings.TrimSpace(out.String()), "\n") {
				if !strings.HasPrefix(line, "level=INFO") {
					told = append(told, line)
				}
			}
			t.Log(strings.Join(told, "\n"))
			last := told[len(told)-1]
			if !strings.HasPrefix(last, "weir run: ") {
				t.Errorf("the last line is not the command's: %s", last)
			}
			for _, w := range tt.want {
				if !strings.Contains(out.String(), w) {
					t.Errorf("%q is not in it", w)
				}
			}
		})
	}
}

func makeDir(t *testing.T, dir string, mode os.FileMode) {
	t.Helper()
	if err := os.Mkdir(dir, mode); err != nil {
		t.Fatal(err)
	}
}

// give makes a user the owner of the site and of all that is in it.
func (s *site) give(t *testing.T, uid int) {
	t.Helper()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(s.dir, uid, uid); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.Lchown(s.path(e.Name()), uid, uid); err != nil {
			t.Fatal(err)
		}
	}
}
