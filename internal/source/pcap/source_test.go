package pcap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/flow"
	"weir/internal/packet"
	"weir/internal/source"
	"weir/test/corpus"
)

// recorder is a Sink that remembers what it was given.
type recorder struct {
	mu     sync.Mutex
	names  []string
	frames []heard
	limit  int              // observation points it accepts, 0 = all
	got    func(frames int) // called after each batch, with the total
}

type heard struct {
	Point string
	Time  int64
	At    int64 // time of the call
	Data  string
}

func (r *recorder) Interface(name string) (uint8, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.names, name); i >= 0 {
		return uint8(i), nil
	}
	if r.limit > 0 && len(r.names) == r.limit {
		return 0, errors.New("no more observation points")
	}
	r.names = append(r.names, name)
	return uint8(len(r.names) - 1), nil
}

func (r *recorder) Packets(batch []packet.Raw) {
	r.mu.Lock()
	for _, p := range batch {
		r.frames = append(r.frames, heard{r.names[p.Iface], p.Time, time.Now().UnixNano(), string(p.Data)})
	}
	total := len(r.frames)
	r.mu.Unlock()
	if r.got != nil {
		r.got(total)
	}
}

func (r *recorder) Records([]flow.Record) { panic("a packet source has no records") }

func (r *recorder) Connections([]flow.Connection) { panic("a packet source has no connections") }

func (r *recorder) Swept(int64) { panic("a packet source sweeps nothing") }

// times returns the times the frames carry, as offsets from base.
func (r *recorder) times(base time.Time) []time.Duration {
	var d []time.Duration
	for _, f := range r.frames {
		d = append(d, time.Duration(f.Time-base.UnixNano()))
	}
	return d
}

