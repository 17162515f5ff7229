package dpi

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// JA4 is computed as FoxIO's technical_details/JA4.md has it: what the client
// offers, counted, and two hashes, of its ciphers in ascending order and of its
// extensions in ascending order with its signature algorithms as they were sent.

// maxJA4 bounds the ciphers and extensions of a fingerprint, maxSignatures the
// signature algorithms. Clients offer a few dozen, scanners a few hundred; a hello
// with more has no fingerprint.
const (
	maxJA4        = 512
	maxSignatures = 128
)

const noneJA4 = "000000000000"

// ja4 returns the fingerprint of a whole ClientHello, zero if a list is too long.
func (h *clientHello) ja4(transport byte) (j JA4) {
	var ciphers, extensions [maxJA4]uint16
	c, ok := appendNumbers(ciphers[:0], h.ciphers)
	e, n, ok2 := h.appendExtensions(extensions[:0])
	if !ok || !ok2 || len(h.signatures) > 2*maxSignatures {
		return JA4{}
	}
	version := h.version
	if h.best != 0 {
		version = h.best
	}
	b := append(j[:0], transport)
	b = append(b, versionJA4(version)...)
	if h.named {
		b = append(b, 'd')
	} else {
		b = append(b, 'i')
	}
	b = appendCount(b, len(c))
	b = appendCount(b, n)
	b = appendALPN(b, h.alpn)
	b = append(b, '_')
	b = appendHash(b, c, nil)
	b = append(b, '_')
	appendHash(b, e, h.signatures)
	return j
}

// versionJA4 returns the two characters of a version.
func versionJA4(v uint16) string {
	for i := range versionNames {
		if versionNames[i].number == v {
			return versionNames[i].ja4
		}
	}
	return "00"
}

// appendNumbers appends a list's numbers without GREASE, in ascending order.
func appendNumbers(to []uint16, list []byte) ([]uint16, bool) {
	for c := (cursor{b: list}); c.more(); {
		v := c.u16()
		if c.short || isGREASE(v) {
			continue
		}
		if len(to) == cap(to) {
			return to, false
		}
		to = append(to, v)
	}
	slices.Sort(to)
	return to, true
}

// appendExtensions appends the types of the extensions that are hashed, in
// ascending order, and returns how many there are with those of names and ALPN,
// which are not.
func (h *clientHello) appendExtensions(to []uint16) (hashed []uint16, all int, ok bool) {
	for c := (cursor{b: h.extensions}); c.more(); {
		kind := c.u16()
		c.bytes(int(c.u16()))
		if isGREASE(kind) {
			continue
		}
		all++
		if kind == extServerName || kind == extALPN {
			continue
		}
		if len(to) == cap(to) {
			return to, all, false
		}
		to = append(to, kind)
	}
	slices.Sort(to)
	return to, all, true
}

// appendCount appends a count in two digits, at most 99.
func appendCount(b []byte, n int) []byte {
	n = min(n, 99)
	return append(b, '0'+byte(n/10), '0'+byte(n%10))
}

// appendALPN appends the first and last character of a protocol, or of its
// hexadecimal form if one of them is neither letter nor digit.
func appendALPN(b, alpn []byte) []byte {
	if len(alpn) == 0 {
		return append(b, "00"...)
	}
	first, last := alpn[0], alpn[len(alpn)-1]
	if isAlphanumeric(first) && isAlphanumeric(last) {
		return append(b, first, last)
	}
	const digits = "0123456789abcdef"
	return append(b, digits[first>>4], digits[last&15])
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// appendHash appends the first 12 digits of the hash of sorted numbers and, behind
// an underscore, of a list as it was sent.
func appendHash(b []byte, sorted []uint16, list []byte) []byte {
	if len(sorted) == 0 {
		return append(b, noneJA4...)
	}
	var text [(maxJA4 + maxSignatures) * len("0000,")]byte
	t := text[:0]
	for _, v := range sorted {
		t = appendHex(t, v)
	}
	if len(list) >= 2 {
		t[len(t)-1] = '_'
		for c := (cursor{b: list}); len(c.b) >= 2; {
			t = appendHex(t, c.u16())
		}
	}
	return appendDigest(b, t[:len(t)-1])
}

// appendDigest appends the first 12 digits of a text's SHA-256.
func appendDigest(b, text []byte) []byte {
	sum := sha256.Sum256(text)
	return hex.AppendEncode(b, sum[:6])
}

// appendHex appends a number in four digits and a comma.
func appendHex(t []byte, v uint16) []byte {
	const digits = "0123456789abcdef"
	return append(t, digits[v>>12], digits[v>>8&15], digits[v>>4&15], digits[v&15], ',')
}
