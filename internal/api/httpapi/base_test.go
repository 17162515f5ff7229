package httpapi

import (
	"net/url"
	"strings"
	"testing"
)

func TestLocate(t *testing.T) {
	tests := []struct {
		name, configured, forwarded, path string
		base, want                        string
	}{
		{"nothing", "", "", "/x", "", "/x"},
		{"left by the proxy", "/weir", "", "/weir/x", "/weir", "/x"},
		{"with a slash", "/weir/", "", "/weir/x", "/weir", "/x"},
		{"the base alone", "/weir", "", "/weir", "/weir", "/"},
		{"past the proxy", "/weir", "", "/x", "/weir", "/x"},
		{"only begins like it", "/weir", "", "/weirdo", "/weir", "/weirdo"},
		{"taken off", "", "/net/weir", "/x", "/net/weir", "/x"},
		{"taken off, with a slash", "", "/weir/", "/", "/weir", "/"},
		{"said and left", "", "/weir", "/weir/x", "/weir", "/x"},
		{"the proxy knows better", "/a", "/b", "/b/x", "/b", "/x"},
		{"nonsense is not heard", "", "//evil.example", "/x", "", "/x"},
		{"a tag is not heard", "", "/<b>", "/x", "", "/x"},
		{"dots are not heard", "", "/a/../b", "/x", "", "/x"},
		{"a novel is not heard", "", "/" + strings.Repeat("x", maxPrefix), "/x", "", "/x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &door{s: New(Config{BasePath: tt.configured}, nil)}
			r := &request{url: &url.URL{Path: tt.path}}
			if tt.forwarded != "" {
				r.fields = fields{{"X-Forwarded-Prefix", tt.forwarded}}
			}
			if base, path := d.locate(r); base != tt.base || path != tt.want {
				t.Errorf("got %q %q, want %q %q", base, path, tt.base, tt.want)
			}
		})
	}
}

// FuzzIsPrefix checks that what passes can stand in a document and in a header.
func FuzzIsPrefix(f *testing.F) {
	for _, s := range []string{"/weir", "/a/b-c_d.e~f", "//", "/.", "/\"", "weir"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if isPrefix(s) && (s[0] != '/' || len(s) > maxPrefix || strings.ContainsAny(s, "\"'<>&;\\?# \r\n%") || strings.HasPrefix(s, "//")) {
			t.Errorf("%q passes", s)
		}
	})
}