// capture writes a classic capture with a frame at each of the given seconds
// after some day in 2020.
func capture(t *testing.T, seconds ...float64) (path string, data []byte) {
	t.Helper()
	w := build(le).head(0xa1b23c4d, 1)
	for i, s := range seconds {
		ns := 1_600_000_000e9 + int64(s*1e9)
		w.record(uint32(ns/1e9), uint32(ns%1e9), fmt.Appendf(nil, "frame %d", i))
	}
	path = filepath.Join(t.TempDir(), "test.pcap")
	if err := os.WriteFile(path, w.b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, w.b
}

func TestPlayFile(t *testing.T) {
	path, _ := capture(t, 0, 3600, 1.5)
	now := time.Unix(1_800_000_000, 5)
	for _, tt := range []struct {
		name string
		cfg  Config
		base time.Time
	}{
		{"moved so that it ends now", Config{}, now.Add(-time.Hour)},
		{"capture time", Config{CaptureTime: true}, time.Unix(1_600_000_000, 0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.Path, tt.cfg.Now = path, func() time.Time { return now }
			s, sink := New(tt.cfg), &recorder{}
			if st := s.Status(); st.State != "starting" || st.Kind != "pcap" || st.Name != "test.pcap" {
				t.Errorf("before Run: %+v", st)
			}
			if err := s.Run(t.Context(), sink); err != nil {
				t.Fatal(err)
			}
			want := []time.Duration{0, time.Hour, 1500 * time.Millisecond}
			if diff := cmp.Diff(want, sink.times(tt.base)); diff != "" {
				t.Error(diff)
			}
			status := source.Status{
				Name: "test.pcap", Kind: "pcap", State: "ended", Note: "ended: 3 packets",
				Points: []source.Point{{Interface: "test.pcap", Packets: 3, Bytes: 21, LastPacket: now.UnixNano()}},
			}
			if diff := cmp.Diff(status, s.Status()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPace(t *testing.T) {
	path, _ := capture(t, 0, 2, 2, 2.0005, 1, 10)
	second := time.Second
	for _, tt := range []struct {
		pace float64
		want []time.Duration // of the stamps
	}{
		{1, []time.Duration{0, 2 * second, 2 * second, 2*second + second/2000, second, 10 * second}},
		{10, []time.Duration{0, second / 5, second / 5, second/5 + second/20000, second / 10, second}},
		{0.5, []time.Duration{0, 4 * second, 4 * second, 4*second + second/1000, 2 * second, 20 * second}},
	} {
		t.Run(fmt.Sprint(tt.pace), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				sink := &recorder{}
				if err := New(Config{Path: path, Pace: tt.pace}).Run(t.Context(), sink); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, sink.times(start)); diff != "" {
					t.Error(diff)
				}
				var latest int64
				for i, f := range sink.frames {
					latest = max(latest, f.Time) // a frame out of order waits for the one before
					if late := time.Duration(f.At - latest); late < 0 || late > tick {
						t.Errorf("frame %d was released %v after it was due", i, late)
					}
				}
			})
		})
	}
}

func TestPaceTellsLongWaits(t *testing.T) {
	path, _ := capture(t, 0, 7200)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s, done := New(Config{Path: path, Pace: 1}), make(chan error)
		go func() { done <- s.Run(ctx, &recorder{}) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		if st := s.Status(); st.State != "running" || st.Note != "next packet in 2h0m0s" {
			t.Errorf("%s, %s", st.State, st.Note)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if st := s.Status(); st.State != "ended" || st.Note != "ended: 1 packet" {
			t.Errorf("%s, %s", st.State, st.Note)
		}
	})
}

func TestLoop(t *testing.T) {
	path, _ := capture(t, 0, 1, 2)
	for _, pace := range []float64{0, 2} {
		t.Run(fmt.Sprint(pace), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				sink := &recorder{got: func(n int) {
					if n >= 9 {
						cancel()
					}
				}}
				start := time.Now()
				if err := New(Config{Path: path, Pace: pace, Loop: true}).Run(ctx, sink); err != nil {
					t.Fatal(err)
				}
				step := time.Second
				if pace > 0 {
					step /= 2
				} else {
					start = start.Add(-2 * time.Second) // the first round ends now
				}
				want := []time.Duration{0, step, 2 * step, 2 * step, 3 * step, 4 * step, 4 * step, 5 * step, 6 * step}
				if diff := cmp.Diff(want, sink.times(start)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// TestLoopEnds checks that a capture without a frame does not spin, and that one
// which is cut short is repeated as far as it goes.
func TestLoopEnds(t *testing.T) {
	empty, _ := capture(t)
	if err := New(Config{Path: empty, Loop: true}).Run(t.Context(), &recorder{}); err != nil {
		t.Error(err)
	}
	cut, data := capture(t, 0, 1)
	if err := os.WriteFile(cut, data[:len(data)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	sink := &recorder{got: func(n int) {
		if n == 3 {
			cancel()
		}
	}}
	if err := New(Config{Path: cut, Loop: true}).Run(ctx, sink); err != nil || len(sink.frames) != 3 {
		t.Errorf("%d frames, %v", len(sink.frames), err)
	}
}

func TestRunErrors(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole := sample("pcap", 2)
	text := file("x.txt", []byte("hello, world\n"))
	damaged := file("damaged.pcap", append(sample("pcap", 2), bytes.Repeat([]byte{255}, 16)...))
	radio := file("radio.pcap", build(le).head(0xa1b2c3d4, 127).b)
	cut := file("cut.pcap", whole[:len(whole)-1])
	for _, tt := range []struct{ name, path, want, note string }{
		{"missing", dir + "/none", "open " + dir + "/none: no such file or directory", ""},
		{"folder", dir, "open " + dir + ": neither a file nor a named pipe", ""},
		{"text", text, "read " + text + ": not a capture file (pcap or pcapng expected)", ""},
		{"link type", radio, "read " + radio + ": link type 127 (ieee-802.11-radiotap) is not supported", ""},
		{"damaged", damaged, "read " + damaged + ": damaged capture: record 3: captured length 4294967295 is above the limit of 262144 bytes", ""},
		{"cut", cut, "", "ended: 1 packet; read " + cut + ": capture is cut short: it ends in the middle of a record"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := New(Config{Path: tt.path})
			err := s.Run(t.Context(), &recorder{})
			st := s.Status()
			if tt.want == "" {
				if err != nil || st.State != "ended" || st.Note != tt.note {
					t.Errorf("error %v, status %s, %s", err, st.State, st.Note)
				}
				return
			}
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if st.State != "failed" || st.Note != tt.want {
				t.Errorf("status %s, %s", st.State, st.Note)
			}
		})
	}
}

func TestObservationPoints(t *testing.T) {
	w := build(le).section()
	for _, name := range []string{"eth0", "eth1", "wlan0"} {
		link := uint16(1)
		if name == "wlan0" {
			link = 127
		}
		w.iface(link, 0, w.option(2, []byte(name)))
	}
	for i := range uint32(700) {
		w.packet(i%3, 0, []byte("data"))
	}
	path := filepath.Join(t.TempDir(), "x.pcapng")
	if err := os.WriteFile(path, w.b, 0o600); err != nil {
		t.Fatal(err)
	}
	s := New(Config{Name: "dump", Path: path})
	sink := &recorder{}
	if err := s.Run(t.Context(), sink); err != nil {
		t.Fatal(err)
	}
	perPoint := map[string]int{}
	for _, f := range sink.frames {
		perPoint[f.Point]++
	}
	if diff := cmp.Diff(map[string]int{"dump/eth0": 234, "dump/eth1": 233}, perPoint); diff != "" {
		t.Error(diff)
	}
	st := s.Status()
	for i := range st.Points {
		st.Points[i].LastPacket = 0
	}
	slices.SortFunc(st.Points, func(a, b source.Point) int { return strings.Compare(a.Interface, b.Interface) })
	want := []source.Point{
		{Interface: "dump/eth0", Packets: 234, Bytes: 936},
		{Interface: "dump/eth1", Packets: 233, Bytes: 932},
		{Interface: "dump/wlan0", Drops: 233},
	}
	if diff := cmp.Diff(want, st.Points); diff != "" {
		t.Error(diff)
	}

	err := New(Config{Name: "dump", Path: path}).Run(t.Context(), &recorder{limit: 1})
	if err == nil || err.Error() != "read "+path+": add interface dump/eth1: no more observation points" {
		t.Errorf("a full sink gave %v", err)
	}
}

// TestSeveralAtOnce runs sources side by side into one sink.
func TestSeveralAtOnce(t *testing.T) {
	sink := &recorder{}
	var wg sync.WaitGroup
	total := 0
	for i, file := range corpus.Files(t, "pcap", "*.pcap")[:8] {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		n, _, err := readAll(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		total += n
		wg.Go(func() {
			if err := New(Config{Name: fmt.Sprint("tap", i), Path: file}).Run(t.Context(), sink); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(sink.frames) != total || len(sink.names) < 8 {
		t.Errorf("%d frames of %d at %d points", len(sink.frames), total, len(sink.names))
	}
}

func TestParsePace(t *testing.T) {
	for in, want := range map[string]float64{"max": 0, "1x": 1, "10x": 10, "2": 2, "0.5x": 0.5, "1e3x": 1000} {
		if got, err := ParsePace(in); got != want || err != nil {
			t.Errorf("ParsePace(%q) = %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "x", "0", "-1x", "NaN", "Inf", "fast", "1e9x", "1xx"} {
		if got, err := ParsePace(in); err == nil {
			t.Errorf("ParsePace(%q) = %v", in, got)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 packets", 1: "1 packet", 999: "999 packets", 1000: "1,000 packets", 12345: "12,345 packets", 1234567: "1,234,567 packets",
	} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %s, want %s", n, got, want)
		}
	}
}
