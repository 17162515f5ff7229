package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/source"
	"weir/internal/source/afpacket"
	"weir/test/ask"
	"weir/uci"
)

// routerFiles are what stands beside weir's file on a router.
const routerFiles = `
config device
	option name 'br-lan'
	option type 'bridge'
	list ports 'lan1'
	list ports 'lan2'
config interface 'lan'
	option device 'br-lan'
config interface 'guest'
	option device 'wlan0'
config interface 'wan'
	option device 'eth1'
	option proto 'pppoe'
config interface 'lte'
	option device '/dev/cdc-wdm0'
	option proto 'qmi'
`

// loadFolder loads a folder with the router's files and weir's.
func loadFolder(t *testing.T, main string) *uci.Config {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"network": routerFiles, "weir": "config weir 'main'\n" + main} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cfg, _, err := uci.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestCaptureOf(t *testing.T) {
	tests := []struct {
		name, main string
		want       []afpacket.Interface
		local      []string
		problem    string // words in the only one
	}{
		{
			name: "by default", main: "",
			want:  []afpacket.Interface{{Name: "lan", Device: "br-lan"}},
			local: []string{"br-lan"},
		}, {
			name: "ports", main: "\tlist interface 'lan'\n\tlist interface 'guest'\n\toption capture_ports '1'\n",
			want:  []afpacket.Interface{{Name: "lan", Device: "br-lan", Ports: true}, {Name: "guest", Device: "wlan0"}},
			local: []string{"br-lan", "wlan0"},
		}, {
			name: "an uplink is watched, its network is not local", main: "\tlist interface 'lan'\n\tlist interface 'wan'\n",
			want:  []afpacket.Interface{{Name: "lan", Device: "br-lan"}, {Name: "wan", Device: "pppoe-wan"}},
			local: []string{"br-lan"},
		}, {
			name: "an uplink by option wan", main: "\tlist interface 'lan'\n\tlist interface 'guest'\n\tlist wan 'guest'\n",
			want:  []afpacket.Interface{{Name: "lan", Device: "br-lan"}, {Name: "guest", Device: "wlan0"}},
			local: []string{"br-lan"},
		}, {
			name: "a device", main: "\tlist interface 'eth7'\n",
			want:  []afpacket.Interface{{Name: "eth7", Device: "eth7"}},
			local: []string{"eth7"},
		}, {
			name: "one device twice", main: "\tlist interface 'lan'\n\tlist interface 'br-lan'\n",
			want:    []afpacket.Interface{{Name: "lan", Device: "br-lan"}},
			local:   []string{"br-lan"},
			problem: "interface br-lan is left out: its device br-lan is watched as lan already",
		}, {
			name: "a modem without a device", main: "\tlist interface 'lte'\n\tlist interface 'guest'\n",
			want:    []afpacket.Interface{{Name: "guest", Device: "wlan0"}},
			local:   []string{"wlan0"},
			problem: "interface lte is not watched: ",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, local, problems := captureOf(loadFolder(t, tt.main))
			if diff := cmp.Diff(tt.want, got.Interfaces); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.local, local); diff != "" {
				t.Errorf("local: %s", diff)
			}
			switch {
			case tt.problem == "" && len(problems) > 0:
				t.Errorf("problems: %v", problems)
			case tt.problem != "" && (len(problems) != 1 || !strings.HasPrefix(problems[0].Message, tt.problem) || !problems[0].Warning):
				t.Errorf("problems: %v", problems)
			}
		})
	}
}

func TestCaptureOptions(t *testing.T) {
	got, _, _ := captureOf(loadFolder(t, "\toption ring_size '1M'\n\toption snaplen '256'\n\toption sampling '10'\n\toption promiscuous '1'\n"))
	want := afpacket.Config{RingBytes: 1 << 20, Snaplen: 256, Sampling: 10, Promiscuous: true,
		Interfaces: []afpacket.Interface{{Name: "lan", Device: "br-lan"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFilesOf(t *testing.T) {
	h := newHouse(t, fileSource("a", "a.pcap")+"\toption pace '10x'\n\toption loop '1'\n"+
		fileSource("b", "b.pcap")+"\toption name 'eth0'\n"+
		fileSource("c", "c.pcap")+"\toption enabled '0'\n")
	got := filesOf(h.load(t))
	if len(got) != 3 {
		t.Fatalf("%d files: %+v", len(got), got)
	}
	if a := got[1]; a.Name != "a" || a.Path != h.path("a.pcap") || a.Pace != 10 || !a.Loop {
		t.Errorf("%+v", a)
	}
	if b := got[2]; b.Name != "eth0" || b.Pace != 0 || b.Loop {
		t.Errorf("%+v", b)
	}
}

// failing is a source that fails when it is told to.
type failing struct{ now chan struct{} }

func (f failing) Run(ctx context.Context, _ source.Sink) error {
	select {
	case <-ctx.Done():
		return nil
	case <-f.now:
		return errors.New("the cable is cut")
	}
}

func (f failing) Status() source.Status { return source.Status{Name: "cable", State: "running"} }

func TestTaskEnded(t *testing.T) {
	d := newHouse(t, "").daemon(t)
	one, two := failing{make(chan struct{})}, failing{make(chan struct{})}
	d.setSources(plan{origins: make([]origin, 2), sources: []source.Source{one, two}})

	close(one.now)
	first := <-d.tasks.ended
	if err := d.taskEnded(first); err != nil {
		t.Errorf("one of two sources failed: %v", err)
	}
	got := d.Sources()
	if got[0].State != "failed" || got[0].Note != "source cable: the cable is cut" || got[1].State != "running" {
		t.Errorf("sources: %+v", got)
	}

	close(two.now)
	second := <-d.tasks.ended
	if err := d.taskEnded(second); err == nil || err.Error() != "source cable: the cable is cut" {
		t.Errorf("the last source failed: %v", err)
	}

	other := d.tasks.start("clock", func(context.Context) error { return errors.New("it stands still") })
	if err := d.taskEnded(<-d.tasks.ended); err == nil {
		t.Errorf("task %s failed and nobody minds", other.name)
	}
	d.setSources(plan{})
	if err := d.taskEnded(second); err != nil {
		t.Errorf("a source that was stopped meanwhile: %v", err)
	}
}

// A source that read its file to the end, and one that cannot, leave the others
// running.
func TestOneEndsOneFails(t *testing.T) {
	h := newHouse(t, fileSource("good", "good.pcap")+fileSource("bad", "bad.pcap"))
	writeCapture(t, h.path("good.pcap"), 3)
	if err := os.WriteFile(h.path("bad.pcap"), []byte("this is not a capture, it is a letter"), 0o644); err != nil {
		t.Fatal(err)
	}
	h.run(t)
	ask.Until(t, "both are through", func() bool {
		s := h.call(t, "sources", nil)
		return ask.At(s, "sources.2.state") == "ended" && ask.At(s, "sources.3.state") == "failed"
	})
	note := ask.At(h.call(t, "sources", nil), "sources.3.note").(string)
	if !strings.Contains(note, "bad.pcap") || !strings.Contains(note, "not a capture file") {
		t.Errorf("note: %s", note)
	}
	if err := h.stop(); err != nil {
		t.Error(err)
	}
}
