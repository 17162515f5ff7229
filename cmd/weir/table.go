package main

import (
	"cmp"
	"slices"
	"strings"
)

// column describes one column of a table.
type column struct {
	title string
	right bool // align to the right: numbers
	// usual is how wide the column is at least, so that what is refreshed does
	// not move to and fro.
	usual int
	// drop, when not 0, lets the column be left out where the table is wider
	// than the screen; the highest goes first.
	drop int
	// cut shortens a cell that is too wide; nil is cutText.
	cut func(s string, width int, mark string) string
	// least, when not 0, lets the column shrink: to its usual width, if it has
	// one, before others are left out, and to least when that was not enough.
	least int
}

// table lines up cleaned text in columns.
type table struct {
	columns []column
	rows    [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// joined returns a table without the column from, whose cells stand in the column
// to where that has none.
func (t *table) joined(from, to int, title string) *table {
	out := &table{columns: slices.Clone(t.columns)}
	out.columns[to].title = title
	out.columns = slices.Delete(out.columns, from, from+1)
	for _, row := range t.rows {
		row = slices.Clone(row)
		row[to] = cmp.Or(row[to], row[from])
		out.add(slices.Delete(row, from, from+1)...)
	}
	return out
}

// gap stands between two columns.
const gap = "  "

// lines returns the titles and the rows, at most width wide unless it is 0; mark
// stands where a cell was cut.
func (t *table) lines(width int, mark string) (titles string, rows []string) {
	w := t.widths(width)
	cells := make([]string, len(t.columns))
	for i, c := range t.columns {
		cells[i] = c.title
	}
	titles = t.line(cells, w, width, mark)
	for _, row := range t.rows {
		rows = append(rows, t.line(row, w, width, mark))
	}
	return titles, rows
}

// widths returns the width of each column: what its widest cell needs, less
// where the whole has to fit into width, 0 for one that is left out.
func (t *table) widths(width int) []int {
	w := make([]int, len(t.columns))
	total := -len(gap)
	for i, c := range t.columns {
		w[i] = max(textWidth(c.title), c.usual)
		for _, row := range t.rows {
			w[i] = max(w[i], textWidth(row[i]))
		}
		total += w[i] + len(gap)
	}
	// over is how much wider the column is than it is usually.
	over := func(i int) int { return min(t.columns[i].least, t.columns[i].usual, 1) * (w[i] - t.columns[i].usual) }
	for width > 0 && total > width {
		if i := t.first(w, func(a, b int) bool { return over(a) > over(b) }); over(i) > 0 {
			w[i]--
			total--
			continue
		}
		if i := t.first(w, func(a, b int) bool { return t.columns[a].drop > t.columns[b].drop }); t.columns[i].drop > 0 {
			total -= w[i] + len(gap)
			w[i] = 0
			continue
		}
		spare := func(i int) int { return min(t.columns[i].least, 1) * (w[i] - t.columns[i].least) }
		i := t.first(w, func(a, b int) bool { return spare(a) > spare(b) })
		if spare(i) <= 0 {
			break
		}
		w[i]--
		total--
	}
	return w
}

// first returns the first of the columns that are shown, ordered by before.
func (t *table) first(w []int, before func(a, b int) bool) int {
	best := 0
	for i := range w {
		if w[i] > 0 && (w[best] == 0 || before(i, best)) {
			best = i
		}
	}
	return best
}

// line joins the cells of the columns that are shown.
func (t *table) line(cells []string, w []int, width int, mark string) string {
	var b strings.Builder
	for i, cell := range cells {
		if w[i] == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(gap)
		}
		cut := t.columns[i].cut
		if cut == nil {
			cut = cutText
		}
		b.WriteString(padText(cut(cell, w[i], mark), w[i], t.columns[i].right))
	}
	s := strings.TrimRight(b.String(), " ")
	if width > 0 {
		s = cutText(s, width, mark)
	}
	return s
}
