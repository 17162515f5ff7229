package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
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
	return loadFiles(t, map[string]string{"network": routerFiles}, main)
}

// loadFiles loads a folder with files of the router and weir's.
func loadFiles(t *testing.T, files map[string]string, main string) *uci.Config {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "weir"), "config weir 'main'\n"+main)
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	cfg, _, err := uci.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestWatchedOf(t *testing.T) {
	tests := []struct {
		name, main string
		want       []watched
		problem    string // words in the only one
	}{
		{
			name: "by default", main: "",
			want: []watched{{name: "lan", device: "br-lan"}},
		}, {
			name: "several", main: "\tlist interface 'lan'\n\tlist interface 'guest'\n",
			want: []watched{{name: "lan", device: "br-lan"}, {name: "guest", device: "wlan0"}},
		}, {
			name: "an uplink", main: "\tlist interface 'lan'\n\tlist interface 'wan'\n",
			want: []watched{{name: "lan", device: "br-lan"}, {name: "wan", device: "pppoe-wan", uplink: true}},
		}, {
			name: "an uplink by option wan", main: "\tlist interface 'lan'\n\tlist interface 'guest'\n\tlist wan 'guest'\n",
			want: []watched{{name: "lan", device: "br-lan"}, {name: "guest", device: "wlan0", uplink: true}},
		}, {
			name: "a device", main: "\tlist interface 'eth7'\n",
			want: []watched{{name: "eth7", device: "eth7"}},
		}, {
			name: "one device twice", main: "\tlist interface 'lan'\n\tlist interface 'br-lan'\n",
			want:    []watched{{name: "lan", device: "br-lan"}},
			problem: "interface br-lan is left out: its device br-lan is watched as lan already",
		}, {
			name: "a modem without a device", main: "\tlist interface 'lte'\n\tlist interface 'guest'\n",
			want:    []watched{{name: "guest", device: "wlan0"}},
			problem: "interface lte is not watched: ",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, problems := watchedOf(loadFolder(t, tt.main))
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(watched{})); diff != "" {
				t.Error(diff)
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

func TestCaptureOf(t *testing.T) {
	lan := watched{name: "lan", device: "br-lan"}
	wan := watched{name: "wan", device: "pppoe-wan", uplink: true}
	options := "\toption ring_size '1M'\n\toption snaplen '256'\n\toption sampling '10'\n\toption promiscuous '1'\n"
	tests := []struct {
		name, main string
		choice     choice
		watched    []watched
		want       afpacket.Config
	}{
		{"packets", "", choice{mode: uci.ModePackets}, []watched{lan, wan}, afpacket.Config{
			Interfaces: []afpacket.Interface{{Name: "lan", Device: "br-lan"}, {Name: "wan", Device: "pppoe-wan"}},
		}},
		{"ports", "", choice{mode: uci.ModePackets, ports: true, budget: 7}, []watched{lan}, afpacket.Config{
			Interfaces: []afpacket.Interface{{Name: "lan", Device: "br-lan", Ports: true}},
		}},
		{"hybrid leaves uplinks out", "", choice{mode: uci.ModeHybrid, ports: true, budget: 7, bridged: true}, []watched{lan, wan}, afpacket.Config{
			Hybrid: true, BridgedTracked: true, Budget: 7,
			Interfaces: []afpacket.Interface{{Name: "lan", Device: "br-lan", Ports: true}},
		}},
		{"conntrack captures nothing", "", choice{mode: uci.ModeConntrack}, []watched{lan}, afpacket.Config{}},
		{"options", options, choice{mode: uci.ModePackets}, []watched{lan}, afpacket.Config{
			RingBytes: 1 << 20, Snaplen: 256, Sampling: 10, Promiscuous: true,
			Interfaces: []afpacket.Interface{{Name: "lan", Device: "br-lan"}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := captureOf(loadFolder(t, tt.main), tt.choice, tt.watched)
			if tt.main == "" {
				got.RingBytes, got.Snaplen, got.Sampling = 0, 0, 0 // the defaults
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// planned is what a plan is made of.
func planned(t *testing.T, p plan) string {
	t.Helper()
	var kinds []string
	for _, o := range p.origins {
		switch {
		case o.tracking:
			kinds = append(kinds, "tracking")
		case o.capture != nil:
			kinds = append(kinds, "capture")
		case o.file != nil:
			kinds = append(kinds, "file")
		}
	}
	if len(p.sources) != len(p.origins) {
		t.Errorf("%d sources of %d origins", len(p.sources), len(p.origins))
	}
	return strings.Join(kinds, " ")
}

func TestPlan(t *testing.T) {
	h := newHouse(t, "")
	d, cfg := newDaemon(h.opt, h.load(t)), h.load(t)
	for mode, want := range map[uci.Mode]string{
		uci.ModePackets: "capture file", uci.ModeHybrid: "tracking capture file", uci.ModeConntrack: "tracking file",
	} {
		p, err := d.plan(cfg, choice{mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		if got := planned(t, p); got != want {
			t.Errorf("%s: %s, want %s", mode, got, want)
		}
		again, err := d.plan(cfg, choice{mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(p.origins, again.origins) {
			t.Errorf("%s: a plan made again has other origins, so its sources would be started anew", mode)
		}
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
