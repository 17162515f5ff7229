package main

import "unicode/utf8"

// key is one key press: a character, or one of the constants below.
type key rune

// Keys that are not characters lie outside of Unicode.
const (
	keyUp key = utf8.MaxRune + 1 + iota
	keyDown
	keyLeft
	keyRight
	keyPageUp
	keyPageDown
	keyHome
	keyEnd
	keyOther // a sequence nobody asked for
)

// Keys that are control characters.
const (
	keyInterrupt key = 0x03 // ^C, which raw mode hands over as a key
	keyBackspace key = 0x7f
	keyErase     key = 0x08
	keyTab       key = 0x09
	keyEnter     key = 0x0d
	keyClear     key = 0x15 // ^U
	keyRedraw    key = 0x0c // ^L
	keyEscape    key = 0x1b
)

// escapeKeys are the sequences after ESC that terminals send for keys, as
// xterm, the Linux console and rxvt spell them.
var escapeKeys = map[string]key{
	"[A": keyUp, "[B": keyDown, "[C": keyRight, "[D": keyLeft,
	"OA": keyUp, "OB": keyDown, "OC": keyRight, "OD": keyLeft,
	"[5~": keyPageUp, "[6~": keyPageDown,
	"[H": keyHome, "OH": keyHome, "[1~": keyHome, "[7~": keyHome,
	"[F": keyEnd, "OF": keyEnd, "[4~": keyEnd, "[8~": keyEnd,
}

// nextKey takes the first key press off b, one read from a terminal, and
// returns it with the bytes it took. A lone ESC is the escape key: terminals
// send a sequence in one piece.
func nextKey(b []byte) (key, int) {
	if b[0] != byte(keyEscape) || len(b) == 1 {
		r, n := utf8.DecodeRune(b)
		return key(r), n
	}
	n := 2
	if b[1] == '[' {
		// CSI: parameters, then one final byte from @ to ~ (ECMA-48 5.4).
		for n < len(b) && (b[n] < '@' || b[n] > '~') {
			n++
		}
	}
	n = min(n+1, len(b))
	if b[1] != '[' && b[1] != 'O' {
		n = 2
	}
	if k, ok := escapeKeys[string(b[1:n])]; ok {
		return k, n
	}
	return keyOther, n
}
