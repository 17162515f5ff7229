package api

import (
	"io"
)

// fileFormat is what rows can be written as, and its media type.
type fileFormat struct{ name, media string }

var formats = []fileFormat{
	{"csv", "text/csv; charset=utf-8; header=present"},
	{"ndjson", "application/x-ndjson"},
	{"json", "application/json"},
}

// rowFile writes rows of one kind to a file: CSV with a line of column names, an
// object a line, or one object with an array. It holds one row at a time, and some
// 16 KiB that wait to be written.
type rowFile struct {
	format string
	items  string // name of the array
	e      *Encoder
	csv    *csvWriter // nil unless format is "csv"
}

// newRowFile begins a file of rows that have fields.
func newRowFile(w io.Writer, format, items string, fields []Field) *rowFile {
	f := &rowFile{format: format, items: items}
	switch format {
	case "csv":
		f.csv = newCSVWriter(w, fields)
		f.e = NewEncoder(f.csv)
	case "json":
		f.e = NewEncoder(w)
		f.e.Table("")
		f.e.Array(items)
	default:
		f.e = NewEncoder(w)
	}
	return f
}

// putRow writes one row. Its error is that of the writer.
func putRow[R any](f *rowFile, row *R, encode func(*Encoder, *R)) error {
	f.e.Table("")
	encode(f.e, row)
	f.e.EndTable()
	switch f.format {
	case "csv":
		if err := f.e.Flush(); err != nil {
			return err
		}
		f.e.Reset(f.csv)
		return f.csv.endRow()
	case "ndjson":
		f.e.endLine()
	}
	return f.e.err
}

// end writes what is left.
func (f *rowFile) end() error {
	switch f.format {
	case "csv":
		return f.csv.flush()
	case "json":
		f.e.EndArray()
		f.e.EndTable()
		f.e.endLine()
	}
	return f.e.Flush()
}
