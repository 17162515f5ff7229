// Package nearest finds the name that a mistyped word was meant to be, for the
// "did you mean" of errors. It costs a few microseconds and is bounded: long
// words are near to nothing.
package nearest

import "strings"

// maxWord is the length of the longest word that is compared, in bytes.
const maxWord = 64

// Name returns the one of names that word was probably meant to be, or "": the
// one with the fewest slips, of which a word may have one and one more for every
// four letters, or else one that word is the beginning of. Upper and lower case
// are the same.
func Name(word string, names []string) string {
	word = strings.ToLower(word)
	best, limit := "", 1+min(len(word), 24)/4
	for _, name := range names {
		if d := distance(word, strings.ToLower(name)); d <= limit && d < len(name) {
			best, limit = name, d-1
		}
	}
	if best != "" || word == "" {
		return best
	}
	for _, name := range names {
		if strings.HasPrefix(strings.ToLower(name), word) {
			return name
		}
	}
	return ""
}

// distance is the number of letters to insert, delete, replace or swap with
// their neighbour to make b of a (optimal string alignment).
func distance(a, b string) int {
	if len(a) > maxWord || len(b) > maxWord {
		return maxWord
	}
	var before, previous, row [maxWord + 1]int
	for j := range len(b) + 1 {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, previous = previous, row
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(previous[j]+1, row[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
