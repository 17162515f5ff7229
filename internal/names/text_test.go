package names

import (
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	long := strings.Repeat("a.", 126) + "a" // 253 bytes
	tests := []struct {
		name, in, want string
		ok             bool
	}{
		{"plain", "www.example.com", "www.example.com", true},
		{"capitals", "WWW.Example.COM", "www.example.com", true},
		{"final dot", "example.com.", "example.com", true},
		{"escaped final dot", `a\.`, `a\.`, true},
		{"escaped backslash, final dot", `a\\.`, `a\\`, true},
		{"root", ".", "", false},
		{"nothing", "", "", false},
		{"punycode", "xn--bcher-kva.example", "xn--bcher-kva.example", true},
		{"UTF-8", "bücher.example", `b\195\188cher.example`, true},
		{"space and control", "a b\x00\x7f", `a\032b\000\127`, true},
		{"escaped already", `a\032b`, `a\032b`, true},
		{"longest", long, long, true},
		{"longest with the dot", long + ".", long, true},
		{"too long", long + "a", "", false},
		{"too long once escaped", strings.Repeat("\xff", 64), "", false},
		{"longest once escaped", strings.Repeat("\xff", 63) + "a", strings.Repeat(`\255`, 63) + "a", true},
	}
	for _, tt := range tests {
		got, ok := Clean([]byte("before "), []byte(tt.in))
		if string(got) != "before "+tt.want || ok != tt.ok {
			t.Errorf("%s: %q %v, want %q %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestCleanNeedsNoMoreRoom(t *testing.T) {
	hostile := []byte(strings.Repeat("\xff", MaxText))
	if n := testing.AllocsPerRun(100, func() {
		var room [MaxText]byte
		Clean(room[:0], hostile)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
