package geo

import (
	"fmt"
	"slices"
)

// prefixCode is a canonical prefix code (RFC 1951 section 3.2.2) whose words have
// at most maxWord bits, so that one load from a table tells symbol and length.
type prefixCode struct {
	words [1 << maxWord]uint16 // by what comes next: symbol<<4 | length; 0: no word
}

const (
	maxWord    = 9
	maxSymbols = 256
)

// newPrefixCode makes the code whose words have the given lengths, 0 for symbols
// that are not used. Lengths that are no prefix code are an error; a code may be
// incomplete.
func newPrefixCode(lengths []byte) (*prefixCode, error) {
	words, err := canonical(lengths)
	if err != nil {
		return nil, err
	}
	c := new(prefixCode)
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		from := int(words[symbol]) << (maxWord - n)
		for i := range 1 << (maxWord - n) {
			c.words[from+i] = uint16(symbol)<<4 | uint16(n)
		}
	}
	return c, nil
}

// read takes one symbol. What is no word marks r as bad.
func (c *prefixCode) read(r *bitReader) int {
	word := c.words[r.peek(maxWord)]
	if word == 0 {
		r.bad = true
		return 0
	}
	r.skip(int(word & 15))
	return int(word >> 4)
}

// canonical returns the words of the symbols, which follow from their lengths.
func canonical(lengths []byte) ([]uint16, error) {
	words := make([]uint16, len(lengths))
	next := 0
	for n := 1; n <= maxWord; n++ {
		next <<= 1
		for symbol, l := range lengths {
			if int(l) == n {
				words[symbol] = uint16(next)
				next++
			}
		}
		if next > 1<<n {
			return nil, fmt.Errorf("more words of %d bits than there are", n)
		}
	}
	if len(lengths) > maxSymbols || len(lengths) > 0 && slices.Max(lengths) > maxWord {
		return nil, fmt.Errorf("a code has %d symbols of %d bits at most", maxSymbols, maxWord)
	}
	return words, nil
}

// codeLengths returns the lengths of the words that code symbols so often used in
// the fewest bits, but for those that would be longer than maxWord.
func codeLengths(used []int) []byte {
	weights := slices.Clone(used)
	for {
		lengths := huffman(weights)
		if slices.Max(lengths) <= maxWord {
			return lengths
		}
		// Flattening the weights shortens the longest words; all equal they fit.
		for i, w := range weights {
			if w > 0 {
				weights[i] = w/2 + 1
			}
		}
	}
}

// huffman returns the lengths of Huffman's code. Of equal weights it takes those
// made first, so that the same weights always give the same code.
func huffman(weights []int) []byte {
	type node struct{ weight, left, right int }
	var nodes []node
	var open []int // nodes without a parent
	symbols := make([]int, 0, len(weights))
	for symbol, w := range weights {
		if w > 0 {
			open = append(open, len(nodes))
			nodes = append(nodes, node{w, -1, -1})
			symbols = append(symbols, symbol)
		}
	}
	lengths := make([]byte, len(weights))
	if len(open) == 1 {
		lengths[symbols[0]] = 1
		return lengths
	}
	for len(open) > 1 {
		slices.SortStableFunc(open, func(a, b int) int { return nodes[a].weight - nodes[b].weight })
		nodes = append(nodes, node{nodes[open[0]].weight + nodes[open[1]].weight, open[0], open[1]})
		open = append(open[2:], len(nodes)-1)
	}
	depth := make([]byte, len(nodes))
	for i := len(nodes) - 1; i >= 0; i-- { // a parent comes after its children
		if n := nodes[i]; n.left >= 0 {
			depth[n.left], depth[n.right] = depth[i]+1, depth[i]+1
		} else {
			lengths[symbols[i]] = depth[i]
		}
	}
	return lengths
}
