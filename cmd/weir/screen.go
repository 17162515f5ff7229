package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/term"
)

// Control sequences (ECMA-48 and xterm's private modes).
const (
	seqEnter   = "\x1b[?1049h\x1b[?25l\x1b[?7l" // alternate screen, no cursor, no wrapping
	seqLeave   = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	seqHome    = "\x1b[H"
	seqEndLine = "\x1b[K"
	seqEndPage = "\x1b[J"
	seqReverse = "\x1b[7m"
	seqBold    = "\x1b[1m"
	seqReset   = "\x1b[0m"
)

// screen is a terminal in raw mode, drawn on as a whole. Whoever opened it must
// close it, also when panicking.
type screen struct {
	con     *console
	tty     *os.File // the keyboard, opened anew so that closing it ends a read
	before  *term.State
	keys    chan key
	resized chan os.Signal
	closing sync.Once
}

// openScreen takes the terminal over.
func openScreen(con *console) (*screen, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open the terminal: %w; use -n 1 for a plain listing", err)
	}
	// Raw mode belongs to the terminal, whichever descriptor it is set
	// through. Asking tty itself for its descriptor would make its reads
	// block for good.
	before, err := term.MakeRaw(int(con.screen.Fd()))
	if err != nil {
		tty.Close()
		return nil, fmt.Errorf("set up the terminal: %w; use -n 1 for a plain listing", err)
	}
	s := &screen{
		con: con, tty: tty, before: before,
		keys:    make(chan key, 16),
		resized: make(chan os.Signal, 1),
	}
	signal.Notify(s.resized, syscall.SIGWINCH)
	fmt.Fprint(con.screen, seqEnter)
	return s, nil
}

// close gives the terminal back as it was. It may be called again.
func (s *screen) close() {
	s.closing.Do(func() {
		signal.Stop(s.resized)
		s.tty.Close()
		fmt.Fprint(s.con.screen, seqReset+seqLeave)
		// There is nobody left to tell if this fails.
		_ = term.Restore(int(s.con.screen.Fd()), s.before)
	})
}

// closeOnPanic, deferred in a goroutine, gives the terminal back before a panic
// ends the program, so that its message can be read.
func (s *screen) closeOnPanic() {
	if p := recover(); p != nil {
		s.close()
		panic(p)
	}
}

// readKeys sends key presses to s.keys until ctx is done or the terminal is
// closed, and closes s.keys.
func (s *screen) readKeys(ctx context.Context) {
	defer close(s.keys)
	var buf [256]byte
	for {
		n, err := s.tty.Read(buf[:])
		if err != nil {
			return
		}
		for b := buf[:n]; len(b) > 0; {
			k, used := nextKey(b)
			b = b[used:]
			select {
			case s.keys <- k:
			case <-ctx.Done():
				return
			}
		}
	}
}

// draw shows lines, each already cut to the width of the screen.
func (s *screen) draw(lines []string) {
	var b strings.Builder
	b.WriteString(seqHome)
	for i, l := range lines {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(l)
		b.WriteString(seqEndLine)
	}
	b.WriteString(seqEndPage)
	fmt.Fprint(s.con.screen, b.String())
}

// style puts an attribute around text where attributes are wanted.
func (c *console) style(seq, text string) string {
	if !c.colour {
		return text
	}
	return seq + text + seqReset
}
