package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func encode(t *testing.T, write func(*Encoder)) string {
	t.Helper()
	var out bytes.Buffer
	e := NewEncoder(&out)
	write(e)
	if err := e.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestEncoderElements(t *testing.T) {
	tests := []struct {
		name  string
		write func(*Encoder)
		want  string
	}{
		{"empty table", func(e *Encoder) { e.Table(""); e.EndTable() }, `{}`},
		{"empty array in table", func(e *Encoder) { e.Table(""); e.Array("a"); e.EndArray(); e.EndTable() }, `{"a":[]}`},
		{"commas", func(e *Encoder) {
			e.Table("")
			e.Int("a", -1)
			e.Array("b")
			e.Uint("", 1)
			e.Table("")
			e.Null("n")
			e.EndTable()
			e.Array("")
			e.EndArray()
			e.EndArray()
			e.Bool("c", true)
			e.EndTable()
		}, `{"a":-1,"b":[1,{"n":null},[]],"c":true}`},
		{"text", func(e *Encoder) { e.Str("", `a"b\c`) }, `"a\"b\\c"`},
		{"bytes", func(e *Encoder) { e.Bytes("", []byte("ab")) }, `"ab"`},
		{"escapes", func(e *Encoder) { e.Str("", "\x00\n\x1f\x7f<>&\u0085\u2028\u2029") }, `"\u0000\u000a\u001f\u007f\u003c\u003e\u0026\u0085\u2028\u2029"`},
		{"invalid UTF-8", func(e *Encoder) { e.Str("", "a\xffb\xe2\x82") }, "\"a\ufffdb\ufffd\ufffd\""},
		{"surrogate half", func(e *Encoder) { e.Str("", "\xed\xa0\x80") }, "\"\ufffd\ufffd\ufffd\""},
		{"other scripts", func(e *Encoder) { e.Str("", "Küche 厨房 🏠") }, `"Küche 厨房 🏠"`},
		{"JSON", func(e *Encoder) { e.JSON("", []byte(`{"x":1}`)) }, `{"x":1}`},
		{"milli", func(e *Encoder) { e.Milli("", 1500) }, `1.500`},
		{"milli below one", func(e *Encoder) { e.Milli("", 7) }, `0.007`},
		{"milli negative", func(e *Encoder) { e.Milli("", -1050) }, `-1.050`},
		{"milli least", func(e *Encoder) { e.Milli("", math.MinInt64) }, `-9223372036854775.808`},
		{"largest exact", func(e *Encoder) { e.Uint("", 1<<53) }, `9007199254740992`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := encode(t, tt.write)
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if !json.Valid([]byte(got)) {
				t.Errorf("%s is not JSON", got)
			}
		})
	}
}

func TestEncoderClamps(t *testing.T) {
	var out bytes.Buffer
	e := NewEncoder(&out)
	e.Array("")
	e.Uint("", math.MaxUint64)
	e.Int("", math.MaxInt64)
	e.Int("", math.MinInt64)
	e.Uint("", MaxInt)
	e.EndArray()
	e.Flush()
	want := `[9007199254740992,9007199254740992,-9007199254740992,9007199254740992]`
	if out.String() != want || e.Clamped() != 3 {
		t.Errorf("got %s with %d clamped, want %s with 3", out.String(), e.Clamped(), want)
	}
}

// pieces records the sizes of the writes it gets.
type pieces []int

func (p *pieces) Write(b []byte) (int, error) {
	*p = append(*p, len(b))
	return len(b), nil
}

func TestEncoderStreams(t *testing.T) {
	var p pieces
	e := NewEncoder(&p)
	before := cap(e.buf)
	e.Array("")
	for range 20 {
		e.Str("", strings.Repeat("\x01é", 30_000)) // 8 bytes for 3: one value larger than the buffer
		for range 500 {
			e.Uint("", MaxInt)
		}
	}
	e.EndArray()
	e.Flush()
	if len(p) < 20*30_000*8/cap(e.buf) {
		t.Errorf("%d writes only", len(p))
	}
	for _, n := range p[:len(p)-1] {
		if n < flushAt || n > before {
			t.Errorf("a write of %d bytes, want %d to %d", n, flushAt, before)
		}
	}
	if cap(e.buf) != before {
		t.Errorf("the buffer grew from %d to %d", before, cap(e.buf))
	}
}

type brokenPipe struct{ writes int }

var errPipe = errors.New("broken pipe")

func (b *brokenPipe) Write([]byte) (int, error) { b.writes++; return 0, errPipe }

func TestEncoderKeepsFirstError(t *testing.T) {
	w := &brokenPipe{}
	e := NewEncoder(w)
	for range 10 * flushAt {
		e.Int("", 1)
	}
	if err := e.Flush(); !errors.Is(err, errPipe) {
		t.Errorf("got %v, want %v", err, errPipe)
	}
	if w.writes != 1 || cap(e.buf) > 2*flushAt {
		t.Errorf("%d writes and %d bytes of buffer after the first error", w.writes, cap(e.buf))
	}
	var out bytes.Buffer
	e.Reset(&out)
	e.Int("", 1)
	if err := e.Flush(); err != nil || out.String() != "1" {
		t.Errorf("after Reset: %q, %v", out.String(), err)
	}
}

// FuzzText checks that whatever is put in, JSON readers get the same text with
// invalid bytes replaced, and that nothing of it can end a script.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "router", "</script>", "a\x00\xff\"\\", "\u2028\u2029\u0085", "Küche 🏠", "\xed\xa0\x80", strings.Repeat("é", textChunk)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var out bytes.Buffer
		e := NewEncoder(&out)
		e.Array("")
		e.Str("", s)
		e.Bytes("", []byte(s))
		e.EndArray()
		e.Flush()
		var got []string
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%q: %v", out.Bytes(), err)
		}
		want := string([]rune(s)) // each invalid byte becomes U+FFFD
		if diff := cmp.Diff([]string{want, want}, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", s, diff)
		}
		if bytes.ContainsAny(out.Bytes(), "<>&\x7f\u2028\u2029") || !utf8.Valid(out.Bytes()) {
			t.Errorf("%q is not safe", out.Bytes())
		}
		for _, c := range out.Bytes() {
			if c < ' ' {
				t.Errorf("%q has a control character", out.Bytes())
			}
		}
	})
}

// chunked text must not be cut inside a character, wherever the chunk ends.
func TestTextChunks(t *testing.T) {
	for shift := range 5 {
		s := strings.Repeat("x", shift) + strings.Repeat("🏠é厨", 1000)
		got := encode(t, func(e *Encoder) { e.Str("", s) })
		if got != `"`+s+`"` {
			t.Errorf("shift %d: text changed", shift)
		}
	}
	bad := strings.Repeat("\x80", 3*textChunk)
	if got, want := encode(t, func(e *Encoder) { e.Str("", bad) }), `"`+strings.Repeat("\ufffd", len(bad))+`"`; got != want {
		t.Error("continuation bytes only: text changed")
	}
}

func ExampleEncoder() {
	var out bytes.Buffer
	e := NewEncoder(&out)
	e.Table("")
	e.Int("total", 1)
	e.Array("names")
	e.Str("", "Anna's <phone>")
	e.EndArray()
	e.EndTable()
	e.Flush()
	fmt.Println(out.String())
	// Output: {"total":1,"names":["Anna's \u003cphone\u003e"]}
}
