package main

import (
	"bytes"
	"debug/elf"
	"fmt"
	"path"
	"slices"
	"strings"
)

// moduleName returns the name of a module from its file's: of - and _, which
// modules do not tell apart, it has the latter.
func moduleName(file string) string {
	return strings.ReplaceAll(strings.TrimSuffix(path.Base(file), ".ko"), "-", "_")
}

// moduleOrder returns the files of the modules named and of those they depend
// on, each behind what it needs. Those the kernel has built in are not in t and
// not needed.
func moduleOrder(t tree, names []string) ([]string, error) {
	files := make(map[string]string)
	for name := range t {
		if strings.HasSuffix(name, ".ko") {
			files[moduleName(name)] = name
		}
	}
	var order []string
	var visit func(name string) error
	visit = func(name string) error {
		file, ok := files[name]
		if !ok || slices.Contains(order, file) {
			return nil
		}
		needs, err := dependencies(t[file].data)
		if err != nil {
			return fmt.Errorf("module %s: %w", name, err)
		}
		for _, n := range needs {
			if err := visit(n); err != nil {
				return err
			}
		}
		order = append(order, file)
		return nil
	}
	for _, name := range names {
		if _, ok := files[moduleName(name)]; !ok {
			return nil, fmt.Errorf("the kernel package has no module %s", name)
		}
		if err := visit(moduleName(name)); err != nil {
			return nil, err
		}
	}
	return order, nil
}

// dependencies returns the modules which a module says it needs.
func dependencies(module []byte) ([]string, error) {
	f, err := elf.NewFile(bytes.NewReader(module))
	if err != nil {
		return nil, err
	}
	info := f.Section(".modinfo")
	if info == nil {
		return nil, fmt.Errorf("no section .modinfo")
	}
	text, err := info.Data()
	if err != nil {
		return nil, err
	}
	return parseModinfo(text), nil
}

// parseModinfo finds depends= in the strings of .modinfo, which NULs end.
func parseModinfo(text []byte) []string {
	for field := range bytes.SplitSeq(text, []byte{0}) {
		if list, ok := strings.CutPrefix(string(field), "depends="); ok && list != "" {
			names := strings.Split(list, ",")
			for i := range names {
				names[i] = moduleName(names[i])
			}
			return names
		}
	}
	return nil
}
