package uci

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOverrides(t *testing.T) {
	file := Default()
	file.Sources = []Source{{Path: "/tmp/a.fifo"}}
	tests := []struct {
		name       string
		o          Overrides
		interfaces []string
		paths      []string
		store      string
		socket     string
	}{
		{"nothing", Overrides{Pace: 3, Loop: true}, file.Main.Interfaces, []string{"/tmp/a.fifo"}, file.Store.Path, file.API.Socket},
		{"an interface", Overrides{Interfaces: []string{"eth0"}}, []string{"eth0"}, []string{"/tmp/a.fifo"}, file.Store.Path, file.API.Socket},
		{"captures alone", Overrides{Captures: []string{"/x/b.pcap", "-"}}, nil, []string{"/x/b.pcap", "-"}, file.Store.Path, file.API.Socket},
		{"both", Overrides{Interfaces: []string{"eth0"}, Captures: []string{"c.pcap"}}, []string{"eth0"}, []string{"c.pcap"}, file.Store.Path, file.API.Socket},
		{"places", Overrides{StorePath: "/s", Socket: "/w"}, file.Main.Interfaces, []string{"/tmp/a.fifo"}, "/s", "/w"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := *file
			got := tt.o.Apply(file)
			var paths []string
			for _, s := range got.Sources {
				paths = append(paths, s.Path)
			}
			if diff := cmp.Diff(tt.interfaces, got.Main.Interfaces) + cmp.Diff(tt.paths, paths); diff != "" {
				t.Error(diff)
			}
			if got.Store.Path != tt.store || got.API.Socket != tt.socket {
				t.Errorf("store %s, socket %s", got.Store.Path, got.API.Socket)
			}
			if !file.Equal(&before) || len(file.Sources) != 1 {
				t.Error("the configuration itself was changed")
			}
		})
	}
	over := Overrides{Captures: []string{"/x/b.pcap", "-"}, Pace: 10, Loop: true}
	for i, name := range []string{"b.pcap", "stdin"} {
		if s := over.Apply(file).Sources[i]; s.ID != name || s.Pace != 10 || !s.Loop || !s.Enabled || s.Kind != "pcap" {
			t.Errorf("source %+v", s)
		}
	}
}

func TestParsePace(t *testing.T) {
	for text, want := range map[string]int{"1x": 1, "10x": 10, "5": 5, "max": 0, "MAX": 0} {
		if got, err := ParsePace(text); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0x", "fast", "-1x"} {
		if _, err := ParsePace(text); err == nil {
			t.Errorf("%q is a pace", text)
		}
	}
}

// Who only reads captures says so; LuCI leaves an empty line in a cleared list.
func TestNoInterface(t *testing.T) {
	for text, want := range map[string]int{"list interface 'none'": 0, "option interface 'None'": 0, "list interface ''": 0, "": 1} {
		c, _, err := Parse(strings.NewReader("config weir 'main'\n\t"+text+"\n"), "t")
		if err != nil || len(c.Main.Interfaces) != want {
			t.Errorf("%s: %v, %v", text, c.Main.Interfaces, err)
			continue
		}
		again, _, err := Parse(strings.NewReader(string(c.AppendUCI(nil))), "t")
		if err != nil || len(again.Main.Interfaces) != want {
			t.Errorf("%s, printed and read again: %v, %v", text, again.Main.Interfaces, err)
		}
	}
}
