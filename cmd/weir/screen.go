package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
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
	shown   []string // what draw sent last
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

// draw shows lines, as many as the screen has, each already cut to its width.
// What is shown already is not sent again; redraw forgets it.
func (s *screen) draw(lines []string) {
	if slices.Equal(lines, s.shown) {
		return
	}
	s.shown = lines
	var b strings.Builder
	b.WriteString(seqHome)
	for i, l := range lines {
		if i > 0 {
			b.WriteString("\r\n")
		}
		// Erased before it is written: after the last column the cursor stays
		// on it, and erasing then would take that character away.
		b.WriteString(seqEndLine)
		b.WriteString(l)
	}
	fmt.Fprint(s.con.screen, b.String())
}

// redraw makes the next draw send everything.
func (s *screen) redraw() { s.shown = nil }

// style puts an attribute around text where attributes are wanted.
func (c *console) style(seq, text string) string {
	if !c.colour {
		return text
	}
	return seq + text + seqReset
}
