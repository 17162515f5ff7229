//go:build !notls

package luciapp

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func mustLoad(t *testing.T) *Site {
	t.Helper()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFiles(t *testing.T) {
	s := mustLoad(t)
	tests := []struct{ path, kind, holds string }{
		{"/luci-static/base.css", "text/css; charset=utf-8", "--primary-color-high"},
		{"/luci-static/icon.svg", "image/svg+xml", "<svg"},
		{"/luci-static/runtime/start.js", "text/javascript; charset=utf-8", "import './text.js'"},
		{"/luci-static/resources/rpc.js", "text/javascript; charset=utf-8", `weir_define("rpc", ["baseclass", "request"], function(window, document, L, baseclass, request) { 'use strict'; 'use strict';`},
		{"/luci-static/resources/ui.js", "text/javascript; charset=utf-8", `"standalone.menu"`},
		{"/admin/translations/de", "text/javascript; charset=utf-8", `"Log out": "Abmelden"`},
		{"/admin/translations/en", "text/javascript; charset=utf-8", "window.TR = {\n};"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			f, ok := s.File(tt.path)
			if !ok || f.Type != tt.kind || !strings.Contains(string(f.Body), tt.holds) {
				t.Fatalf("got %v: %+v", ok, f)
			}
		})
	}
	for _, none := range []string{"", "/", "/luci-static", "/luci-static/index.html", "/luci-static/login.html", "/luci-static/po/de.po", "/luci-static/../go.mod", "luci-static/base.css"} {
		if _, ok := s.File(none); ok {
			t.Errorf("there is a file at %q", none)
		}
	}
	if !json.Valid(s.Menu) {
		t.Errorf("the menu is %s", s.Menu)
	}
}

// What is packed unpacks to the same, and only what is packed has become shorter.
func TestPacked(t *testing.T) {
	s := mustLoad(t)
	packed := 0
	for name, f := range s.files {
		if f.ETag == "" {
			t.Errorf("%s has no tag", name)
		}
		if f.Packed == nil {
			continue
		}
		packed++
		z, err := gzip.NewReader(bytes.NewReader(f.Packed))
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(z); err != nil || !bytes.Equal(body, f.Body) {
			t.Errorf("%s: %v", name, err)
		}
		if len(f.Packed) >= len(f.Body) {
			t.Errorf("%s: %d bytes packed, %d before", name, len(f.Packed), len(f.Body))
		}
	}
	if packed < 20 {
		t.Errorf("%d files are packed", packed)
	}
}

// Every page of the menu has its view, and every class that is asked for is there.
func TestClassesAreThere(t *testing.T) {
	s := mustLoad(t)
	builtin := map[string]bool{"baseclass": true, "dom": true, "poll": true, "request": true, "session": true, "view": true}
	define := regexp.MustCompile(`^weir_define\("([^"]+)", \[([^\]]*)\]`)
	for name, f := range s.files {
		m := define.FindSubmatch(f.Body)
		if !strings.HasPrefix(name, "/luci-static/resources/") || path.Ext(name) != ".js" {
			continue
		}
		if m == nil {
			t.Errorf("%s is no module", name)
			continue
		}
		var classes []string
		if err := json.Unmarshal([]byte("["+string(m[2])+"]"), &classes); err != nil {
			t.Fatal(err)
		}
		for _, class := range classes {
			if _, ok := s.File("/luci-static/resources/" + strings.ReplaceAll(class, ".", "/") + ".js"); !ok && !builtin[class] {
				t.Errorf("%s asks for %s, which there is not", name, class)
			}
		}
	}
}

