// Package logfmt writes the daemon's log: a line of pairs for each record,
// level=WARN msg="the clock was set" by=1h0m0s.
//
// A line holds no control characters, whatever names it quotes. A Logger may be
// used from several goroutines, each line is one call of its writer, and errors
// of the writer have nowhere to go. log/slog writes the same lines; with
// the JSON encoder that it always links, it would be 200 kB on MIPS.
package logfmt

import (
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"
)

// Level is how much a record matters. The zero Level is Info.
type Level int8

// The levels.
const (
	Debug Level = iota - 1
	Info
	Warn
	Error
)

func (l Level) String() string {
	if l < Debug || l > Error {
		return "Level(" + strconv.Itoa(int(l)) + ")"
	}
	return [...]string{"DEBUG", "INFO", "WARN", "ERROR"}[l-Debug]
}

// timeLayout is RFC 3339 with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// Logger writes records of Info and above, until SetLevel says otherwise. A nil
// Logger writes nothing.
type Logger struct {
	now   func() time.Time
	least atomic.Int32 // a Level

	mu   sync.Mutex
	w    io.Writer // guarded by mu
	line []byte    // guarded by mu; its memory is used again
}

// New returns a Logger that writes to w. now gives records their time; nil
// leaves it out.
func New(w io.Writer, now func() time.Time) *Logger { return &Logger{now: now, w: w} }

// SetLevel leaves out what is below l from now on.
func (l *Logger) SetLevel(least Level) {
	if l != nil {
		l.least.Store(int32(least))
	}
}

// Debug writes a record of that level: text, and the pairs of names, which are
// strings, and values.
func (l *Logger) Debug(text string, pairs ...any) { l.Log(Debug, text, pairs...) }

// Info is like [Logger.Debug].
func (l *Logger) Info(text string, pairs ...any) { l.Log(Info, text, pairs...) }

// Warn is like [Logger.Debug].
func (l *Logger) Warn(text string, pairs ...any) { l.Log(Warn, text, pairs...) }

// Error is like [Logger.Debug].
func (l *Logger) Error(text string, pairs ...any) { l.Log(Error, text, pairs...) }

// Log writes a record of any level, like [Logger.Debug].
func (l *Logger) Log(level Level, text string, pairs ...any) {
	if l == nil || int32(level) < l.least.Load() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.line[:0]
	if l.now != nil {
		b = append(l.now().AppendFormat(append(b, "time="...), timeLayout), ' ')
	}
	b = append(append(b, "level="...), level.String()...)
	b = appendText(append(b, " msg="...), text)
	for ; len(pairs) > 1; pairs = pairs[2:] {
		b = appendText(append(b, ' '), fmt.Sprint(pairs[0]))
		b = appendText(append(b, '='), valueText(pairs[1]))
	}
	if len(pairs) > 0 {
		b = appendText(append(b, " unnamed="...), valueText(pairs[0]))
	}
	l.line = append(b, '\n')
	_, _ = l.w.Write(l.line)
}

func valueText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case time.Time:
		return v.Format(timeLayout)
	}
	return fmt.Sprintf("%+v", v)
}

// appendText appends text, quoted where it could be mistaken for more than one
// value or steer a terminal.
func appendText(dst []byte, text string) []byte {
	plain := text != "" && utf8.ValidString(text)
	for _, r := range text {
		plain = plain && r != ' ' && r != '"' && r != '=' && unicode.IsPrint(r)
	}
	if plain {
		return append(dst, text...)
	}
	return strconv.AppendQuote(dst, text)
}
