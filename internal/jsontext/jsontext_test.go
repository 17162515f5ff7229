package jsontext

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// texts are the seeds of the comparison with encoding/json.
var texts = []string{
	`{"jsonrpc":"2.0","id":1,"method":"call","params":["0000","weir","flows",{"limit":5,"text":"a\"b"}]}`,
	" [ ] ", "{ }", `{"a":{"b":[1,{"c":null}]},"a":2}`, "[1,2 , [3,[]],{}]", `[{},{"a":[]}]`,
	"0", "-0", "-1.5e+10", "1E-2", "18446744073709551615", "-9223372036854775808", "1e400", "true", "false", "null", `""`,
	`"\u00e9\ud83d\ude00\ud83d\u0041\ude00\ud83d"`, `"\"\\\/\b\f\n\r\t"`, "\"\xff\xc3\"", `"é😀"`, "\"\u2028\"", `"\ud83d\ud83d\ude00"`,
	"", " ", "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[1 2]", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{"a" 1}`, `{1:2}`, `{a:1}`, "{]", "[}",
	`{"a":1]`, `["a":1]`, "01", "1.", ".5", "-", "+1", "1e", "1e+", "0x1", "NaN", "tru", "truee", "nul", "'a'", `"`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\u+123"`, "\"\n\"", "1 2", "{} x", "[1]]", "\v1", "\ufeff1",
}

// FuzzLikeJSON compares with encoding/json what is JSON, what strings and numbers
// are, what members and elements there are, and how a value is indented.
func FuzzLikeJSON(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := Parse(text)
		if want := json.Valid(text); (err == nil) != want {
			if want && err == errDepth {
				return
			}
			t.Fatalf("%q: error %v, want valid %v", text, err, want)
		}
		if err != nil {
			return
		}
		if diff := cmp.Diff(decoded(t, v), tree(v)); diff != "" {
			t.Errorf("%q: -want +got:\n%s", text, diff)
		}
		var want bytes.Buffer
		if err := json.Indent(&want, text, "", "  "); err != nil {
			t.Fatal(err)
		}
		if got := v.AppendIndented(nil); string(got) != strings.TrimRight(want.String(), " \t\r\n") {
			t.Errorf("%q: indented\n%s\nwant\n%s", text, got, &want)
		}
	})
}

func decoded(t *testing.T, v Value) (want any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(v))
	d.UseNumber()
	if err := d.Decode(&want); err != nil {
		t.Fatal(err)
	}
	return want
}

// tree is v as encoding/json makes it.
func tree(v Value) any {
	switch {
	case v.IsObject():
		m := map[string]any{}
		for name, member := range v.Members() {
			m[name] = tree(member)
		}
		return m
	case v.IsArray():
		list := []any{}
		for e := range v.Elements() {
			list = append(list, tree(e))
		}
		return list
	}
	if text, ok := v.Text(); ok {
		return text
	}
	if is, ok := v.Bool(); ok {
		return is
	}
	if string(v) == "null" {
		return nil
	}
	return json.Number(v)
}

func TestNumbers(t *testing.T) {
	tests := []struct {
		text            string
		n               int64
		u               uint64
		x               float64
		isN, isU, isNum bool
	}{
		{"0", 0, 0, 0, true, true, true},
		{"-7", -7, 0, -7, true, false, true},
		{"9007199254740993", 9007199254740993, 9007199254740993, 9007199254740992, true, true, true},
		{"18446744073709551615", math.MaxInt64, math.MaxUint64, 18446744073709551615, false, true, true},
		{"1.5", 0, 0, 1.5, false, false, true},
		{"1e2", 0, 0, 100, false, false, true},
		{`"5"`, 0, 0, 0, false, false, false},
		{"null", 0, 0, 0, false, false, false},
		{"[5]", 0, 0, 0, false, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			v, err := Parse([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if n, ok := v.Int(); ok != tt.isN || ok && n != tt.n {
				t.Errorf("Int is %d, %v", n, ok)
			}
			if u, ok := v.Uint(); ok != tt.isU || ok && u != tt.u {
				t.Errorf("Uint is %d, %v", u, ok)
			}
			if x, ok := v.Float(); ok != tt.isNum || x != tt.x {
				t.Errorf("Float is %g, %v", x, ok)
			}
		})
	}
}

func TestGet(t *testing.T) {
	v, err := Parse([]byte(`{"a":{"b":[1,2],"c":"x"},"d":1,"d":2}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"a": `{"b":[1,2],"c":"x"}`, "a b": "[1,2]", "a c": `"x"`, "d": "2", "e": "", "a e": "", "d c": "", "e e e": ""} {
		if got := v.Get(strings.Fields(path)...); string(got) != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	for range v.Members() {
		break
	}
	for first := range v.Get("a", "b").Elements() {
		if string(first) != "1" {
			t.Errorf("first element %s", first)
		}
		break
	}
}

// TestNothing checks that everything of no value is empty.
func TestNothing(t *testing.T) {
	var v Value
	_, isText := v.Text()
	_, isInt := v.Int()
	_, isFloat := v.Float()
	_, isBool := v.Bool()
	if isText || isInt || isFloat || isBool || v.IsArray() || v.IsObject() || v.Get("a") != nil || v.AppendIndented(nil) != nil {
		t.Error("nil is something")
	}
}

func TestOf(t *testing.T) {
	v, err := Parse([]byte(`{"in":{"s":"x","n":-7,"u":18446744073709551615,"x":0.5,"b":true}}`))
	if err != nil {
		t.Fatal(err)
	}
	got := []any{v.TextOf("in", "s"), v.IntOf("in", "n"), v.UintOf("in", "u"), v.FloatOf("in", "x"), v.BoolOf("in", "b")}
	if diff := cmp.Diff([]any{"x", int64(-7), uint64(math.MaxUint64), 0.5, true}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got = []any{v.TextOf("in", "n"), v.IntOf("in", "s"), v.UintOf("in", "n"), v.FloatOf("in", "b"), v.BoolOf("in")}
	if diff := cmp.Diff([]any{"", int64(0), uint64(0), 0.0, false}, got); diff != "" {
		t.Errorf("of other types: -want +got:\n%s", diff)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":}`: `JSON: '}' is out of place at byte 5`,
		`[1,`:    "JSON: it ends too early",
		strings.Repeat("[", 1001) + "1" + strings.Repeat("]", 1001): errDepth.Error(),
		strings.Repeat(`{"a":`, 1e6):                                errDepth.Error(),
	} {
		if v, err := Parse([]byte(text)); err == nil || err.Error() != want || v != nil {
			t.Errorf("%.20s: %.20s, error %v, want %s", text, v, err, want)
		}
	}
	deep := strings.Repeat("[", 1000) + "1" + strings.Repeat("]", 1000)
	if _, err := Parse([]byte(deep)); err != nil {
		t.Error(err)
	}
}

// TestAllocs checks that reading a number of a large text allocates nothing.
func TestAllocs(t *testing.T) {
	text := []byte(`{"rows":[` + strings.Repeat(`{"a":[1,2,"x"]},`, 1000) + `1],"total":1001}`)
	if n := testing.AllocsPerRun(10, func() {
		v, err := Parse(text)
		if err != nil || !utf8.Valid(v) {
			t.Fatal(err)
		}
		rows := 0
		for range v.Get("rows").Elements() {
			rows++
		}
		if total, _ := v.Get("total").Int(); rows != 1001 || total != 1001 {
			t.Errorf("%d rows of %d", rows, total)
		}
	}); n > 8 {
		t.Errorf("%v allocations", n)
	}
}
