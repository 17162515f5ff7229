package main

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// console is where a command reads and writes, and what can be shown there.
type console struct {
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string

	screen   *os.File // standard output when it is a terminal that can be drawn on, else nil
	keyboard *os.File // standard input when it is a terminal, else nil
	errTTY   bool     // standard error is a terminal
	unicode  bool     // characters beyond ASCII can be shown
	colour   bool     // attributes such as reverse video are wanted
}

// newConsole returns the console of the process.
func newConsole() *console {
	c := &console{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}
	drawable := c.getenv("TERM") != "dumb" && c.getenv("TERM") != ""
	if isTerminal(os.Stdout) && drawable {
		c.screen = os.Stdout
	}
	if isTerminal(os.Stdin) {
		c.keyboard = os.Stdin
	}
	c.errTTY = isTerminal(os.Stderr)
	c.unicode = showsUnicode(c.getenv)
	c.colour = c.screen != nil && c.getenv("NO_COLOR") == ""
	return c
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// showsUnicode decides from the environment whether UTF-8 can be shown. A
// locale that names another encoding says no. Where none is set, as on
// OpenWrt, whose C library knows only UTF-8, the far end of the terminal
// decides: the kernel's own console and old terminals say no.
func showsUnicode(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	switch t := getenv("TERM"); {
	case t == "linux", t == "dumb", t == "ansi", strings.HasPrefix(t, "vt"):
		return false
	}
	return true
}

// size returns the columns and rows of the screen, 80 × 24 when unknown.
func (c *console) size() (columns, rows int) {
	if c.screen == nil {
		return 80, 24
	}
	w, h, err := term.GetSize(int(c.screen.Fd()))
	if err != nil || w < 1 || h < 1 {
		return 80, 24
	}
	return w, h
}

// clean returns s as one line that may be shown here.
func (c *console) clean(s string) string { return cleanText(s, c.unicode) }

// sign returns fancy where it can be shown, else plain.
func (c *console) sign(fancy, plain string) string {
	if c.unicode {
		return fancy
	}
	return plain
}
