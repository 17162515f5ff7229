package ubus

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJSON(t *testing.T) {
	for _, tt := range []struct{ name, in, out string }{
		{"empty", `{}`, `{}`},
		{"spaces", " { \"a\" : [ 1 , 2 ] } \n", `{"a":[1,2]}`},
		{"integers", `{"a":2147483647,"b":-2147483648,"c":2147483648,"d":-9223372036854775808}`, `{"a":2147483647,"b":-2147483648,"c":2147483648,"d":-9223372036854775808}`},
		{"numbers", `{"a":1.5,"b":-0.25e2,"c":1E3,"d":18446744073709551615}`, `{"a":1.5,"b":-25,"c":1000,"d":1.8446744073709552e+19}`},
		{"words", `{"a":true,"b":false,"c":null}`, `{"a":true,"b":false,"c":null}`},
		{"nested", `{"a":{"b":[{},[],"x"]}}`, `{"a":{"b":[{},[],"x"]}}`},
		{"escapes", `{"a":"\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00\ud83dx"}`, `{"a":"\"\\/\u0008\u000c\u000a\u000d\u0009ä😀�x"}`},
		{"no UTF-8", "{\"a\":\"\xff\"}", `{"a":"�"}`},
		{"ends at NUL", `{"a":"b\u0000c"}`, `{"a":"b"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := ParseJSON([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Check(); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(tt.out, string(AppendJSON(nil, m))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseJSONRefuses(t *testing.T) {
	for _, in := range []string{
		``, `[]`, `1`, `{`, `{}}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{"a":01}`, `{"a":1.}`, `{"a":-}`, `{"a":1e}`, `{"a":+1}`,
		`{"a":tru}`, `{"a":nul`, `{"a":"x}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\`, `{"a":"` + "\n" + `"}`, `{"a":[1 2]}`, `{"a":1e999}`,
		`{"a":` + strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth) + `}`,
	} {
		if m, err := ParseJSON([]byte(in)); err == nil {
			t.Errorf("%.60q is taken for %q", in, AppendJSON(nil, m))
		}
	}
	large := `{"a":[` + strings.Repeat("1,", MaxMessage/12) + `1]}`
	if _, err := ParseJSON([]byte(large)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a large text: %v", err)
	}
}

func TestAppendJSONOfNoNumber(t *testing.T) {
	m := AppendDouble(AppendDouble(nil, "a", math.NaN()), "b", math.Inf(1))
	m = AppendString(m, "c", "\xff")
	if got := string(AppendJSON(nil, m)); got != `{"a":null,"b":null,"c":"�"}` {
		t.Error(got)
	}
}

// FuzzJSON compares with encoding/json: what one takes the other takes, but for
// the bounds and for bytes that are no UTF-8.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":[1,-2.5e3,"x\u00e4\n",true,null,{"b":{}}]}`, `{"n":9223372036854775808}`, `{"a":"\ud83d\ude00"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ParseJSON(text)
		var want map[string]any
		theirs := json.Unmarshal(text, &want)
		if err == nil && theirs != nil {
			t.Fatalf("%q: taken, but %v", text, theirs)
		}
		if err != nil {
			return
		}
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
		again := AppendJSON(nil, m)
		if !json.Valid(again) {
			t.Fatalf("%q became %q", text, again)
		}
		second, err := ParseJSON(again)
		if err != nil {
			t.Fatalf("%q: %v", again, err)
		}
		if diff := cmp.Diff(string(again), string(AppendJSON(nil, second))); diff != "" {
			t.Fatal(diff)
		}
	})
}
