package api

import (
	"bytes"
	"io"
	"strconv"
	"unicode/utf8"
)

// csvWriter turns rows, as an Encoder writes them, into lines of CSV (RFC 4180,
// but with line feeds): a column for each leaf of the declared fields, named by its
// path, empty where the row has null. The elements of an array share a cell, set
// apart by spaces.
//
// A text that a spreadsheet would run as a formula gets an apostrophe in front,
// and control characters become "?": names come from strangers on the network.
type csvWriter struct {
	w       io.Writer
	columns []csvColumn
	next    int    // column that is expected next
	row     []byte // JSON of the present row
	text    []byte // its cells, one after another
	path    []byte
	out     []byte
}

type csvColumn struct {
	path     string
	isText   bool
	from, to int // of the cell in text
}

func newCSVWriter(w io.Writer, fields []Field) *csvWriter {
	c := &csvWriter{w: w}
	for _, f := range fields {
		switch f.Kind {
		case Table:
		case TxRx:
			c.columns = append(c.columns, csvColumn{path: f.Path + ".tx"}, csvColumn{path: f.Path + ".rx"})
		default:
			if len(f.Path) < 2 || f.Path[len(f.Path)-2:] != "[]" {
				c.columns = append(c.columns, csvColumn{path: f.Path, isText: f.Kind == Text || f.Kind == List})
			}
		}
	}
	for i := range c.columns {
		c.separate(i)
		c.out = append(c.out, c.columns[i].path...)
	}
	c.out = append(c.out, '\n')
	return c
}

// Write takes a part of a row.
func (c *csvWriter) Write(p []byte) (int, error) {
	c.row = append(c.row, p...)
	return len(p), nil
}

// endRow writes the line of the row that was taken.
func (c *csvWriter) endRow() error {
	for i := range c.columns {
		c.columns[i].from, c.columns[i].to = 0, 0
	}
	c.next, c.text, c.path = 0, c.text[:0], c.path[:0]
	c.value(c.row)
	c.row = c.row[:0]
	for i := range c.columns {
		col := &c.columns[i]
		c.separate(i)
		c.cell(c.text[col.from:col.to], col.isText)
	}
	c.out = append(c.out, '\n')
	if len(c.out) < flushAt {
		return nil
	}
	return c.flush()
}

func (c *csvWriter) flush() error {
	_, err := c.w.Write(c.out)
	c.out = c.out[:0]
	return err
}

func (c *csvWriter) separate(column int) {
	if column > 0 {
		c.out = append(c.out, ',')
	}
}

func (c *csvWriter) cell(v []byte, isText bool) {
	formula := isText && len(v) > 0 && bytes.IndexByte([]byte("=+-@"), v[0]) >= 0
	if !formula && !bytes.ContainsAny(v, "\",\n") && len(bytes.TrimSpace(v)) == len(v) {
		c.out = append(c.out, v...)
		return
	}
	c.out = append(c.out, '"')
	if formula {
		c.out = append(c.out, '\'')
	}
	for _, b := range v {
		if b == '"' {
			c.out = append(c.out, '"')
		}
		c.out = append(c.out, b)
	}
	c.out = append(c.out, '"')
}

// value reads a JSON value of the element at c.path and returns what follows it.
// The JSON is an Encoder's, so there is no white space.
func (c *csvWriter) value(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	switch b[0] {
	case '{':
		return c.object(b[1:])
	case '[':
		b = b[1:]
		for len(b) > 0 && b[0] != ']' {
			if b = c.value(b); len(b) > 0 && b[0] == ',' {
				b = b[1:]
			}
		}
		return b[min(1, len(b)):]
	}
	from := len(c.text)
	if b[0] == '"' {
		c.text, b = appendUnquoted(c.text, b[1:])
	} else {
		end := max(bytes.IndexAny(b, ",]}"), 0)
		if b[0] != 'n' { // null
			c.text = append(c.text, b[:end]...)
		}
		b = b[end:]
	}
	c.put(from)
	return b
}

// object reads the members of an object whose brace was read.
func (c *csvWriter) object(b []byte) []byte {
	outer := len(c.path)
	for len(b) > 1 && b[0] != '}' {
		end := bytes.IndexByte(b[1:], '"') // names have no escapes
		if end < 0 {
			return nil
		}
		if outer > 0 {
			c.path = append(c.path, '.')
		}
		c.path = append(c.path, b[1:1+end]...)
		b = c.value(b[min(end+3, len(b)):]) // quotes and colon
		c.path = c.path[:outer]
		if len(b) > 0 && b[0] == ',' {
			b = b[1:]
		}
	}
	return b[min(1, len(b)):]
}

// put makes the text from there on the cell of the element at c.path, or adds it
// to that: a row has its elements in the order of the columns, or nearly so.
func (c *csvWriter) put(from int) {
	for i := range c.columns {
		at := (c.next + i) % len(c.columns)
		col := &c.columns[at]
		if col.path != string(c.path) {
			continue
		}
		c.next = at
		if col.to == from && col.to > col.from && len(c.text) > from { // a further element
			c.text = append(c.text, 0)
			copy(c.text[from+1:], c.text[from:])
			c.text[from] = ' '
			from = col.from
		}
		col.from, col.to = from, len(c.text)
		return
	}
}

// appendUnquoted appends the text of a JSON string whose first quote was read, and
// returns what follows it.
func appendUnquoted(dst, b []byte) (text, rest []byte) {
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '"':
			return dst, b[i+1:]
		case b[i] != '\\':
			dst = append(dst, b[i])
		case i+5 < len(b) && b[i+1] == 'u':
			r, err := strconv.ParseUint(string(b[i+2:i+6]), 16, 16)
			if err != nil || r < ' ' || r >= 0x7f {
				r = '?'
			}
			dst = utf8.AppendRune(dst, rune(r))
			i += 5
		case i+1 < len(b):
			i++
			dst = append(dst, b[i])
		}
	}
	return dst, nil
}
