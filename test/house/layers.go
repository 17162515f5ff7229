package house

import (
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strings"
)

// Layers is the table of docs/architecture.md: every package of weir and its
// layer. A package imports only packages of lower layers.
var Layers = map[string]int{
	"luci-app":          0, // the pages, as files
	"internal/packet":   0, // headers, in place
	"internal/clock":    0, // monotonic time, trust in wall time
	"internal/intern":   0, // strings ↔ uint32
	"internal/arith":    0, // a coder of likely bits
	"internal/jsontext": 0, // JSON, in place
	"internal/logfmt":   0, // lines of the log
	"internal/link":     0, // the kernel's view over netlink
	"internal/nearest":  0, // the name a mistyped word was meant to be

	"uci":              1, // configuration
	"internal/ubus":    1, // the ubus protocol
	"internal/flow":    1, // key, table
	"internal/dpi":     1, // what a flow is
	"internal/apps":    1, // whose servers a flow speaks to
	"internal/device":  1, // devices and hosts
	"internal/rollup":  1, // counters by dimension and time
	"internal/flowlog": 1, // rows of flows that ended
	"internal/usage":   1, // how much is attributed, and used of quotas
	"internal/alert":   1, // what the user should know
	"internal/journal": 1, // what happened to the router
	"internal/names":   1, // names from DNS on the wire
	"internal/geo":     1, // where addresses are, who made a device
	"store/archive":    1, // what survives a power cut

	"internal/openwrt": 2, // what the router's own programs wrote down, and tell
	"internal/engine":  2, // all of it under one lock
	"internal/resolve": 2, // what addresses are called, asked of a resolver
	"internal/source":  2, // what sources have in common
	"store":            2, // durable series

	"internal/source/afpacket":  3,
	"internal/source/conntrack": 3, // what connection tracking counted
	"internal/source/pcap":      3,
	"internal/api":              3, // the methods, no transport

	"internal/api/httpapi": 4, // the methods over HTTP
	"internal/api/ubusapi": 4, // the methods over ubus

	"internal/daemon": 5, // builds, runs, reloads, stops
	"cmd/weir":        6, // the command line
}

// sideways are the imports within a layer that the architecture allows.
var sideways = map[string][]string{
	"internal/engine": {"internal/source"},
}

// testOnly are helpers for tests that stand outside test/; only test files
// import them.
var testOnly = []string{"internal/api/apitest"}

// use is a package that only some may import.
type use struct {
	imports string   // an import path; what is below it counts too
	by      []string // folders, what is below them counts too
	why     string
}

// uses are the rules about single imports. The folder test is free of them: it
// measures and compares.
var uses = []use{
	{"go.etcd.io/bbolt", []string{"store"}, "the store's format is the store's secret"},
	{"net/http", []string{"internal/export"}, "it links all of TLS, see docs/decisions.md; httpapi has a server of its own"},
	{"encoding/json", nil, "it costs 200 kB with the reflection it needs; internal/jsontext reads JSON, api.Encoder writes it"},
	{"log/slog", nil, "it links all of encoding/json and 200 kB; internal/logfmt writes the same lines"},
	{"crypto/tls", []string{"internal/api/httpapi", "internal/export", "cmd/weir"}, "TLS is a door's lock, and left out by the build tag notls"},
	{"golang.org/x/sys/unix", []string{"internal/source", "internal/link", "internal/ubus", "internal/clock", "store", "cmd/weir"}, "the system is touched at the edges; cmd asks for the terminal's size"},
	{"github.com/google/gopacket", nil, "it is the oracle of tests; its tables cost 4.7 MB on a 32-bit router"},
	{"github.com/digineo/go-uci", nil, "it is the oracle of tests; it refuses files that uci commit writes"},
	{"weir/uci", []string{"internal/daemon", "cmd/weir"}, "only uci knows option names; others take typed settings"},
	{"unsafe", []string{"internal/source", "internal/link", "internal/ubus"}, "only rings and system calls need it"},
}

// edges are the folders that may make system calls.
var edges = []string{"internal/source", "internal/link", "internal/ubus", "internal/clock", "store"}

// systemName matches what everybody may take from package syscall: the names of
// errors, signals and open flags.
var systemName = regexp.MustCompile(`^(E[A-Z0-9]+|Errno|SIG[A-Z0-9]+|Signal|O_[A-Z]+)$`)

// systemCalls returns where p takes more from package syscall than names.
func systemCalls(p *Package) []string {
	var bad []string
	for _, f := range p.Files {
		if !slices.Contains(f.Imports(), "syscall") {
			continue
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "syscall" && !systemName.MatchString(sel.Sel.Name) {
				bad = append(bad, fmt.Sprintf("%s uses syscall.%s: the system is touched at the edges", f.where(n), sel.Sel.Name))
			}
			return true
		})
	}
	return bad
}

// CheckLayers returns what breaks the rules on imports. Packages under test, and
// under feeds, which make packages of what was built, stand above all: nothing but
// them and test files may import them.
func CheckLayers(m *Module, layers map[string]int) []string {
	var bad []string
	for _, p := range m.Packages {
		if len(p.Files) == 0 || below(p.Dir, "test") || below(p.Dir, "feeds") || slices.Contains(testOnly, p.Dir) {
			continue
		}
		layer, known := layers[p.Dir]
		if !known {
			bad = append(bad, fmt.Sprintf("%s is in no layer: add it to the table of layers and to docs/architecture.md", p.Dir))
			continue
		}
		if !slices.ContainsFunc(edges, func(e string) bool { return below(p.Dir, e) }) {
			bad = append(bad, systemCalls(p)...)
		}
		for _, imp := range p.Imports {
			if msg := checkImport(m, layers, p.Dir, layer, imp); msg != "" {
				bad = append(bad, fmt.Sprintf("%s imports %s: %s", p.Dir, imp, msg))
			}
		}
	}
	for dir := range layers {
		if !slices.ContainsFunc(m.Packages, func(p *Package) bool { return p.Dir == dir && len(p.Files) > 0 }) {
			bad = append(bad, dir+" is in the table of layers but has no Go files")
		}
	}
	slices.Sort(bad)
	return bad
}

// checkImport says what is wrong with one import, or nothing.
func checkImport(m *Module, layers map[string]int, dir string, layer int, imp string) string {
	for _, u := range uses {
		if below(imp, u.imports) && !slices.ContainsFunc(u.by, func(by string) bool { return below(dir, by) }) {
			return u.why
		}
	}
	target, ours := strings.CutPrefix(imp, m.Path+"/")
	if !ours {
		return ""
	}
	if below(target, "test") || slices.Contains(testOnly, target) {
		return "only tests import what is there for tests"
	}
	to, known := layers[target]
	switch {
	case !known:
		return "" // reported as a package without a layer
	case to < layer, slices.Contains(sideways[dir], target):
		return ""
	case to == layer:
		return "members of one layer do not import each other"
	}
	return fmt.Sprintf("it is in layer %d, above layer %d", to, layer)
}

// below reports whether a path is dir or something in it.
func below(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }
