package main

import (
	"bytes"
	"debug/elf"
	"fmt"
	"path"
	"strings"
)

// withLibraries returns the files in t that a program consists of: itself, its
// loader, its libraries in dirs and theirs, by the path they are looked for at.
func withLibraries(t tree, program string, dirs []string) (map[string][]byte, error) {
	found := make(map[string][]byte)
	queue := []string{program}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if _, ok := found[name]; ok {
			continue
		}
		data, ok := t.read(name)
		if !ok {
			return nil, fmt.Errorf("%s is in none of the packages", name)
		}
		found[name] = data
		needs, err := needed(t, data, dirs)
		if err != nil {
			return nil, fmt.Errorf("libraries of %s: %w", name, err)
		}
		queue = append(queue, needs...)
	}
	return found, nil
}

// needed returns what one program or library is linked with.
func needed(t tree, data []byte, dirs []string) ([]string, error) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			b := make([]byte, p.Filesz)
			if _, err := p.ReadAt(b, 0); err != nil {
				return nil, err
			}
			names = append(names, merged(strings.Trim(string(b), "/\x00")))
		}
	}
	libraries, err := f.ImportedLibraries()
	if err != nil {
		return nil, err
	}
	for _, l := range libraries {
		at := ""
		for _, dir := range dirs {
			if _, ok := t.read(path.Join(dir, l)); ok {
				at = path.Join(dir, l)
				break
			}
		}
		if at == "" {
			return nil, fmt.Errorf("%s is in none of the packages", l)
		}
		names = append(names, at)
	}
	return names, nil
}
