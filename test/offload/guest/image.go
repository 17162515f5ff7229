package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// imageVersion is part of what names a cached image: raise it when what is put
// into one changes.
const imageVersion = "1"

// base is what all machines have in common, in the cache.
type base struct {
	kernel string // file of the kernel
	image  string // file of an archive with tools and modules
}

// Files of the machine's first file system that its first process reads.
const (
	modulesPath = "guest/modules" // a module's path a line
	taskPath    = "guest/task"    // a task in JSON
	addedDir    = "usr/bin"
	workDir     = "guest" // the program's working directory
	programPath = workDir + "/program"
)

// task is what the machine is for.
type task struct {
	Args []string // of the program, the first being its path here
	Env  []string
}

// baseImage returns kernel and image of the newest packages there are, made
// before or now. Only one process makes them at a time.
func baseImage(ctx context.Context, on board) (base, error) {
	for _, program := range []string{"apt-get", "dpkg-deb"} {
		if _, err := findProgram(program); err != nil {
			return base{}, fmt.Errorf("kernel and tools of the machine are Debian packages: %w", err)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return base{}, err
	}
	dir := filepath.Join(cache, "weir-guest", on.arch)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return base{}, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return base{}, err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return base{}, fmt.Errorf("wait for another machine being made: %w", err)
	}
	a, err := newAPT(filepath.Join(dir, "apt"), on)
	if err != nil {
		return base{}, err
	}
	p, err := a.fetch(ctx)
	if err != nil {
		return base{}, err
	}
	name := sha256.Sum256([]byte(imageVersion + p.kernel + strings.Join(p.tools, " ") + strings.Join(on.modules, " ") + strings.Join(on.tools, " ")))
	b := base{kernel: filepath.Join(dir, fmt.Sprintf("kernel-%x", name[:8])), image: filepath.Join(dir, fmt.Sprintf("image-%x", name[:8]))}
	if _, err := os.Stat(b.image); err == nil {
		return b, nil
	}
	return b, b.make(ctx, a, p)
}

// make unpacks the packages and writes kernel and image.
func (b base) make(ctx context.Context, a *apt, p packages) error {
	tools, kernel := make(tree), make(tree)
	for _, file := range p.tools {
		err := tools.addPackage(ctx, a.path(file), func(name string) bool {
			return strings.HasPrefix(name, "usr/") && !strings.HasPrefix(name, "usr/share/")
		})
		if err != nil {
			return err
		}
	}
	vmlinuz := ""
	err := kernel.addPackage(ctx, a.path(p.kernel), func(name string) bool {
		if strings.HasPrefix(name, "boot/vmlinuz") {
			vmlinuz = name
			return true
		}
		return strings.HasSuffix(name, ".ko")
	})
	if err != nil {
		return err
	}
	if vmlinuz == "" {
		return fmt.Errorf("no kernel in %s", p.kernel)
	}
	var image bytes.Buffer
	if err := writeBase(&image, a.board, tools, kernel); err != nil {
		return err
	}
	// The image last: it says that all is there.
	return errors.Join(replace(b.kernel, kernel[vmlinuz].data), replace(b.image, image.Bytes()))
}

// replace writes a file that is there whole or not at all.
func replace(name string, data []byte) error {
	if err := os.WriteFile(name+".new", data, 0o644); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// writeBase writes the archive of tools and modules.
func writeBase(w io.Writer, on board, tools, kernel tree) error {
	files := make(map[string][]byte)
	for _, program := range on.tools {
		at := ""
		for _, dir := range []string{"usr/sbin", "usr/bin"} {
			if _, ok := tools.read(path.Join(dir, program)); ok && at == "" {
				at = path.Join(dir, program)
			}
		}
		parts, err := withLibraries(tools, at, on.libraryDirs())
		if err != nil {
			return fmt.Errorf("%s: %w", program, err)
		}
		maps.Copy(files, parts)
	}
	modules, err := moduleOrder(kernel, on.modules)
	if err != nil {
		return err
	}
	for _, m := range modules {
		files[m] = kernel[m].data
	}
	files[modulesPath] = []byte(strings.Join(modules, "\n"))

	a := &archive{w: w}
	for _, dir := range []string{"dev", "proc", "run", "sys", "tmp", "root", "etc", "var"} {
		a.dir(dir)
	}
	made := make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		a.parents(name, made)
		a.file(name, 0o755, files[name])
	}
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} {
		a.link(name, "usr/"+name)
	}
	a.link("var/run", "/run")
	return a.close()
}

// parents writes the folders that name is in and which are not made yet.
func (a *archive) parents(name string, made map[string]bool) {
	for i, c := range name {
		if c == '/' && !made[name[:i]] {
			made[name[:i]] = true
			a.dir(name[:i])
		}
	}
}

// addTestdata adds the files of the folder testdata here, if there is one, by
// their path in the machine.
func addTestdata(files map[string]string) error {
	const dir = "testdata"
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files[path.Join(workDir, filepath.ToSlash(name))] = name
		}
		return err
	})
}

// writeImage writes the image of one machine: the base, this command, built for it,
// as the first process, and programs.
func writeImage(name string, b base, self string, add []string, t task) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	common, err := os.Open(b.image)
	if err != nil {
		return err
	}
	defer common.Close()
	if _, err := io.Copy(f, common); err != nil {
		return err
	}
	files := map[string]string{initPath[1:]: self, programPath: t.Args[0]}
	for _, program := range add {
		files[path.Join(addedDir, filepath.Base(program))] = program
	}
	if err := addTestdata(files); err != nil {
		return err
	}
	a := &archive{w: f}
	made := make(map[string]bool)
	for _, to := range slices.Sorted(maps.Keys(files)) {
		a.parents(to, made)
		data, err := os.ReadFile(files[to])
		if err != nil {
			return err
		}
		a.file(to, 0o755, data)
	}
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	a.file(taskPath, 0o644, text)
	return a.close()
}
