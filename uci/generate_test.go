package uci

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write weir.config, docs/configuration.md and the golden files anew")

// golden compares got with a file, or writes the file under -update.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; go test ./uci -update writes it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is stale, go test ./uci -update writes it anew (-file +now):\n%s", file, diff)
	}
}

const defaultHead = `# weir: what passes through this router, and who it belongs to.
#
# Every option stands here with what it does and, unless the text says
# otherwise, with its default. Remove the # in front of what you want to
# change, then run: weir check && service weir reload
# An empty file is valid. uci and LuCI drop these comments when they save.
`

// exampleNames are the names of example sections that have to be something.
var exampleNames = map[string]string{
	"source": "dump", "pool": "kids", "network": "servers", "application": "backup", "wan": "wan", "quota": "plan",
	"alert": "new_device", "notify": "phone", "collector": "netflow", "exporter": "nfcapd", "remote": "fritz",
}

// appendDefaultFile writes weir.config.
func appendDefaultFile(dst []byte) []byte {
	dst = append(dst, defaultHead...)
	for _, k := range kinds() {
		dst = fmt.Appendf(dst, "\n# %s\n", k.help)
		head := "config " + k.typ
		switch name := exampleNames[k.typ]; {
		case k.name != "":
			head += " '" + k.name + "'"
		case name != "":
			head = "#" + head + " '" + name + "'"
		default:
			head = "#" + head
		}
		dst = append(dst, head+"\n"...)
		for _, f := range k.add(new(Config)).fields() {
			if !f.alias {
				dst = appendDefaultField(dst, f)
			}
		}
	}
	return dst
}

func appendDefaultField(dst []byte, f field) []byte {
	note := ""
	if f.def == "" {
		note = " Example:"
	}
	dst = fmt.Appendf(dst, "\t# %s%s\n", f.help, note)
	keyword, values := "option", []string{f.def + f.example}
	if f.value.list {
		keyword, values = "list", strings.Fields(f.def+f.example)
	}
	for _, v := range values {
		dst = fmt.Appendf(dst, "#\t%s %s ", keyword, f.name)
		dst = append(appendQuoted(dst, v), '\n')
	}
	return dst
}

func TestDefaultFile(t *testing.T) {
	golden(t, "weir.config", appendDefaultFile(nil))
	c, warnings, err := Parse(strings.NewReader(DefaultFile), "weir.config")
	if err != nil || len(warnings) > 0 {
		t.Fatalf("the installed file: %v %v", warnings, err)
	}
	if !c.Equal(Default()) {
		t.Errorf("the installed file differs from the default in %v", c.Changed(Default()))
	}
}

var commented = regexp.MustCompile(`(?m)^#(config |\t)`)

// TestDefaultFileUncommented removes every # as its text tells users to. What
// has a default must then say the same as before.
func TestDefaultFileUncommented(t *testing.T) {
	c, _, err := Parse(strings.NewReader(commented.ReplaceAllString(DefaultFile, "$1")), "weir.config")
	if err != nil {
		t.Fatalf("the installed file without its #:\n%v", err)
	}
	for _, k := range kinds() {
		fresh := k.add(new(Config))
		setDefaults(fresh)
		sections := k.all(c)
		if len(sections) != 1 {
			t.Fatalf("config %s: %d sections, want its example", k.typ, len(sections))
		}
		got := sections[0].fields()
		for i, f := range fresh.fields() {
			if f.def == "" || f.alias {
				continue
			}
			if diff := cmp.Diff(f.value.texts(), got[i].value.texts()); diff != "" {
				t.Errorf("config %s option %s is not the default (-default +file):\n%s", k.typ, f.name, diff)
			}
		}
	}
}

func TestDefaultFileNamesEveryOption(t *testing.T) {
	for _, k := range kinds() {
		_, text, ok := strings.Cut(DefaultFile, "config "+k.typ)
		if !ok {
			t.Errorf("config %s is missing", k.typ)
		}
		text, _, _ = strings.Cut(text, "config ")
		for _, f := range k.add(new(Config)).fields() {
			if !f.alias && !strings.Contains(text, " "+f.name+" '") {
				t.Errorf("config %s: option %s is missing", k.typ, f.name)
			}
		}
	}
}

