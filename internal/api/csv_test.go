package api

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// csvRow is a row with an element of each kind.
type csvRow struct {
	name string
	tags []string
	null bool
}

var csvFields = []Field{
	{"id", Integer, false, ""},
	{"who", Table, true, ""},
	{"who.name", Text, true, ""},
	{"who.share", Number, true, ""},
	{"bytes", TxRx, true, ""},
	{"tags", List, false, ""},
	{"tags[]", Text, false, ""},
	{"on", Flag, false, ""},
}

func encodeCSVRow(e *Encoder, r *csvRow) {
	e.Int("id", -7)
	if r.null {
		e.Null("who")
		e.Null("bytes")
	} else {
		e.Table("who")
		e.Str("name", r.name)
		e.Milli("share", 1500)
		e.EndTable()
		e.Table("bytes")
		e.Uint("tx", 1)
		e.Uint("rx", 2)
		e.EndTable()
	}
	e.Array("tags")
	for _, tag := range r.tags {
		e.Str("", tag)
	}
	e.EndArray()
	e.Bool("on", true)
}

func TestCSV(t *testing.T) {
	tests := []struct {
		name, want string
		row        csvRow
	}{
		{"plain", "-7,Anna phone,1.500,1,2,,true\n", csvRow{name: "Anna phone"}},
		{"nothing known", "-7,,,,,,true\n", csvRow{null: true}},
		{"an empty text", "-7,,1.500,1,2,,true\n", csvRow{}},
		{"a comma and quotes", "-7,\"a,\"\"b\"\"\",1.500,1,2,,true\n", csvRow{name: `a,"b"`}},
		{"spaces at the ends", "-7,\" a \",1.500,1,2,,true\n", csvRow{name: " a "}},
		{"a formula", "-7,\"'=1+1\",1.500,1,2,,true\n", csvRow{name: "=1+1"}},
		{"a formula in a list", "-7,x,1.500,1,2,\"'@a b\",true\n", csvRow{name: "x", tags: []string{"@a", "b"}}},
		{"a list", "-7,x,1.500,1,2,a b c,true\n", csvRow{name: "x", tags: []string{"a", "b", "c"}}},
		{"escapes and other scripts", "-7,<b>&é厨🏠\\,1.500,1,2,,true\n", csvRow{name: "<b>&é厨🏠\\"}},
		{"control characters", "-7,a?b??c,1.500,1,2,,true\n", csvRow{name: "a\nb\x1b\x7fc"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			f := newRowFile(&out, "csv", "rows", csvFields)
			for range 2 {
				if err := putRow(f, &tt.row, encodeCSVRow); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.end(); err != nil {
				t.Fatal(err)
			}
			want := "id,who.name,who.share,bytes.tx,bytes.rx,tags,on\n" + tt.want + tt.want
			if diff := cmp.Diff(want, out.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRowFileFormats(t *testing.T) {
	row := csvRow{name: "a", tags: []string{"b"}}
	one := `{"id":-7,"who":{"name":"a","share":1.500},"bytes":{"tx":1,"rx":2},"tags":["b"],"on":true}`
	for _, tt := range []struct{ format, none, two string }{
		{"ndjson", "", one + "\n" + one + "\n"},
		{"json", `{"rows":[]}` + "\n", `{"rows":[` + one + "," + one + "]}\n"},
	} {
		for rows, want := range map[int]string{0: tt.none, 2: tt.two} {
			var out bytes.Buffer
			f := newRowFile(&out, tt.format, "rows", csvFields)
			for range rows {
				if err := putRow(f, &row, encodeCSVRow); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.end(); err != nil || out.String() != want {
				t.Errorf("%s of %d rows: %s, %v; want %s", tt.format, rows, out.String(), err, want)
			}
		}
	}
}

// A file is written in pieces, and a broken pipe ends the writing soon.
func TestRowFileStreams(t *testing.T) {
	row := csvRow{name: strings.Repeat("x", 100)}
	for _, format := range []string{"csv", "ndjson", "json"} {
		var p pieces
		f := newRowFile(&p, format, "rows", csvFields)
		for range 2000 {
			if err := putRow(f, &row, encodeCSVRow); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.end(); err != nil {
			t.Fatal(err)
		}
		for _, n := range p {
			if n > flushAt+flushAt/4 {
				t.Errorf("%s: a piece of %d bytes", format, n)
			}
		}
		f = newRowFile(&brokenPipe{}, format, "rows", csvFields)
		n := 0
		var err error
		for ; err == nil && n < 2000; n++ {
			err = putRow(f, &row, encodeCSVRow)
		}
		if !errors.Is(err, errPipe) || n > 400 {
			t.Errorf("%s: %v after %d rows", format, err, n)
		}
	}
}

func TestPutRowAllocs(t *testing.T) {
	row := csvRow{name: "Anna, phone", tags: []string{"a", "b"}}
	for _, format := range []string{"csv", "ndjson", "json"} {
		f := newRowFile(&nowhere{}, format, "rows", csvFields)
		for range 2000 { // buffers grow to their size
			putRow(f, &row, encodeCSVRow)
		}
		if n := testing.AllocsPerRun(100, func() { putRow(f, &row, encodeCSVRow) }); n != 0 {
			t.Errorf("%s: %v allocations a row", format, n)
		}
	}
}

type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

// FuzzCSV checks that whatever a name is, each row stays one record with all its
// columns, and that no cell begins as a formula does.
func FuzzCSV(f *testing.F) {
	f.Add("Anna phone", "a")
	f.Add("=cmd|' /C calc'!A0", "@x")
	f.Add("a\",\"b\r\n\x00\xff\u2028", "")
	f.Fuzz(func(t *testing.T, name, tag string) {
		var out bytes.Buffer
		file := newRowFile(&out, "csv", "rows", csvFields)
		row := csvRow{name: name, tags: []string{tag, name}}
		for range 2 {
			if err := putRow(file, &row, encodeCSVRow); err != nil {
				t.Fatal(err)
			}
		}
		if err := file.end(); err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(records) != 3 {
			t.Fatalf("%d records, %v", len(records), err)
		}
		for _, cell := range []string{records[1][1], records[2][5]} {
			if cell != "" && strings.IndexByte("=+-@", cell[0]) >= 0 || strings.ContainsAny(cell, "\x00\x1b\r\n") {
				t.Errorf("cell %q", cell)
			}
		}
		if records[1][0] != "-7" || records[1][6] != "true" || records[2][2] != "1.500" {
			t.Errorf("%q", records)
		}
	})
}
