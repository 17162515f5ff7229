// Package house judges how weir's source is built: who imports whom, what
// stands at the top level, how long files and functions are, which licences the
// dependencies have, and whether the README's commands exist. The rules are
// plain functions over a parsed tree, so that its tests can also feed them
// trees that break them.
package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Module is a parsed source tree. It holds every Go file whatever its build
// tags, so that no platform's file escapes the rules.
type Module struct {
	Path     string // module path
	Packages []*Package
}

// Package is one folder of Go files.
type Package struct {
	Dir     string // relative to the module's root, "." for the root
	Path    string // import path
	Doc     string // package comment
	Imports []string
	Files   []*File // without tests
	Tests   []*File // with what tests of the package import, files of package NAME_test too
}

// File is one Go file.
type File struct {
	Name  string // relative to the module's root
	Lines int
	AST   *ast.File
	fset  *token.FileSet
}

// Load parses the Go files below root. Folders that begin with a dot or an
// underscore, testdata, bin and dist are left out, as are folders without Go
// files.
func Load(root, modulePath string) (*Module, error) {
	m := &Module{Path: modulePath}
	byDir := map[string]*Package{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p != root && skipped(d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		f, err := parse(p, filepath.ToSlash(rel))
		if err != nil {
			return err
		}
		dir := path.Dir(f.Name)
		if byDir[dir] == nil {
			byDir[dir] = &Package{Dir: dir, Path: path.Join(modulePath, dir)}
			m.Packages = append(m.Packages, byDir[dir])
		}
		byDir[dir].add(f)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", root, err)
	}
	return m, nil
}

func skipped(dir string) bool {
	return strings.HasPrefix(dir, ".") || strings.HasPrefix(dir, "_") || slices.Contains([]string{"testdata", "bin", "dist"}, dir)
}

func parse(file, name string) (*File, error) {
	fset := token.NewFileSet()
	a, err := parser.ParseFile(fset, file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &File{Name: name, Lines: fset.File(a.FileStart).LineCount(), AST: a, fset: fset}, nil
}

func (p *Package) add(f *File) {
	if strings.HasSuffix(f.Name, "_test.go") {
		p.Tests = append(p.Tests, f)
		return
	}
	p.Files = append(p.Files, f)
	p.Imports = append(p.Imports, f.Imports()...)
	slices.Sort(p.Imports)
	p.Imports = slices.Compact(p.Imports)
	if f.AST.Doc != nil {
		p.Doc += f.AST.Doc.Text()
	}
}

// Imports returns the import paths of f.
func (f *File) Imports() []string {
	var paths []string
	for _, spec := range f.AST.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			p = spec.Path.Value // the parser took it; a rule will name it
		}
		paths = append(paths, p)
	}
	return paths
}

// where names the place of a node.
func (f *File) where(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.Name, f.fset.Position(n.Pos()).Line)
}

// lines returns how many lines a node spans.
func (f *File) lines(n ast.Node) int {
	return f.fset.Position(n.End()).Line - f.fset.Position(n.Pos()).Line + 1
}
