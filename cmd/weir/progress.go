package main

import (
	"fmt"
	"io"
	"time"
)

// progress shows on a terminal how far the reading of one capture, or the sending
// of one file, is. What takes less than progressAfter never shows it.
type progress struct {
	w     io.Writer // nil: show nothing
	name  string
	total int64 // bytes of it, 0 when unknown
	now   func() time.Time
	start time.Time
	next  time.Time // when to draw again
	drawn bool
}

const (
	progressAfter = 500 * time.Millisecond
	progressEvery = 200 * time.Millisecond
)

func newProgress(w io.Writer, name string, total int64, now func() time.Time) *progress {
	start := now()
	return &progress{w: w, name: name, total: total, now: now, start: start, next: start.Add(progressAfter)}
}

// step may be called often; it draws when it is time to. A file has no packets.
func (p *progress) step(bytes int64, packets uint64) {
	if p.w == nil {
		return
	}
	now := p.now()
	if now.Before(p.next) {
		return
	}
	p.next, p.drawn = now.Add(progressEvery), true
	fmt.Fprintf(p.w, "\r%s\x1b[K", p.line(bytes, packets, now.Sub(p.start)))
}

func (p *progress) line(bytes int64, packets uint64, took time.Duration) string {
	s := cutText(p.name, 32, "~") + "  "
	if p.total > 0 {
		done := min(float64(bytes)/float64(p.total), 1)
		s += fmt.Sprintf("%3.0f %%  %s of %s", 100*done, byteText(uint64(bytes)), byteText(uint64(p.total)))
		if done > 0 && took > 0 {
			left := time.Duration(float64(took) * (1 - done) / done)
			s += "  " + durationText(left.Round(time.Second)) + " left"
		}
	} else {
		s += byteText(uint64(bytes))
	}
	switch {
	case took <= 0:
	case packets > 0:
		s += "  " + countText(uint64(float64(packets)/took.Seconds())) + " packets/s"
	case p.total == 0:
		s += "  " + byteText(uint64(float64(bytes)/took.Seconds())) + "/s"
	}
	return s
}

// clear takes the line off the terminal.
func (p *progress) clear() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}
