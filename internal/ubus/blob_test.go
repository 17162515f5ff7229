package ubus

import (
	"bytes"
	"encoding/hex"
	"math"
	"strings"
	"testing"
)

// unhex reads bytes written as hex with spaces.
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAppend(t *testing.T) {
	for _, tt := range []struct {
		name string
		msg  Msg
		want string
		json string
	}{
		{"int32", AppendInt(nil, "n", 5), "8500000c 0001 6e00 00000005", `{"n":5}`},
		{"negative", AppendInt(nil, "n", -1), "8500000c 0001 6e00 ffffffff", `{"n":-1}`},
		{"int64", AppendInt(nil, "i", 1<<40), "84000010 0001 6900 0000010000000000", `{"i":1099511627776}`},
		{"small int64", AppendInt64(nil, "i", 0), "84000010 0001 6900 0000000000000000", `{"i":0}`},
		{"int16", AppendInt16(nil, "i", -2), "8600000a 0001 6900 fffe 0000", `{"i":-2}`},
		{"true", AppendBool(nil, "on", true), "8700000d 0002 6f6e 00000000 01000000", `{"on":true}`},
		{"double", AppendDouble(nil, "x", 1.5), "88000010 0001 7800 3ff8000000000000", `{"x":1.5}`},
		{"null", AppendNull(nil, "x"), "80000008 0001 7800", `{"x":null}`},
		{"empty string", AppendString(nil, "s", ""), "83000009 0001 7300 00000000", `{"s":""}`},
		{"string", AppendString(nil, "s", "abc"), "8300000c 0001 7300 61626300", `{"s":"abc"}`},
		{"table", AppendTable(nil, "t", AppendInt(nil, "n", 5)), "82000014 0001 7400 8500000c 0001 6e00 00000005", `{"t":{"n":5}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if want := unhex(t, tt.want); !bytes.Equal(tt.msg, want) {
				t.Errorf("got  %x\nwant %x", tt.msg, want)
			}
			if got := string(AppendJSON(nil, tt.msg)); got != tt.json {
				t.Errorf("reads as %s", got)
			}
			if err := tt.msg.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenAndClose(t *testing.T) {
	m, table := OpenTable(AppendInt(nil, "before", 1), "t")
	m, list := OpenArray(m, "list")
	m = AppendInt(m, "", 7)
	m = AppendString(m, "", "x")
	m = Close(m, list)
	m = Close(m, table)
	m = AppendInt(m, "after", 2)
	if got := string(AppendJSON(nil, m)); got != `{"before":1,"t":{"list":[7,"x"]},"after":2}` {
		t.Error(got)
	}
	if f, _, _ := m.Msg("t").Msg("list").Next(); len(f.Name) != 0 {
		t.Errorf("an element is called %q", f.Name)
	}
	long := AppendInt(nil, strings.Repeat("n", 70000), 3)
	if f, rest, ok := long.Next(); !ok || len(rest) != 0 || len(f.Name) != maxPath {
		t.Errorf("a name of 70000 bytes has %d, %v", len(f.Name), ok)
	}
}

func TestRead(t *testing.T) {
	m := AppendInt64(AppendInt32(nil, "a", -5), "b", math.MinInt64)
	m = AppendString(AppendBool(AppendDouble(m, "x", 2.5), "on", true), "s", "text\x00more")
	m = AppendInt(m, "a", 6) // the first one counts
	for _, tt := range []struct {
		name string
		want int64
		ok   bool
	}{{"a", -5, true}, {"b", math.MinInt64, true}, {"on", 1, true}, {"x", 0, false}, {"s", 0, false}, {"none", 0, false}} {
		if n, ok := m.Int(tt.name); n != tt.want || ok != tt.ok {
			t.Errorf("Int(%q) = %d, %v", tt.name, n, ok)
		}
	}
	for _, tt := range []struct {
		name string
		want float64
		ok   bool
	}{{"a", -5, true}, {"x", 2.5, true}, {"s", 0, false}} {
		v, _ := m.Lookup(tt.name)
		if x, ok := v.Float(); x != tt.want || ok != tt.ok {
			t.Errorf("Float of %s = %v, %v", tt.name, x, ok)
		}
	}
	if got := m.Text("s"); got != "text" {
		t.Errorf("Text = %q", got)
	}
	if m.Text("a") != "" || m.Bool("none") || !m.Bool("on") || m.Msg("a") != nil {
		t.Error("values of another type are taken")
	}
	if _, ok := (Value{Type: TypeInt32, data: []byte{1}}).Int(); ok {
		t.Error("an int32 of one byte is read")
	}
	if s := Type(99).String() + TypeBool.String(); s != "type 99bool" {
		t.Error(s)
	}
}

func TestHostileMsg(t *testing.T) {
	for _, tt := range []struct{ name, in string }{
		{"half a head", "8500"},
		{"length below its own", "85000003"},
		{"length zero", "85000000"},
		{"longer than there is", "8500000c 0001 6e00"},
		{"no padding", "8300000a 0001 7300 6100"},
		{"name longer than the value", "8500000c ffff 6e00 00000005"},
		{"name without end", "8500000c 0001 6e61 00000005"},
		{"no room for a name", "85000004"},
		{"string without end", "8300000c 0001 7300 61626364"},
		{"string of nothing", "83000008 0001 7300"},
		{"short int64", "8400000c 0001 6e00 00000005"},
		{"long int32", "85000010 0001 6e00 0000000000000005"},
		{"empty bool", "87000008 0001 6e00"},
		{"type that is none", "8900000c 0001 6e00 00000005"},
		{"inside a table", "82000010 0001 7400 8500000c 0001 6e00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := Msg(unhex(t, tt.in))
			if m.Check() == nil {
				t.Error("Check finds nothing")
			}
			if s := AppendJSON(nil, m); string(s) != "{}" && string(s) != `{"t":{}}` {
				t.Errorf("reads as %s", s)
			}
		})
	}
	deep := Msg{}
	for n := range MaxDepth {
		if err := deep.Check(); err != nil {
			t.Fatalf("nested %d deep: %v", n, err)
		}
		deep = AppendTable(nil, "t", deep)
	}
	if deep.Check() == nil {
		t.Error("Check takes any depth")
	}
	plain := Msg(unhex(t, "0500000800000007")) // an element without a name, as old libubox makes
	if f, _, ok := plain.Next(); !ok || f.Type != TypeInt32 {
		t.Error("a value without a name head is not read")
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	m := AppendTable(AppendInt(AppendString(nil, "name", "x"), "n", 5), "t", AppendInt(nil, "deep", 6))
	dst := make(Msg, 0, 256)
	if n := testing.AllocsPerRun(100, func() {
		if v, _ := m.Msg("t").Int("deep"); v != 6 || m.Check() != nil {
			t.Fatal("lost")
		}
		dst = AppendTable(AppendString(dst[:0], "name", "x"), "t", m)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzMsg(f *testing.F) {
	for _, s := range goldenMessages {
		b := unhex(f, s.hex)
		f.Add(b[headerSize+4:])
		m, _ := readMessage(bytes.NewReader(b))
		f.Add([]byte(m.data))
		f.Add([]byte(m.sign))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m := Msg(b)
		text := AppendJSON(nil, m)
		if m.Check() != nil {
			return
		}
		again, err := ParseJSON(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if again.Check() != nil {
			t.Fatalf("%q is not well formed", text)
		}
	})
}
