package main

import "strings"

// column describes one column of a table.
type column struct {
	title string
	right bool // align to the right: numbers
	// least, when not 0, lets the column shrink to that many columns of the
	// terminal when the table is wider than the screen.
	least int
}

// table lines up cleaned text in columns.
type table struct {
	columns []column
	rows    [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// widths returns the width of each column: what its widest cell needs, or less
// in the shrinking ones until the whole fits into width. A width of 0 sets no
// limit.
func (t *table) widths(width int) []int {
	w := make([]int, len(t.columns))
	total := 2 * (len(w) - 1)
	for i, c := range t.columns {
		w[i] = textWidth(c.title)
		for _, row := range t.rows {
			w[i] = max(w[i], textWidth(row[i]))
		}
		total += w[i]
	}
	for width > 0 && total > width {
		widest := -1
		for i, c := range t.columns {
			if c.least > 0 && w[i] > c.least && (widest < 0 || w[i] > w[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		w[widest]--
		total--
	}
	return w
}

// lines returns the header and the rows, cut to width unless it is 0; mark
// stands where a cell was cut.
func (t *table) lines(width int, mark string) (header string, rows []string) {
	w := t.widths(width)
	titles := make([]string, len(t.columns))
	for i, c := range t.columns {
		titles[i] = c.title
	}
	header = t.line(titles, w, width, mark)
	for _, row := range t.rows {
		rows = append(rows, t.line(row, w, width, mark))
	}
	return header, rows
}

func (t *table) line(cells []string, w []int, width int, mark string) string {
	var b strings.Builder
	for i, cell := range cells {
		if i > 0 {
			b.WriteString("  ")
		}
		b.WriteString(padText(cutText(cell, w[i], mark), w[i], t.columns[i].right))
	}
	s := strings.TrimRight(b.String(), " ")
	if width > 0 {
		s = cutText(s, width, mark)
	}
	return s
}
