package main

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cleanText returns s without anything that could steer a terminal or disguise
// the text around it: control characters, invalid UTF-8, characters of no width
// or of another writing direction become "?", and so does everything beyond
// ASCII unless beyondASCII. Names on a network are chosen by strangers.
func cleanText(s string, beyondASCII bool) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == utf8.RuneError, !unicode.IsPrint(r), r >= utf8.RuneSelf && !beyondASCII:
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isPlain reports whether s is printable ASCII.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// textWidth returns the columns that cleaned text takes.
func textWidth(s string) int {
	if isPlain(s) {
		return len(s)
	}
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// wideRunes are the first and last of the runs of characters that take two
// columns (Unicode Standard Annex 11, classes W and F, joined where only
// unassigned characters lie between).
var wideRunes = [...][2]rune{
	{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec}, {0x23f0, 0x23f0}, {0x23f3, 0x23f3},
	{0x25fd, 0x25fe}, {0x2614, 0x2615}, {0x2648, 0x2653}, {0x267f, 0x267f}, {0x2693, 0x2693}, {0x26a1, 0x26a1},
	{0x26aa, 0x26ab}, {0x26bd, 0x26be}, {0x26c4, 0x26c5}, {0x26ce, 0x26ce}, {0x26d4, 0x26d4}, {0x26ea, 0x26ea},
	{0x26f2, 0x26f3}, {0x26f5, 0x26f5}, {0x26fa, 0x26fa}, {0x26fd, 0x26fd}, {0x2705, 0x2705}, {0x270a, 0x270b},
	{0x2728, 0x2728}, {0x274c, 0x274c}, {0x274e, 0x274e}, {0x2753, 0x2755}, {0x2757, 0x2757}, {0x2795, 0x2797},
	{0x27b0, 0x27b0}, {0x27bf, 0x27bf}, {0x2b1b, 0x2b1c}, {0x2b50, 0x2b50}, {0x2b55, 0x2b55},
	{0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0xa4cf}, {0xa960, 0xa97c}, {0xac00, 0xd7a3},
	{0xf900, 0xfaff}, {0xfe10, 0xfe19}, {0xfe30, 0xfe6b}, {0xff01, 0xff60}, {0xffe0, 0xffe6},
	{0x16fe0, 0x18cff}, {0x1aff0, 0x1b2fb}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e},
	{0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393},
	{0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e},
	{0x1f440, 0x1f440}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f567}, {0x1f57a, 0x1f57a},
	{0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc},
	{0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6df}, {0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7f0},
	{0x1f90c, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
}

// runeWidth returns the columns of one printable character.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	for _, w := range wideRunes {
		if r < w[0] {
			return 1
		}
		if r <= w[1] {
			return 2
		}
	}
	return 1
}

// cutText shortens cleaned text to at most width columns, ending in mark where
// something was left out.
func cutText(s string, width int, mark string) string {
	if textWidth(s) <= width {
		return s
	}
	room := width - textWidth(mark)
	if room < 0 {
		mark, room = "", max(width, 0)
	}
	for i, r := range s {
		room -= runeWidth(r)
		if room < 0 {
			return s[:i] + mark
		}
	}
	return s
}

// cutHost is cutText for a host name, whose end tells most.
func cutHost(s string, width int, mark string) string {
	if textWidth(s) <= width {
		return s
	}
	room := width - textWidth(mark)
	if room < 0 {
		mark, room = "", max(width, 0)
	}
	from := len(s)
	for from > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:from])
		if room -= runeWidth(r); room < 0 {
			break
		}
		from -= n
	}
	return mark + s[from:]
}

// cutSocket is cutText for a name or an address with its port, which stays: what
// stands before it is not enough to tell two flows apart.
func cutSocket(s string, width int, mark string) string {
	colon := strings.LastIndexByte(s, ':')
	// An IPv6 address without a port has colons, but no brackets.
	if colon < 0 || s[0] != '[' && strings.IndexByte(s, ':') != colon {
		return cutText(s, width, mark)
	}
	room := width - len(s[colon:])
	if textWidth(s) <= width || room <= textWidth(mark) {
		return cutText(s, width, mark)
	}
	return cutText(s[:colon], room, mark) + s[colon:]
}

// padText fills cleaned text with spaces to width columns.
func padText(s string, width int, right bool) string {
	gap := width - textWidth(s)
	if gap <= 0 {
		return s
	}
	if right {
		return strings.Repeat(" ", gap) + s
	}
	return s + strings.Repeat(" ", gap)
}
