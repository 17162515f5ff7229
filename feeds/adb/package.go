package adb

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Info is what a package says of itself.
type Info struct {
	Name, Version, Description  string
	Arch                        string // "noarch" for all
	License, Origin, Maintainer string
	URL                         string
	BuildTime                   int64 // epoch seconds; 0: not said
	Depends, Provides           []string
	InstalledSize               int64 // bytes, filled in by Package
	size                        int64 // of the package's file
	digest                      []byte
}

// Entry is a regular file, owned by root.
type Entry struct {
	Path  string // relative to the root, without a leading slash
	Mode  uint32 // permissions
	Mtime int64  // epoch seconds
	Data  []byte
}

// Scripts are what apk runs; empty ones are absent.
type Scripts struct {
	PostInstall, PreDeinstall, PostDeinstall, PostUpgrade string
}

// uniqueSize is the length of a package's unique id.
const uniqueSize = 20

// Package returns an .apk with the entries, signed if key is not nil, and completes
// info with what an index has to know of it.
func Package(info *Info, entries []Entry, scripts Scripts, key *ecdsa.PrivateKey) ([]byte, error) {
	if info.Name == "" || info.Version == "" {
		return nil, errors.New("adb: a package without name or version")
	}
	info.InstalledSize, info.size, info.digest = 0, 0, nil
	for _, e := range entries {
		if e.Path != path.Clean(e.Path) || path.IsAbs(e.Path) || strings.HasPrefix(e.Path, "..") {
			return nil, fmt.Errorf("adb: %q is no path in a package", e.Path)
		}
		info.InstalledSize += int64(len(e.Data))
	}
	info.InstalledSize = max(info.InstalledSize, 1)

	t := newTree()
	unique := t.blob(make([]byte, uniqueSize)) // first, so that nothing else may share its zeros
	dirs := byFolder(entries)
	t.root(t.object(info.value(t, unique), t.array(folders(t, dirs)), scripts.value(t)))
	sum := sha256.Sum256(t.bytes)
	id, err := t.bytesOf(unique)
	if err != nil {
		return nil, err
	}
	copy(id, sum[:])

	f, err := newFile(schemaPackage, t, key)
	if err != nil {
		return nil, err
	}
	for i, d := range dirs {
		for j, e := range d.entries {
			if len(e.Data) == 0 {
				continue
			}
			head := binary.LittleEndian.AppendUint32(nil, uint32(i+1))
			f.block(blockData, binary.LittleEndian.AppendUint32(head, uint32(j+1)), e.Data)
		}
	}
	b, err := f.deflated()
	if err != nil {
		return nil, err
	}
	whole := sha256.Sum256(t.bytes)
	info.digest, info.size = whole[:], int64(len(b))
	return b, nil
}

// Index returns a packages.adb of the packages that were made, signed if key is not
// nil.
func Index(description string, infos []*Info, key *ecdsa.PrivateKey) ([]byte, error) {
	infos = slices.Clone(infos)
	slices.SortFunc(infos, func(a, b *Info) int { return strings.Compare(a.Name, b.Name) })
	t := newTree()
	var items []value
	for _, info := range infos {
		if info.digest == nil {
			return nil, fmt.Errorf("adb: package %s was not made yet", info.Name)
		}
		items = append(items, info.value(t, t.blob(info.digest)))
	}
	t.root(t.object(t.text(description), t.array(items)))
	f, err := newFile(schemaIndex, t, key)
	if err != nil {
		return nil, err
	}
	return f.deflated()
}

// value is the object of apk's pkginfo, its fields in their order.
func (i *Info) value(t *tree, digest value) value {
	built, size := null, null
	if i.BuildTime > 0 {
		built = t.integer(uint64(i.BuildTime))
	}
	if i.size > 0 && i.digest != nil {
		size = t.integer(uint64(i.size))
	}
	return t.object(
		t.text(i.Name), t.text(i.Version), digest, t.text(i.Description), t.text(i.Arch),
		t.text(i.License), t.text(i.Origin), t.text(i.Maintainer), t.text(i.URL),
		null, // the commit of a repository
		built, t.integer(uint64(i.InstalledSize)), size,
		null, // the priority among providers
		dependencies(t, i.Depends), dependencies(t, i.Provides),
	)
}

// dependencies are names, each perhaps with "=" and a version, sorted and once.
func dependencies(t *tree, list []string) value {
	list = slices.Clone(list)
	slices.Sort(list)
	var items []value
	for _, d := range slices.Compact(list) {
		name, version, _ := strings.Cut(d, "=")
		items = append(items, t.object(t.text(name), t.text(version)))
	}
	return t.array(items)
}

func (s Scripts) value(t *tree) value {
	return t.object(null, // on triggers
		null, // before it is installed
		t.text(s.PostInstall), t.text(s.PreDeinstall), t.text(s.PostDeinstall),
		null, // before it is upgraded
		t.text(s.PostUpgrade))
}

// folder is a directory with its files, sorted.
type folder struct {
	path    string
	entries []Entry
}

// byFolder returns the root and all folders of the entries, sorted.
func byFolder(entries []Entry) []folder {
	files := map[string][]Entry{"": nil}
	for _, e := range entries {
		dir := strings.TrimPrefix(path.Dir(e.Path), ".")
		files[dir] = append(files[dir], e)
		for ; dir != ""; dir = strings.TrimPrefix(path.Dir(dir), ".") {
			if _, ok := files[dir]; !ok {
				files[dir] = nil
			}
		}
	}
	var all []folder
	for dir, list := range files {
		slices.SortFunc(list, func(a, b Entry) int { return strings.Compare(path.Base(a.Path), path.Base(b.Path)) })
		all = append(all, folder{dir, list})
	}
	slices.SortFunc(all, func(a, b folder) int { return strings.Compare(a.path, b.path) })
	return all
}

func folders(t *tree, dirs []folder) []value {
	owner := func(mode uint32) value {
		return t.object(t.integer(uint64(mode)), t.text("root"), t.text("root"))
	}
	var all []value
	for _, d := range dirs {
		var files []value
		for _, e := range d.entries {
			sum := sha256.Sum256(e.Data)
			files = append(files, t.object(t.text(path.Base(e.Path)), owner(e.Mode),
				t.integer(uint64(len(e.Data))), t.integer(uint64(e.Mtime)), t.blob(sum[:])))
		}
		all = append(all, t.object(t.text(d.path), owner(0o755), t.array(files)))
	}
	return all
}
