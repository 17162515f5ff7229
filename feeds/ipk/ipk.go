// Package ipk writes what opkg reads: packages of OpenWrt up to 24.10, the index of
// a feed, and its signature as usign makes it. The same input gives the same bytes.
package ipk

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Control is what a package says of itself, beside its description.
type Control struct {
	Package, Version, Source, SourceName string
	License, Section, URL, Maintainer    string
	Architecture                         string // "all" for all
	Description                          string // lines; the first is the title
	RequireUser                          string // USER:GROUP that it runs as, "" for none
	Depends, Provides, Conflicts         []string
	InstalledSize                        int64 // bytes, filled in by Package
}

// Entry is a regular file, owned by root.
type Entry struct {
	Path  string // relative to the root, without a leading slash
	Mode  int64  // permissions
	Mtime int64  // epoch seconds; the newest is that of the package's members
	Data  []byte
}

// Package returns an .ipk: a tar.gz of debian-binary, data.tar.gz and
// control.tar.gz. control are the files beside the control file: conffiles and
// scripts, by their names.
func Package(c *Control, entries, control []Entry) ([]byte, error) {
	if c.Package == "" || c.Version == "" || c.Architecture == "" {
		return nil, errors.New("ipk: a package without name, version or architecture")
	}
	c.InstalledSize = 0
	at := int64(0)
	for _, e := range entries {
		if e.Path != path.Clean(e.Path) || path.IsAbs(e.Path) || strings.HasPrefix(e.Path, "..") {
			return nil, fmt.Errorf("ipk: %q is no path in a package", e.Path)
		}
		c.InstalledSize += int64(len(e.Data))
		at = max(at, e.Mtime)
	}
	data, err := archive(entries, at)
	if err != nil {
		return nil, err
	}
	meta, err := archive(append(slices.Clone(control), Entry{"control", 0o644, at, []byte(c.paragraph(nil))}), at)
	if err != nil {
		return nil, err
	}
	return members([]Entry{
		{"debian-binary", 0o644, at, []byte("2.0\n")}, {"data.tar.gz", 0o644, at, data}, {"control.tar.gz", 0o644, at, meta},
	})
}

// paragraph returns the lines of a control file, or of an index with fields more.
func (c *Control) paragraph(more []string) string {
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	field("Package", c.Package)
	field("Version", c.Version)
	field("Depends", strings.Join(c.Depends, ", "))
	field("Conflicts", strings.Join(c.Conflicts, ", "))
	field("Provides", strings.Join(c.Provides, ", "))
	field("Source", c.Source)
	field("SourceName", c.SourceName)
	field("License", c.License)
	field("Section", c.Section)
	field("Require-User", c.RequireUser)
	field("URL", c.URL)
	field("Maintainer", c.Maintainer)
	field("Architecture", c.Architecture)
	field("Installed-Size", fmt.Sprint(c.InstalledSize))
	for _, line := range more {
		b.WriteString(line + "\n")
	}
	field("Description", strings.ReplaceAll(strings.TrimSpace(c.Description), "\n", "\n "))
	return b.String()
}

// archive returns a tar.gz of entries and of the folders they lie in.
func archive(entries []Entry, at int64) ([]byte, error) {
	folders := map[string]bool{}
	for _, e := range entries {
		for dir := path.Dir(e.Path); dir != "."; dir = path.Dir(dir) {
			folders[dir] = true
		}
	}
	all := slices.Clone(entries)
	for dir := range folders {
		all = append(all, Entry{Path: dir + "/", Mode: 0o755, Mtime: at})
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return members(append([]Entry{{Path: "", Mode: 0o755, Mtime: at}}, all...))
}

// members returns a tar.gz of the members in their order, each below "./"; what ends
// in a slash is a folder.
func members(list []Entry) ([]byte, error) {
	var b bytes.Buffer
	gz, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(gz)
	for _, e := range list {
		head := &tar.Header{
			Format: tar.FormatUSTAR, Typeflag: tar.TypeReg, Name: "./" + e.Path, Mode: e.Mode, Size: int64(len(e.Data)),
			ModTime: time.Unix(e.Mtime, 0), Uname: "root", Gname: "root",
		}
		if strings.HasSuffix(head.Name, "/") {
			head.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(head); err != nil {
			return nil, fmt.Errorf("ipk: %s: %w", e.Path, err)
		}
		if _, err := w.Write(e.Data); err != nil {
			return nil, fmt.Errorf("ipk: %s: %w", e.Path, err)
		}
	}
	err = errors.Join(w.Close(), gz.Close())
	return b.Bytes(), err
}

// Indexed is a package in an index.
type Indexed struct {
	Control  *Control
	Filename string
	File     []byte
}

// Index returns what Packages holds of a feed.
func Index(list []Indexed) []byte {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Indexed) int { return strings.Compare(a.Filename, b.Filename) })
	var b bytes.Buffer
	for _, p := range list {
		b.WriteString(p.Control.paragraph([]string{
			"Filename: " + p.Filename, fmt.Sprintf("Size: %d", len(p.File)), fmt.Sprintf("SHA256sum: %x", sha256.Sum256(p.File)),
		}) + "\n")
	}
	return b.Bytes()
}

// Gzip returns what Packages.gz holds.
func Gzip(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(b)
	err = errors.Join(err, w.Close())
	return out.Bytes(), err
}
