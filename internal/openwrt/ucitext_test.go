package openwrt

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"weir/internal/ubus"
	"weir/uci"
)

func TestUCIText(t *testing.T) {
	m, err := ubus.ParseJSON([]byte(`{"values":{
		"cfg01":{".anonymous":true,".type":"device",".name":"cfg01",".index":0,"name":"Anna's phone","mac":["A","B"]},
		"main":{".anonymous":false,".type":"weir",".name":"main",".index":1,"enabled":"1","empty":"","text":"two\nlines"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := UCIText(t.Context(), answer(m), "weir")
	if err != nil {
		t.Fatal(err)
	}
	want := "config 'device'\n\toption 'name' 'Anna'\\''s phone'\n\tlist 'mac' 'A'\n\tlist 'mac' 'B'\n" +
		"config 'weir' 'main'\n\toption 'enabled' '1'\n\toption 'empty' ''\n\toption 'text' 'two\nlines'\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	p, err := uci.ParsePackage(strings.NewReader(got), "weir")
	if err != nil {
		t.Fatal(err)
	}
	if d := &p.Sections[0]; d.Text("name") != "Anna's phone" || d.Name != "" || p.Sections[1].Text("text") != "two\nlines" {
		t.Errorf("read again: %+v", p.Sections)
	}
}

func TestUCITextFails(t *testing.T) {
	missing := &ubus.Error{Object: "uci", Method: "get", Status: ubus.NotFound}
	for _, tt := range []struct{ fail, want error }{{missing, fs.ErrNotExist}, {ubus.NotFound, ubus.NotFound}, {ubus.PermissionDenied, ubus.PermissionDenied}} {
		if text, err := UCIText(t.Context(), &recorded{fail: tt.fail}, "none"); !errors.Is(err, tt.want) || text != "" {
			t.Errorf("%v: %q, %v", tt.fail, text, err)
		}
	}
}

// FuzzUCIText writes what a section may say and reads it again.
func FuzzUCIText(f *testing.F) {
	f.Add("device", "name", "Anna's phone")
	f.Add("weir", "text", "two\nlines \\ \" # 'x'")
	f.Add("x y", "", "\x01\xff")
	f.Fuzz(func(t *testing.T, kind, option, value string) {
		m, values := ubus.OpenTable(nil, "values")
		m, section := ubus.OpenTable(m, "s")
		m = ubus.AppendString(m, ".type", kind)
		m = ubus.AppendBool(m, ".anonymous", true)
		m = ubus.AppendString(m, option, value)
		m = ubus.Close(ubus.Close(m, section), values)
		text, err := UCIText(t.Context(), answer(m), "weir")
		if err != nil {
			t.Fatal(err)
		}
		p, err := uci.ParsePackage(strings.NewReader(text), "weir")
		if err != nil || len(p.Sections) != 1 || p.Sections[0].Type != kind {
			return // rpcd has no such names
		}
		option, _, _ = strings.Cut(option, "\x00") // where C ends it
		want, _, _ := strings.Cut(value, "\x00")
		if got := p.Sections[0].Text(option); len(p.Sections[0].Options) == 1 && got != want && utf8.ValidString(want) {
			t.Errorf("%q has become %q", want, got)
		}
	})
}
