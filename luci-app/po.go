//go:build !notls

package luciapp

import "strings"

// Words returns the translations of a .po file: from a message, with "CONTEXT\x01"
// before it and "\x02N" behind the Nth form of a plural, to what it means; and its
// header Plural-Forms, "" when it has none.
func Words(po string) (translations map[string]string, plural string) {
	w := words{}
	w.read(po)
	_, rest, ok := strings.Cut(po, `"Plural-Forms: `)
	if ok {
		plural, _, _ = strings.Cut(rest, `\n"`)
	}
	return w, plural
}
