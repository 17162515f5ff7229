package main

import (
	"strings"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	now := time.Unix(1000, 0)
	var out strings.Builder
	p := newProgress(&out, "home.pcap", 400e6, func() time.Time { return now })

	p.step(0, 0)
	now = now.Add(progressAfter - 1)
	p.step(50e6, 1e5)
	if out.Len() > 0 {
		t.Fatalf("drew %q before it was time", out.String())
	}
	p.clear()
	if out.Len() > 0 {
		t.Fatalf("cleared a line that was never drawn: %q", out.String())
	}

	now = time.Unix(1001, 0)
	p.step(100e6, 1e6)
	want := "\rhome.pcap   25 %  100 MB of 400 MB  3.00 s left  1,000,000 packets/s\x1b[K"
	if out.String() != want {
		t.Errorf("drew %q, want %q", out.String(), want)
	}
	p.step(101e6, 1e6)
	if out.String() != want {
		t.Errorf("drew again at once: %q", out.String())
	}
	now = now.Add(progressEvery)
	out.Reset()
	p.step(400e6, 4e6)
	if !strings.Contains(out.String(), "100 %") {
		t.Errorf("drew %q at the end", out.String())
	}
	out.Reset()
	p.clear()
	if out.String() != "\r\x1b[K" {
		t.Errorf("clear wrote %q", out.String())
	}
}

func TestProgressOfStream(t *testing.T) {
	p := newProgress(nil, "standard input", 0, time.Now)
	p.step(1, 1) // writes nowhere
	if got, want := p.line(2500, 20, 2*time.Second), "standard input  2.50 kB  10 packets/s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
