package names

import (
	"encoding/binary"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"
)

var update = flag.Bool("update", false, "write suffixes.bin from the list in golang.org/x/net/publicsuffix")

// rules returns the rules of the list that golang.org/x/net/publicsuffix tests
// itself with.
func rules(t testing.TB) []string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "golang.org/x/net/publicsuffix").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "table_test.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "rules" {
			return true
		}
		for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
			text, err := strconv.Unquote(e.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, text)
		}
		return false
	})
	if len(all) < 9000 {
		t.Fatalf("only %d rules", len(all))
	}
	return all
}

// table builds suffixes.bin.
func table(t *testing.T, rules []string) []byte {
	t.Helper()
	var hashes []uint64
	for _, r := range rules {
		if strings.Count(r, ".") >= deepest {
			t.Fatalf("%s has more than %d labels", r, deepest)
		}
		// The mark of an exception is read last, wherever it stands.
		h := emptyRule
		for i := len(r) - 1; i >= 0; i-- {
			h = h.with(r[i])
		}
		hashes = append(hashes, h.spread())
	}
	slices.Sort(hashes)
	if n := len(slices.Compact(hashes)); n != len(rules) {
		t.Fatalf("%d rules have %d hashes", len(rules), n)
	}
	b := make([]byte, suffixHead)
	for i := range 257 {
		at, _ := slices.BinarySearch(hashes, uint64(i)<<32)
		binary.BigEndian.PutUint16(b[2*i:], uint16(at))
	}
	for _, h := range hashes {
		b = binary.BigEndian.AppendUint32(b, uint32(h))
	}
	return b
}

func TestSuffixTable(t *testing.T) {
	want := table(t, rules(t))
	if *update {
		if err := os.WriteFile("suffixes.bin", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if suffixes != string(want) {
		t.Error("suffixes.bin is not what golang.org/x/net/publicsuffix says: go test -run TestSuffixTable -update")
	}
}

// oracle is Domain by golang.org/x/net/publicsuffix.
func oracle(name string) string {
	if d, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		return d
	}
	return name
}

func TestDomainAgreesWithPublicSuffix(t *testing.T) {
	for _, r := range rules(t) {
		base := strings.TrimLeft(r, "!*.")
		for _, name := range []string{base, "one." + base, "two.one." + base, "a.b.two.one." + base} {
			if got := string(Domain([]byte(name))); got != oracle(name) {
				t.Errorf("%s (rule %s): %q, want %q", name, r, got, oracle(name))
			}
		}
	}
}

func TestDomain(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"host", "www.example.com", "example.com"},
		{"domain", "example.com", "example.com"},
		{"two levels", "a.b.example.co.uk", "example.co.uk"},
		{"suffix itself", "co.uk", "co.uk"},
		{"wildcard", "a.b.c.kawasaki.jp", "b.c.kawasaki.jp"},
		{"wildcard, suffix", "c.kawasaki.jp", "c.kawasaki.jp"},
		{"exception", "x.city.kawasaki.jp", "city.kawasaki.jp"},
		{"exception itself", "www.ck", "www.ck"},
		{"private suffix", "a.b.github.io", "b.github.io"},
		{"punycode", "www.xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"unlisted", "printer.attic.lan", "attic.lan"},
		{"one label", "printer", "printer"},
		{"IPv4", "192.0.2.1", ""},
		{"IPv6", "2001:db8::1", ""},
		{"port", "example.com:80", ""},
		{"number", "7", ""},
		{"digits before", "1.2.example.com", "example.com"},
		{"service", "_imaps._tcp.example.com", "example.com"},
		{"reverse", "4.3.2.1.in-addr.arpa", "1.in-addr.arpa"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		if got := string(Domain([]byte(tt.in))); got != tt.want {
			t.Errorf("%s: Domain(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

// FuzzDomain holds against any bytes what Domain promises: a part of the name, cut
// at a dot, never more than the rules allow.
func FuzzDomain(f *testing.F) {
	for _, s := range []string{"www.example.co.uk", "..", ".com", "a..com", "a.", "*.ck", "!www.ck", "\\000.com"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		name, ok := Clean(nil, raw)
		if !ok {
			return
		}
		got := string(Domain(name))
		if !strings.HasSuffix(string(name), got) {
			t.Fatalf("%q is no end of %q", got, name)
		}
		if cut := len(name) - len(got); got != "" && cut > 0 && name[cut-1] != '.' {
			t.Fatalf("%q is cut within a label of %q", got, name)
		}
		if s := string(name); got != "" && !strings.ContainsAny(s, `*!`) && !strings.Contains("."+s+".", "..") && got != oracle(s) {
			t.Fatalf("%q: %q, want %q", s, got, oracle(s))
		}
	})
}

func BenchmarkDomain(b *testing.B) {
	name := []byte("rr3---sn-4g5e6nsz.googlevideo.com")
	b.ReportAllocs()
	for b.Loop() {
		Domain(name)
	}
}
