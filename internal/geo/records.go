package geo

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// maxLine is how long a record may be.
const maxLine = 64 << 10

// records are the records of a CSV or TSV. A field in quotes may hold commas and
// the ends of lines.
type records struct {
	in   *bufio.Reader
	n    int  // of lines read
	tabs bool // fields end at tabs, where quotes mean nothing; the first line tells
}

// next returns the fields of the next record, io.EOF at the end.
func (r *records) next() ([]string, error) {
	var text string
	for {
		line, err := r.in.ReadSlice('\n')
		if err != nil && (err != io.EOF || len(line)+len(text) == 0) {
			return nil, err
		}
		if r.n++; r.n == 1 {
			tab, comma := bytes.IndexByte(line, '\t'), bytes.IndexByte(line, ',')
			r.tabs = tab >= 0 && (comma < 0 || tab < comma)
		}
		text += string(bytes.TrimRight(line, "\r\n"))
		if r.tabs {
			return strings.Split(text, "\t"), nil
		}
		if strings.Count(text, `"`)%2 == 0 {
			return splitLine(text), nil
		}
		if err == io.EOF || len(text) > maxLine {
			return nil, errors.New("has a quote that does not end")
		}
		text += " "
	}
}

// splitLine cuts a line at commas; a field in quotes may hold commas, and two
// quotes there are one.
func splitLine(line string) []string {
	var fields []string
	for {
		if !strings.HasPrefix(line, `"`) {
			field, rest, more := strings.Cut(line, ",")
			fields = append(fields, field)
			if !more {
				return fields
			}
			line = rest
			continue
		}
		end := 1
		for end < len(line) && (line[end] != '"' || strings.HasPrefix(line[end:], `""`)) {
			if line[end] == '"' {
				end++
			}
			end++
		}
		fields = append(fields, strings.ReplaceAll(line[1:min(end, len(line))], `""`, `"`))
		_, rest, more := strings.Cut(line[min(end, len(line)):], ",")
		if !more {
			return fields
		}
		line = rest
	}
}
