package uci

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gouci "github.com/digineo/go-uci"
	"github.com/google/go-cmp/cmp"
)

// oracle reads a file's text with go-uci.
func oracle(t testing.TB, text string) (gouci.Tree, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "test"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	tree := gouci.NewTree(dir)
	return tree, tree.LoadConfig("test", false)
}

// TestOracleAgrees writes files of what go-uci can read, and compares every
// value.
func TestOracleAgrees(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		text := plainFile(random, 1+random.IntN(12))
		p, err := ParsePackage(strings.NewReader(text), "test")
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		tree, err := oracle(t, text)
		if err != nil {
			t.Fatalf("go-uci: %v in\n%s", err, text)
		}
		count := map[string]int{}
		for _, s := range p.Sections {
			name := s.Name
			if name == "" {
				name = fmt.Sprintf("@%s[%d]", s.Type, count[s.Type])
			}
			count[s.Type]++
			for _, o := range s.Options {
				want, _ := tree.Get("test", name, o.Name)
				if diff := cmp.Diff(want, texts(o)); diff != "" {
					t.Fatalf("%s.%s (-go-uci +weir):\n%s\n%s", name, o.Name, diff, text)
				}
			}
		}
	}
}

func texts(o Option) []string {
	texts := make([]string, len(o.Values))
	for i, v := range o.Values {
		texts[i] = v.Text
	}
	return texts
}

// plainFile is a random file without what go-uci cannot read.
func plainFile(random *rand.Rand, sections int) string {
	values := []string{"1", "'two words'", `"three more words"`, "192.168.1.0/24", "'#no comment'", "'äöü'", "'a;b'"}
	var b strings.Builder
	b.WriteString("# a comment\n\n")
	for i := range sections {
		if random.IntN(2) == 0 {
			fmt.Fprintf(&b, "config t%d\n", random.IntN(3))
		} else {
			fmt.Fprintf(&b, "config\tnamed 'n%d' # comment\n", i)
		}
		for j := range random.IntN(8) {
			v := values[random.IntN(len(values))]
			if random.IntN(3) > 0 {
				fmt.Fprintf(&b, "\toption o%d %s\n", j, v)
				continue
			}
			for k := range 1 + random.IntN(3) {
				fmt.Fprintf(&b, "\tlist l%d '%d of %d'\n", j, k, j)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// oracleFails are ordinary files that go-uci cannot read, and why the daemon
// does not use it. If one of these begins to work, that reason is gone.
var oracleFails = []struct{ name, text, want string }{
	{"quote as uci commit writes it", "config a 'a'\n\toption v 'it'\\''s'\n", "it's"},
	{"empty value", "config a 'a'\n\toption v ''\n\toption w '1'\n", ""},
	{"value over two lines", "config a 'a'\n\toption v 'one\ntwo'\n", "one\ntwo"},
	{"quoted parts without a space", "config a 'a'\n\toption v 'one'\"two\"\n", "onetwo"},
	{"two statements in a line", "config a 'a'\n\toption v 1; option w 2\n", "1"},
	{"package line", "package test\n\nconfig a 'a'\n\toption v '1'\n", "1"},
	{"escaped quote", "config a 'a'\n\toption v \"a \\\"b\\\"\"\n", `a "b"`},
	{"line joined by a backslash", "config a 'a'\n\toption v one\\\ntwo\n", "onetwo"},
	{"carriage returns", "config a 'a'\r\n\toption v 1\r\n", "1"},
	{"short keywords", "c a a\no v 1\n", "1"},
	{"no line end at the end", "config a 'a'\n\toption v 1", "1"},
}

func TestOracleFails(t *testing.T) {
	for _, tt := range oracleFails {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParsePackage(strings.NewReader(tt.text), "test")
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Sections[0].Text("v"); got != tt.want {
				t.Errorf("read %q, want %q", got, tt.want)
			}
			tree, err := oracle(t, tt.text)
			if err != nil {
				t.Logf("go-uci refuses the file: %v", err)
				return
			}
			got, ok := tree.GetLast("test", "a", "v")
			if ok && got == tt.want {
				t.Errorf("go-uci reads this now: %q", got)
			}
			t.Logf("go-uci reads %q, %v instead of %q", got, ok, tt.want)
		})
	}
}

// TestOracleWritesQuotesUnescaped shows that what go-uci saves for it's is
// no UCI any more, by its own and by our reading.
func TestOracleWritesQuotesUnescaped(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "test")
	if err := os.WriteFile(file, []byte("config a 'a'\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	tree := gouci.NewTree(dir)
	if !tree.SetType("test", "a", "v", gouci.TypeOption, "it's") {
		t.Fatal("go-uci does not set the value")
	}
	if err := tree.Commit(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "'it's'") {
		t.Errorf("go-uci writes %q now", text)
	}
	if err := gouci.NewTree(dir).LoadConfig("test", false); err == nil {
		t.Error("go-uci reads back what it wrote")
	}
	if _, err := ParsePackage(strings.NewReader(string(text)), "test"); err == nil {
		t.Error("'it's' is read as if it were UCI")
	}
}

func BenchmarkRead(b *testing.B) {
	text := plainFile(rand.New(rand.NewPCG(3, 4)), 120)
	b.Run("weir", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParsePackage(strings.NewReader(text), "test"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("go-uci", func(b *testing.B) {
		dir := b.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "test"), []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
		tree := gouci.NewTree(dir)
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() { // includes reading a file of the page cache: there is no other way in
			if err := tree.LoadConfig("test", true); err != nil {
				b.Fatal(err)
			}
		}
	})
}
