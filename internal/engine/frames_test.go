package engine_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/intern"
	"weir/internal/packet"
	"weir/internal/rollup"
	"weir/internal/source/pcap"
	"weir/test/corpus"
)

// capture is the frames of one file, in memory of their own.
type capture struct {
	name   string
	frames []packet.Raw
	points []string
}

// readCapture reads a capture as far as it goes.
func readCapture(tb testing.TB, path string) capture {
	tb.Helper()
	c := capture{name: filepath.Base(path)}
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	r, err := pcap.NewReader(f)
	if err != nil {
		return c // of a link type that is refused, or none at all
	}
	batch := make([]packet.Raw, 64)
	for {
		n, err := r.Batch(batch)
		for _, raw := range batch[:n] {
			raw.Data = append([]byte(nil), raw.Data...)
			c.frames = append(c.frames, raw)
		}
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, pcap.ErrTruncated) {
				tb.Logf("%s: %v", c.name, err)
			}
			for _, i := range r.Interfaces() {
				c.points = append(c.points, i.Name)
			}
			return c
		}
	}
}

// corpusCaptures reads all captures of a folder of the corpus.
func corpusCaptures(tb testing.TB, dir string) []capture {
	tb.Helper()
	var all []capture
	for _, path := range corpus.Files(tb, dir, "*.pcap*") {
		all = append(all, readCapture(tb, path))
	}
	return all
}

// ethernet returns the Ethernet frames of the corpus, side by side in one buffer
// as a ring or a file hands them over.
func ethernet(tb testing.TB) []packet.Raw {
	tb.Helper()
	var all []packet.Raw
	var buf []byte
	for _, c := range corpusCaptures(tb, "pcap") {
		for _, r := range c.frames {
			if r.Link == packet.LinkEthernet {
				r.Iface = 0
				all = append(all, r)
			}
		}
	}
	size := 0
	for i := range all {
		size += len(all[i].Data)
	}
	buf = make([]byte, 0, size)
	for i := range all {
		n := len(buf)
		buf = append(buf, all[i].Data...)
		all[i].Data = buf[n:len(buf):len(buf)]
	}
	return all
}

// fullEngine returns an engine with everything that the daemon has.
func fullEngine(tb testing.TB, points ...string) *engine.Engine {
	tb.Helper()
	return engineThat(tb, engine.Config{}, points...)
}

// engineThat returns an engine with everything that the daemon has, but for what c
// says of names.
func engineThat(tb testing.TB, c engine.Config, points ...string) *engine.Engine {
	tb.Helper()
	names := intern.New(4096)
	r, err := rollup.New(rollup.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	e := engine.New(engine.Config{
		Flows:    flow.Config{Max: 8192, Idle: time.Minute, Active: 5 * time.Minute, Completed: 10 * time.Second},
		MaxHosts: 4096, MaxDevices: 512, Rollup: r, Names: names, CaptureTime: true, Inspect: c.Inspect, NoDNS: c.NoDNS,
	})
	for _, p := range points {
		if _, err := e.Interface(p); err != nil {
			tb.Fatal(err)
		}
	}
	return e
}
