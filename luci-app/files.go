//go:build !notls

package luciapp

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed htdocs po/*/*.po root/usr/share/luci/menu.d standalone
var files embed.FS

// packFrom is the length from which a file is worth packing.
const packFrom = 512

// File is one file as it is sent.
type File struct {
	Type   string // media type
	ETag   string // a weak one: it is the same for Body and Packed
	Body   []byte
	Packed []byte // Body through gzip; nil when that would not be shorter
}

// Site is all that can be asked for.
type Site struct {
	Version string // changes with any file
	Menu    []byte // the entries of menu.d, as one JSON object

	files map[string]*File
	words map[string]words  // by language
	pages map[string][]byte // documents, with their gaps
}

// roots are where files come from, and under which path they are served. Of two
// with the same path the first counts.
var roots = []struct{ folder, path string }{
	{"standalone/resources", "/luci-static/resources"},
	{"htdocs/luci-static", "/luci-static"},
	{"standalone", "/luci-static"},
}

// types are the media types of what is served; files with other names are not.
var types = map[string]string{
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".json": "application/json",
}

// Load reads the files, packs them and makes modules of the classes. It takes some
// 20 ms.
func Load() (*Site, error) { return load(files) }

func load(from fs.FS) (*Site, error) {
	s := &Site{files: map[string]*File{}, words: map[string]words{}, pages: map[string][]byte{}}
	for _, root := range roots {
		if err := s.addRoot(from, root.folder, root.path); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"index", "login"} {
		page, err := fs.ReadFile(from, "standalone/"+name+".html")
		if err != nil {
			return nil, err
		}
		s.pages[name] = page
	}
	if err := s.addMenu(from); err != nil {
		return nil, err
	}
	if err := s.addWords(from); err != nil {
		return nil, err
	}
	s.seal()
	return s, nil
}

// addRoot adds the files of a folder. What is a class is made a module.
func (s *Site) addRoot(from fs.FS, folder, at string) error {
	return fs.WalkDir(from, folder, func(name string, e fs.DirEntry, err error) error {
		kind, known := types[path.Ext(name)]
		if err != nil || e.IsDir() || !known {
			return err
		}
		body, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		where := at + strings.TrimPrefix(name, folder)
		if s.files[where] != nil || strings.HasPrefix(where, "/luci-static/po/") {
			return nil
		}
		if class, ok := strings.CutPrefix(where, "/luci-static/resources/"); ok && path.Ext(name) == ".js" {
			body = module(strings.ReplaceAll(strings.TrimSuffix(class, ".js"), "/", "."), body)
		}
		s.files[where] = &File{Type: kind, Body: body}
		return nil
	})
}

// addMenu joins the files of menu.d.
func (s *Site) addMenu(from fs.FS) error {
	names, err := fs.Glob(from, "root/usr/share/luci/menu.d/*.json")
	if err != nil {
		return err
	}
	var entries [][]byte
	for _, name := range names {
		b, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		b = bytes.TrimSpace(b)
		if len(b) < 2 || b[0] != '{' || b[len(b)-1] != '}' {
			return fmt.Errorf("%s is not an object", name)
		}
		if b = bytes.TrimSpace(b[1 : len(b)-1]); len(b) > 0 {
			entries = append(entries, b)
		}
	}
	s.Menu = slices.Concat([]byte("{"), bytes.Join(entries, []byte(",")), []byte("}"))
	return nil
}

// seal packs the files and numbers the version.
func (s *Site) seal() {
	all := sha256.New()
	z := gzip.NewWriter(nil)
	var paths []string
	for name := range s.files {
		paths = append(paths, name)
	}
	slices.Sort(paths)
	for _, name := range paths {
		f := s.files[name]
		sum := sha256.Sum256(f.Body)
		f.ETag = `W/"` + hex.EncodeToString(sum[:8]) + `"`
		all.Write(sum[:])
		if len(f.Body) < packFrom {
			continue
		}
		var packed bytes.Buffer
		z.Reset(&packed)
		z.Write(f.Body) // a Buffer takes everything
		z.Close()
		if packed.Len() < len(f.Body) {
			f.Packed = bytes.Clone(packed.Bytes())
		}
	}
	for _, name := range []string{"index", "login"} {
		all.Write(s.pages[name])
	}
	all.Write(s.Menu)
	s.Version = hex.EncodeToString(all.Sum(nil)[:6])
}

// File returns the file at a path below the site's base, as
// "/luci-static/base.css".
func (s *Site) File(path string) (*File, bool) {
	f, ok := s.files[path]
	return f, ok
}
