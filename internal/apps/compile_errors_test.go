package apps

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weir/internal/packet"
)

// TestTableErrors holds that a wrong line is named with its place.
func TestTableErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"upper case", "a Example.org", "music.txt:1: \"Example.org\""},
		{"a wrong letter", "a b_c.org\nd e!.org", "music.txt:2: \"e!.org\""},
		{"an empty label", "a b..org", "empty label"},
		{"a dot at the end", "a b.org.", "empty label"},
		{"a hyphen at the border", "a -b.org", "hyphen"},
		{"too long", "a " + strings.Repeat("b", 60) + ".org", "longer than 63"},
		{"a top-level domain", "a org", "whole top-level domain"},
		{"a star for all below", "a *.b.org", "one star"},
		{"two stars", "a b*c*.d.org", "one star"},
		{"a star without a line", "a b*.d.org", "give d.org an application"},
		{"a suffix twice", "a b.org\nc b.org", "music.txt:2: b.org is at music.txt:1 already"},
		{"a name twice", "a b.org\na c.org", "music.txt:2: a is at music.txt:1 already"},
		{"a name in upper case", "A b.org", "lower case"},
		{"the name of none", "unknown b.org", "lower case"},
		{"nothing but a name", "a", "neither a name nor a network"},
		{"ports alone", "a tcp/80", "neither a name nor a network"},
		{"no port", "a b.org tcp/x", "no range of ports"},
		{"port 0", "a b.org tcp/0", "no range of ports"},
		{"a large port", "a b.org udp/65536", "no range of ports"},
		{"ports upside down", "a b.org udp/9-8", "no range of ports"},
		{"ports twice", "a b.org udp/1-8\nc d.org udp/8", "port 8 of protocol 17 is in the table twice"},
		{"no network", "a 1.2.3.4/33", "1.2.3.4/33"},
		{"bits beyond", "a 1.2.3.4/24", "bits set beyond"},
		{"everything", "a 0.0.0.0/0", "network 0.0.0.0/0"},
		{"a long network", "a 2001:db8::/65", "longer than 64 bits"},
		{"a network twice", "a 1.2.3.0/24\nb 1.2.3.0/24", "in the table twice"},
		{"going on with nothing", "\tb.org", "music.txt:1: goes on"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := compileText(tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
	if _, err := compileText("# nothing\n\na b.org # for c.org\n  d.org\n"); err != nil {
		t.Errorf("a right table: %v", err)
	}
}

func compileText(text string) (map[string]string, error) {
	all, err := parseTable(Music, "music.txt", text)
	if err != nil {
		return nil, err
	}
	if err := checkTable(all); err != nil {
		return nil, err
	}
	return compile(all)
}

// TestFiles holds that a file of the table which is no category's is noticed.
func TestFiles(t *testing.T) {
	files, err := filepath.Glob("table/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name, text := strings.CutSuffix(filepath.Base(f), ".txt")
		if _, known := ParseCategory(name); text && !known {
			t.Errorf("%s is the file of no category", f)
		}
	}
	if _, err := readTable(t.TempDir()); !os.IsNotExist(err) {
		t.Errorf("a table without files: %v", err)
	}
}

// TestNetworks looks nested and neighbouring networks up.
func TestNetworks(t *testing.T) {
	packed, err := compileText("a 10.0.0.0/8 2001:db8::/32\nb 10.1.0.0/16 2001:db8:1::/48\nc 10.1.2.0/24 10.1.2.128/32\nd 10.2.0.0/15 255.0.0.0/8\n")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ server, want string }{
		{"9.255.255.255", ""},
		{"10.0.0.0", "a"},
		{"10.0.255.255", "a"},
		{"10.1.0.0", "b"},
		{"10.1.2.127", "c"},
		{"10.1.2.128", "c"},
		{"10.1.3.0", "b"},
		{"10.3.255.255", "d"},
		{"10.4.0.0", "a"},
		{"10.255.255.255", "a"},
		{"11.0.0.0", ""},
		{"255.255.255.255", "d"},
		{"2001:db7:ffff::", ""},
		{"2001:db8::", "a"},
		{"2001:db8:1:ffff::", "b"},
		{"2001:db8:2::1", "a"},
		{"2001:db9::", ""},
		{"::ffff:10.1.2.3", "c"},
		{"::", ""},
	}
	for _, tt := range tests {
		server := addr(tt.server)
		got := byNetwork(packed["networks"], &server)
		if want := App(strings.Index(" abcd", tt.want)); tt.want != "" && got != want || tt.want == "" && got != None {
			t.Errorf("%s is %d, want %q", tt.server, got, tt.want)
		}
	}
	var zero packet.Addr
	if got := byNetwork("", &zero); got != None {
		t.Errorf("no networks hold %d", got)
	}
	if got := byPort("", 6, 80); got != None {
		t.Errorf("no ports are %d", got)
	}
}