// TestTables checks what every row of every table owes its readers.
func TestTables(t *testing.T) {
	for _, k := range kinds() {
		seen := map[string]bool{}
		for _, f := range k.add(new(Config)).fields() {
			where := "config " + k.typ + " option " + f.name
			switch {
			case seen[f.name]:
				t.Errorf("%s stands twice", where)
			case !validName(f.name, 0):
				t.Errorf("%s cannot be written in UCI", where)
			case !strings.HasSuffix(f.help, ".") && !strings.HasSuffix(f.help, "…"), strings.ContainsAny(f.help, "\n|"):
				t.Errorf("%s: help is one line that ends with a full stop: %q", where, f.help)
			case f.def == "" && f.example == "":
				t.Errorf("%s has neither a default nor an example", where)
			case f.def != "" && (f.example != "" || f.required):
				t.Errorf("%s has a default, and an example or the need for one", where)
			}
			seen[f.name] = true
		}
	}
}

func TestUnsupportedNamesExist(t *testing.T) {
	known := map[string]bool{}
	for _, k := range kinds() {
		known[k.typ] = true
		for _, f := range k.add(new(Config)).fields() {
			known[k.typ+"."+f.name] = true
		}
	}
	for _, u := range unsupported {
		option, _, _ := strings.Cut(u, "=")
		if !known[option] {
			t.Errorf("%s is listed as unsupported and does not exist", u)
		}
	}
}

const referenceFile = "../docs/configuration.md"

// appendReference appends a table for each section.
func appendReference(dst []byte) []byte {
	for _, k := range kinds() {
		title := "config " + k.typ
		if k.name != "" {
			title += " '" + k.name + "'"
		}
		dst = fmt.Appendf(dst, "\n## %s\n\n%s%s\n\n| option | meaning | default | values |\n|---|---|---|---|\n", title, k.help, supportNote(k.typ))
		for _, f := range k.add(new(Config)).fields() {
			dst = appendReferenceRow(dst, k.typ, f)
		}
	}
	return dst
}

func supportNote(typ string) string {
	if isUnsupported(typ) {
		return " *Checked, but not acted on by this version.*"
	}
	return ""
}

func appendReferenceRow(dst []byte, typ string, f field) []byte {
	name := "`" + f.name + "`"
	if f.value.list {
		name = "list " + name
	}
	def := "–"
	switch {
	case f.required:
		def = "required"
	case f.def != "":
		def = "`" + strings.Join(f.defaults(), "` `") + "`"
	}
	note := supportNote(typ + "." + f.name)
	if f.alias {
		note += " Another name of the option above."
	}
	if f.secret {
		note += " Never shown."
	}
	return fmt.Appendf(dst, "| %s | %s%s | %s | %s |\n", name, f.help, note, def, f.value.allowed)
}

func TestReference(t *testing.T) {
	page, err := os.ReadFile("testdata/configuration.head.md")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, referenceFile, appendReference(page))
}

// TestReferenceExamples parses every UCI example of the page.
func TestReferenceExamples(t *testing.T) {
	page, err := os.ReadFile(filepath.FromSlash(referenceFile))
	if err != nil {
		t.Fatal(err)
	}
	blocks := bytes.Split(page, []byte("```"))
	examples := 0
	for i := 1; i < len(blocks); i += 2 {
		body, ok := bytes.CutPrefix(blocks[i], []byte("uci\n"))
		if !ok {
			continue
		}
		examples++
		if _, _, err := Parse(bytes.NewReader(body), "example"); err != nil {
			t.Errorf("example %d of the page:\n%s\n%v", examples, body, err)
		}
	}
	if examples == 0 {
		t.Error("the page has no example")
	}
}

// TestReferenceErrors makes the errors that the page shows.
func TestReferenceErrors(t *testing.T) {
	page, err := os.ReadFile(filepath.FromSlash(referenceFile))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = Parse(strings.NewReader("config weir 'main'\n\n\toption idle_timeout '5 minutes'\n\toption interfce 'lan'\n"), "/etc/config/weir")
	if err == nil {
		t.Fatal("no error")
	}
	for line := range strings.Lines(err.Error()) {
		if !bytes.Contains(page, []byte("    "+line)) {
			t.Errorf("the page does not show the error as it is: %s", line)
		}
	}
}
