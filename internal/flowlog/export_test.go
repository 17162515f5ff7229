package flowlog

import "fmt"

// Sizes says what each section takes, in bytes a flow.
func Sizes(blocks []Block) (lines []string) {
	var sums [numSections + 1]int
	flows := 0
	for _, b := range blocks {
		h, err := ReadHeader(b.Bytes)
		if err != nil {
			return []string{err.Error()}
		}
		flows += h.Count
		sums[numSections] += h.size
		for i, n := range h.sections {
			sums[i] += n
		}
	}
	for i, n := range sums {
		lines = append(lines, fmt.Sprintf("section %d: %.2f", i, float64(n)/float64(flows)))
	}
	return lines
}
