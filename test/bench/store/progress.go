package main

import (
	"fmt"
	"os"
	"time"
)

// progress tells on a terminal how far the simulation is; elsewhere it is silent.
type progress struct {
	out   *os.File // nil: tells nobody
	begun time.Time
	told  time.Time
}

func newProgress(out *os.File) *progress {
	info, err := out.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		out = nil
	}
	return &progress{out: out, begun: time.Now()}
}

// day says that n of all days have passed.
func (p *progress) day(n, all int) {
	if p == nil || p.out == nil || time.Since(p.told) < time.Second/4 {
		return
	}
	p.told = time.Now()
	took := time.Since(p.begun)
	left := took / time.Duration(n) * time.Duration(all-n)
	fmt.Fprintf(p.out, "\r\033[Kday %d of %d, %v, about %v to go", n, all, took.Round(time.Second), left.Round(time.Second))
}

// end clears the line.
func (p *progress) end() {
	if p != nil && p.out != nil {
		fmt.Fprint(p.out, "\r\033[K")
	}
}
