package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"strings"
)

// tree is the files of packages, by path without a leading slash. /bin, /sbin,
// /lib and /lib64 are those of /usr in it, wherever a package puts them.
type tree map[string]node

// node is a file or a symbolic link.
type node struct {
	data []byte
	link string // target, "" for a file
}

// addPackage adds the files of a Debian package for which want reports true.
func (t tree) addPackage(ctx context.Context, file string, want func(path string) bool) error {
	cmd := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", file)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("unpack packages with dpkg-deb: %w", err)
	}
	err = t.addTar(out, want)
	if err == nil { // what pads the archive, or dpkg-deb fails on a closed pipe
		_, err = io.Copy(io.Discard, out)
	}
	if err := errors.Join(err, cmd.Wait()); err != nil {
		return fmt.Errorf("unpack %s: %w", file, err)
	}
	return nil
}

func (t tree) addTar(r io.Reader, want func(path string) bool) error {
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := merged(path.Clean("/" + h.Name)[1:])
		if !want(name) {
			continue
		}
		switch h.Typeflag {
		case tar.TypeReg:
			data, err := io.ReadAll(archive)
			if err != nil {
				return err
			}
			t[name] = node{data: data}
		case tar.TypeSymlink:
			t[name] = node{link: h.Linkname}
		}
	}
}

// merged puts what belongs below /usr there.
func merged(name string) string {
	first, _, _ := strings.Cut(name, "/")
	switch first {
	case "bin", "sbin", "lib", "lib64":
		return "usr/" + name
	}
	return name
}

// read returns the file that name leads to.
func (t tree) read(name string) ([]byte, bool) {
	for range 8 { // links in a row
		n, ok := t[name]
		if !ok || n.link == "" {
			return n.data, ok
		}
		target := n.link
		if !path.IsAbs(target) {
			target = path.Join(path.Dir("/"+name), target)
		}
		name = merged(path.Clean(target)[1:])
	}
	return nil, false
}
