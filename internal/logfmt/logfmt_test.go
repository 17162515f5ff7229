package logfmt

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestLikeSlog compares lines with those that log/slog writes.
func TestLikeSlog(t *testing.T) {
	at := time.Date(2025, 6, 15, 15, 4, 5, 67e6, time.FixedZone("", 7200))
	tests := []struct {
		name  string
		text  string
		pairs []any
	}{
		{"no pairs", "stopped", nil},
		{"words", "the clock was set", []any{"by", 90 * time.Minute, "moved", true}},
		{"numbers", "n", []any{"int", -1, "uint8", uint8(2), "uint64", uint64(1) << 63, "float", 1.5}},
		{"empty", "", []any{"name", ""}},
		{"error", "read", []any{"error", errors.New(`open "x": no such file`)}},
		{"plain error", "read", []any{"error", errors.New("EOF")}},
		{"list", "changed", []any{"changed", []string{"store", "api"}}},
		{"address", "at", []any{"addr", netip.MustParseAddr("192.0.2.1")}},
		{"time", "at", []any{"time", at}},
		{"level", "l", []any{"level", Warn}},
		{"nil", "l", []any{"error", nil}},
		{"another script", "Küche", []any{"name", "Größe"}},
		{"pairs in a value", "x", []any{"name", "a=b", "quote", `"`}},
		{"a stranger's name", "a\x1b[2J\n", []any{"name", "\u202e\u009b5n", "bytes", "\xff", "two\nlines", 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got, want bytes.Buffer
			New(&got, nil).Warn(tt.text, tt.pairs...)
			slog.New(slog.NewTextHandler(&want, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey && a.Value.Time().Year() != 2025 {
					return slog.Attr{}
				}
				return a
			}})).Warn(tt.text, tt.pairs...)
			if got.String() != want.String() {
				t.Errorf("%q, want %q", got.String(), want.String())
			}
			if strings.Count(got.String(), "\n") != 1 {
				t.Errorf("%q is not one line", got.String())
			}
		})
	}
}

func TestTime(t *testing.T) {
	var b bytes.Buffer
	New(&b, func() time.Time { return time.Date(2025, 1, 2, 3, 4, 5, 6e6, time.UTC) }).Info("up")
	if got, want := b.String(), "time=2025-01-02T03:04:05.006Z level=INFO msg=up\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLevels(t *testing.T) {
	var b bytes.Buffer
	l := New(&b, nil)
	all := func() string {
		b.Reset()
		l.Debug("d")
		l.Info("i")
		l.Warn("w")
		l.Error("e")
		return strings.NewReplacer("level=", "", " msg=", "", "\n", " ").Replace(b.String())
	}
	for _, tt := range []struct {
		level Level
		want  string
	}{
		{Info, "INFOi WARNw ERRORe "},
		{Debug, "DEBUGd INFOi WARNw ERRORe "},
		{Warn, "WARNw ERRORe "},
		{Error, "ERRORe "},
	} {
		if tt.level != Info {
			l.SetLevel(tt.level)
		}
		if got := all(); got != tt.want {
			t.Errorf("at %v: %q, want %q", tt.level, got, tt.want)
		}
	}
	if got := Level(7).String(); got != "Level(7)" {
		t.Errorf("an unknown level is %s", got)
	}
}

func TestUnnamed(t *testing.T) {
	var b bytes.Buffer
	New(&b, nil).Info("m", "a", 1, "alone")
	if got, want := b.String(), "level=INFO msg=m a=1 unnamed=alone\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestNil(t *testing.T) {
	var l *Logger
	l.SetLevel(Debug)
	l.Error("nobody reads it", "n", 1)
}

// TestGoroutines checks that lines are whole when several write at once.
func TestGoroutines(t *testing.T) {
	var b bytes.Buffer
	l := New(&b, nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				l.Info("many words", "n", 1)
			}
		})
	}
	wg.Wait()
	if want := strings.Repeat("level=INFO msg=\"many words\" n=1\n", 400); b.String() != want {
		t.Errorf("%d bytes, want %d", b.Len(), len(want))
	}
}
