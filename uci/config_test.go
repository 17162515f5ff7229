package uci

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEmptyFileIsDefault(t *testing.T) {
	c, warnings, err := Parse(strings.NewReader(""), "weir")
	if err != nil || len(warnings) > 0 {
		t.Fatalf("Parse of an empty file: %v, %v", warnings, err)
	}
	if !c.Equal(Default()) {
		t.Errorf("an empty file differs from the default in %v", c.Changed(Default()))
	}
}

// TestLoadSamples loads each folder of testdata and compares all there is to
// see: errors or effective configuration, warnings, and the router's files.
func TestLoadSamples(t *testing.T) {
	for _, name := range []string{"router", "router-19.07", "mirror", "minimal", "future", "wrong", "broken"} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join("testdata", name)
			var out strings.Builder
			c, warnings, err := Load(folder)
			for _, w := range warnings {
				fmt.Fprintln(&out, "warning:", filepath.ToSlash(w.String()))
			}
			if err != nil {
				fmt.Fprintln(&out, filepath.ToSlash(err.Error()))
			} else {
				printRouter(&out, c)
				out.Write(c.AppendUCI(nil))
			}
			golden(t, folder+".golden", []byte(out.String()))
		})
	}
}

func printRouter(out *strings.Builder, c *Config) {
	fmt.Fprintf(out, "# host %q, zone %q, uplinks %q\n", c.Router.Hostname, c.Router.Timezone, c.Uplinks())
	for _, n := range c.Router.Networks {
		device, ports := c.Router.Resolve(n.Name)
		fmt.Fprintf(out, "# network %s: %s, device %q %q", n.Name, n.Proto, device, ports)
		if n.Lower != "" {
			fmt.Fprintf(out, " over %s", n.Lower)
		}
		if n.ListenPort != 0 {
			fmt.Fprintf(out, " at port %d", n.ListenPort)
		}
		fmt.Fprintln(out)
	}
	for _, z := range c.Router.Zones {
		fmt.Fprintf(out, "# zone %s: %q, masq %v\n", z.Name, z.Networks, z.Masq)
	}
	if c.Router.Offload != (Offload{}) {
		fmt.Fprintf(out, "# offload: %+v\n", c.Router.Offload)
	}
	for _, r := range c.Router.Redirects {
		fmt.Fprintln(out, "# redirect", r.show())
	}
	for _, o := range c.Router.Openings {
		fmt.Fprintln(out, "# opening", o.show())
	}
	if c.Router.PortMap.Enabled {
		fmt.Fprintln(out, "# leases in", c.Router.PortMap.LeaseFile, c.Router.PortMap.LeaseFile6)
	}
	for _, h := range c.Router.Hosts {
		fmt.Fprintf(out, "# host %s: %v %s\n", h.Name, h.MACs, h.IP)
	}
}

// TestEffectiveConfigurationReadsBack takes the printed configuration of each
// valid sample as a file: it means the same, but for secrets.
func TestEffectiveConfigurationReadsBack(t *testing.T) {
	for _, name := range []string{"router", "mirror", "minimal", "future"} {
		t.Run(name, func(t *testing.T) {
			c, _, err := Load(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			text := c.AppendUCI(nil)
			again, _, err := Parse(strings.NewReader(string(text)), "printed")
			if err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			if diff := cmp.Diff(string(text), string(again.AppendUCI(nil))); diff != "" {
				t.Errorf("printed again (-first +second):\n%s", diff)
			}
			again.Router = c.Router
			for _, what := range again.Changed(c) {
				if name != "future" || what != "remote" && what != "notify" {
					t.Errorf("config %s means something else", what)
				}
			}
		})
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	c, _, err := Load("testdata/future")
	if err != nil {
		t.Fatal(err)
	}
	text := string(c.AppendUCI(nil))
	for _, secret := range []string{"hunter2", "tk_secret"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is printed", secret)
		}
	}
	if c.Remotes[0].Password != "hunter2" {
		t.Errorf("password is %q", c.Remotes[0].Password)
	}
}

// TestSecretsAreNotInErrors refuses a password and a token, and looks for
// them in the message.
func TestSecretsAreNotInErrors(t *testing.T) {
	_, _, err := Parse(strings.NewReader("config remote 'r'\n\toption user 'u'\n\toption password 'hunter2\n'\n\tlist password 'hunter3'\n"), "weir")
	if err == nil || strings.Contains(err.Error(), "hunter") {
		t.Errorf("error %v, want one without the password", err)
	}
}

func TestLoadFiles(t *testing.T) {
	t.Run("a file brings its folder's networks", func(t *testing.T) {
		c, _, err := Load("testdata/router/weir")
		if err != nil {
			t.Fatal(err)
		}
		if device, ports := c.Router.Resolve("guest"); device != "br-lan.20" || len(ports) != 1 {
			t.Errorf("guest is %s %v", device, ports)
		}
	})
	t.Run("missing file", func(t *testing.T) {
		_, _, err := Load("testdata/absent")
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "testdata/absent") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("folder without weir", func(t *testing.T) {
		_, _, err := Load(t.TempDir())
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "/weir") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("read-only", func(t *testing.T) {
		dir := t.TempDir()
		file := filepath.Join(dir, "weir")
		if err := os.WriteFile(file, []byte("config weir 'main'\n"), 0o400); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(dir, 0o700) }) // for TempDir to remove it
		if _, _, err := Load(dir); err != nil {
			t.Error(err)
		}
	})
}

func TestErrorsHaveParts(t *testing.T) {
	_, _, err := Parse(strings.NewReader("config weir 'main'\n\toption snaplen 'x'\nconfig device\n\toption nme 'a'\n"), "weir")
	var all Errors
	if !errors.As(err, &all) {
		t.Fatalf("%T is not Errors", err)
	}
	want := Errors{
		{File: "weir", Line: 2, Section: "weir 'main'", Option: "snaplen", Value: "x", Reason: "is not a whole number", Hint: "allowed: a number from 96 to 65535"},
		{File: "weir", Line: 4, Section: "@device[0]", Option: "nme", Reason: "is not known", Hint: "did you mean name?"},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestErrorsAreBounded(t *testing.T) {
	tests := []struct{ name, text string }{
		{"values", "config weir 'main'\n" + strings.Repeat("\tlist local_network 'x'\n", 3*MaxErrors)},
		{"options", "config weir 'main'\n" + manyOptions(MaxOptions)},
		{"sections", strings.Repeat("config nonsense\n", 3*MaxErrors)},
		{"a full file of unknown options", strings.Repeat("c device\n"+manyOptions(50), 2000)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := Parse(strings.NewReader(tt.text), "weir")
			var all Errors
			if !errors.As(err, &all) || len(all) != MaxErrors {
				t.Errorf("%d errors, want %d", len(all), MaxErrors)
			}
		})
	}
}

// manyOptions are options of different names that no section knows.
func manyOptions(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "o zz%d 1\n", i)
	}
	return b.String()
}

