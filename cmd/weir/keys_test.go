package main

import (
	"slices"
	"testing"
)

func TestNextKey(t *testing.T) {
	tests := []struct {
		name, in string
		want     []key
	}{
		{"letters", "qf", []key{'q', 'f'}},
		{"arrows", "\x1b[A\x1b[B\x1bOC", []key{keyUp, keyDown, keyRight}},
		{"pages", "\x1b[5~\x1b[6~x", []key{keyPageUp, keyPageDown, 'x'}},
		{"home and end", "\x1b[H\x1b[4~", []key{keyHome, keyEnd}},
		{"escape alone", "\x1b", []key{keyEscape}},
		{"function key", "\x1b[15~q", []key{keyOther, 'q'}},
		{"meta key", "\x1bxq", []key{keyOther, 'q'}},
		{"cut sequence", "\x1b[1;", []key{keyOther}},
		{"mouse report", "\x1b[<0;10;20Mq", []key{keyOther, 'q'}},
		{"unicode", "ü", []key{'ü'}},
		{"not UTF-8", "\xff", []key{0xfffd}},
		{"interrupt", "\x03", []key{keyInterrupt}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []key
			for b := []byte(tt.in); len(b) > 0; {
				k, n := nextKey(b)
				got, b = append(got, k), b[n:]
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

// FuzzNextKey checks that whatever is typed or pasted is taken apart to its end.
func FuzzNextKey(f *testing.F) {
	for _, s := range []string{"q", "\x1b", "\x1b[5~", "\x1bOA", "\x1b[<0;10;20M", "\xff\x1b[", "ü"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v := newTopView(&console{})
		for len(b) > 0 {
			k, n := nextKey(b)
			if n < 1 || n > len(b) {
				t.Fatalf("%q: took %d bytes", b, n)
			}
			v.press(k, 20)
			b = b[n:]
		}
		if len(v.draft) > maxFilter || len(v.lines(80, 24)) != 24 {
			t.Fatalf("%d bytes typed", len(v.draft))
		}
	})
}
