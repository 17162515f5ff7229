package openwrt

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

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