// tree is a site of few files, to break them.
func tree() fstest.MapFS {
	return fstest.MapFS{
		"standalone/index.html":                                  {Data: []byte(`<html lang="{lang}"><p title="{env}">[Log out]</p>`)},
		"standalone/login.html":                                  {Data: []byte(`<form>{message}`)},
		"standalone/base.css":                                    {Data: []byte("body {}")},
		"standalone/resources/ui.js":                             {Data: []byte("'use strict';\nours")},
		"standalone/po/de.po":                                    {Data: []byte("msgid \"Log out\"\nmsgstr \"Ab & <an>\"\n")},
		"po/de/weir.po":                                          {Data: []byte("msgid \"Flows\"\nmsgstr \"Flüsse\"\n")},
		"po/pt_BR/weir.po":                                       {Data: []byte("msgid \"Flows\"\nmsgstr \"Fluxos\"\n")},
		"htdocs/luci-static/resources/ui.js":                     {Data: []byte("theirs")},
		"htdocs/luci-static/resources/view/weir/x.js":            {Data: []byte("'require ui';\nreturn 1")},
		"htdocs/luci-static/resources/weir/README":               {Data: []byte("no")},
		"root/usr/share/luci/menu.d/a.json":                      {Data: []byte(`{"admin/weir": {"title": "T"}}`)},
		"root/usr/share/luci/menu.d/b.json":                      {Data: []byte(`{"admin/weir/x": {"order": 1}}`)},
		"htdocs/luci-static/resources/view/weir/empty/nested.js": {Data: []byte("")},
	}
}

func TestLoad(t *testing.T) {
	s, err := load(tree())
	if err != nil {
		t.Fatal(err)
	}
	if f, _ := s.File("/luci-static/resources/ui.js"); !strings.Contains(string(f.Body), "ours") {
		t.Errorf("the runtime's class gave way: %s", f.Body)
	}
	if f, ok := s.File("/luci-static/resources/view/weir/empty/nested.js"); !ok || !strings.HasPrefix(string(f.Body), `weir_define("view.weir.empty.nested", [], function(window, document, L) {`) {
		t.Errorf("got %v", f)
	}
	if _, ok := s.File("/luci-static/resources/weir/README"); ok {
		t.Error("a file of no known type is served")
	}
	if want := `{"admin/weir": {"title": "T"},"admin/weir/x": {"order": 1}}`; string(s.Menu) != want {
		t.Errorf("menu %s, want %s", s.Menu, want)
	}
	changed := tree()
	changed["standalone/base.css"].Data = []byte("body { color: red }")
	other, err := load(changed)
	if err != nil || other.Version == s.Version {
		t.Errorf("a changed file leaves the version %s: %v", s.Version, err)
	}
	again, err := load(tree())
	if err != nil || again.Version != s.Version {
		t.Errorf("the same files have the versions %s and %s: %v", s.Version, again.Version, err)
	}
}

func TestLoadErrors(t *testing.T) {
	tests := []struct {
		name   string
		damage func(fstest.MapFS)
	}{
		{"no document", func(f fstest.MapFS) { delete(f, "standalone/login.html") }},
		{"no pages", func(f fstest.MapFS) {
			for name := range f {
				if strings.HasPrefix(name, "htdocs") {
					delete(f, name)
				}
			}
		}},
		{"a menu that is a list", func(f fstest.MapFS) { f["root/usr/share/luci/menu.d/a.json"].Data = []byte("[]") }},
		{"an empty menu file", func(f fstest.MapFS) { f["root/usr/share/luci/menu.d/a.json"].Data = nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := tree()
			tt.damage(files)
			if _, err := load(files); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestPage(t *testing.T) {
	s, err := load(tree())
	if err != nil {
		t.Fatal(err)
	}
	got := string(s.Page("index", "de", map[string]string{"lang": "de", "env": `{"a":"<script>[Log out]{lang}'"}`}))
	want := `<html lang="de"><p title="{&#34;a&#34;:&#34;&lt;script&gt;[Log out]{lang}&#39;&#34;}">Ab &amp; &lt;an&gt;</p>`
	if strings.TrimSpace(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// No document has a script, a style or a handler in it: the policy refuses them.
func TestNothingInline(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:|<script[^>]*>[^<]`)
	for _, name := range []string{"index", "login"} {
		b, err := fs.ReadFile(files, "standalone/"+name+".html")
		if err != nil {
			t.Fatal(err)
		}
		if found := inline.Find(b); found != nil {
			t.Errorf("%s.html has %q", name, found)
		}
	}
}