func TestChanged(t *testing.T) {
	tests := []struct {
		name, old, text string
		want            []string
	}{
		{"nothing", "", "", nil},
		{"default written out", "", "config weir 'main'\n\toption sampling '1'\n", nil},
		{"comment and place", "config store 's'\n", "#\n\n\nconfig store 's'\n", nil},
		{"main", "", "config weir 'main'\n\toption sampling '2'\n", []string{"weir"}},
		{"one more device", "", "config device\n\tlist ip '192.0.2.1'\n", []string{"device"}},
		{"two sections", "config geo 'geo'\n\toption asn '/a'\n", "config store 'store'\n\toption path '/p'\n", []string{"store", "geo"}},
		{"date", "config wan 'wan'\n\toption start '2026-01-01'\n", "config wan 'wan'\n\toption start '2026-01-02'\n", []string{"wan"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			old, now := parse(t, tt.old), parse(t, tt.text)
			if diff := cmp.Diff(tt.want, now.Changed(old)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if now.Equal(old) != (len(tt.want) == 0) {
				t.Error("Equal and Changed disagree")
			}
		})
	}
	if got := Default().Changed(nil); len(got) != len(kinds())+1 {
		t.Errorf("everything is new, and %v changed", got)
	}
}

func parse(t *testing.T, text string) *Config {
	t.Helper()
	c, _, err := Parse(strings.NewReader(text), "weir")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRouterChangeIsSeen(t *testing.T) {
	a, _, errA := Load("testdata/router")
	b, _, errB := Load("testdata/router/weir")
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if !a.Equal(b) {
		t.Errorf("the same files differ in %v", a.Changed(b))
	}
	b.Router.Networks[1].Device = "br-other"
	if diff := cmp.Diff([]string{RouterChanged}, a.Changed(b)); diff != "" {
		t.Error(diff)
	}
}

func TestUplinks(t *testing.T) {
	c := parse(t, "config weir 'main'\n\tlist wan 'eth9'\n")
	if diff := cmp.Diff([]string{"eth9"}, c.Uplinks()); diff != "" {
		t.Error(diff)
	}
	if got := Default().Uplinks(); got != nil {
		t.Errorf("uplinks without network files: %v", got)
	}
}

// TestEmptyValues keeps libuci's meaning: an empty option is as good as none.
func TestEmptyValues(t *testing.T) {
	c := parse(t, "config weir 'main'\n\toption sampling ''\n\tlist interface ''\n\toption local_network ''\nconfig store\n\toption snapshot_path ''\n\toption path ''\n")
	switch {
	case c.Main.Sampling != 1:
		t.Errorf("sampling %d", c.Main.Sampling)
	case len(c.Main.Interfaces) != 0: // a list line is kept by libuci, and empties the default
		t.Errorf("interfaces %q", c.Main.Interfaces)
	case c.Store.SnapshotPath != "":
		t.Errorf("snapshot_path %q", c.Store.SnapshotPath)
	case c.Store.Path != "/var/lib/weir":
		t.Errorf("path %q", c.Store.Path)
	}
}

// BenchmarkLoad is a whole reload: weir's file and the router's.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Load("testdata/router"); err != nil {
			b.Fatal(err)
		}
	}
}
