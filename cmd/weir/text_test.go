package main

import "testing"

func TestCleanText(t *testing.T) {
	tests := []struct {
		name, in, unicode, ascii string
	}{
		{"plain", "printer-2", "printer-2", "printer-2"},
		{"umlaut", "Küche", "Küche", "K?che"},
		{"clear screen", "a\x1b[2Jb", "a?[2Jb", "a?[2Jb"},
		{"8-bit CSI", "a\u009b2Jb", "a?2Jb", "a?2Jb"},
		{"line break", "a\nb\rc\td", "a?b?c?d", "a?b?c?d"},
		{"delete", "a\x7fb", "a?b", "a?b"},
		{"right to left override", "abc\u202egpj.exe", "abc?gpj.exe", "abc?gpj.exe"},
		{"zero width space", "a\u200bb", "a?b", "a?b"},
		{"not UTF-8", "a\xff\xfeb", "a??b", "a??b"},
		{"no-break space", "a\u00a0b", "a?b", "a?b"},
		{"wide", "日本", "日本", "??"},
		{"empty", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := cleanText(tt.in, true); got != tt.unicode {
				t.Errorf("with Unicode %q, want %q", got, tt.unicode)
			}
			if got := cleanText(tt.in, false); got != tt.ascii {
				t.Errorf("in ASCII %q, want %q", got, tt.ascii)
			}
		})
	}
}

func TestTextWidth(t *testing.T) {
	for in, want := range map[string]int{
		"": 0, "abc": 3, "Küche": 5, "日本": 4, "e\u0301": 1, "한글": 4, "📺 tv": 5, "→": 1, "ｱ": 1, "Ａ": 2,
	} {
		if got := textWidth(in); got != want {
			t.Errorf("textWidth(%q) = %d, want %d", in, got, want)
		}
	}
	for i := 1; i < len(wideRunes); i++ {
		if wideRunes[i][0] <= wideRunes[i-1][1] || wideRunes[i][1] < wideRunes[i][0] {
			t.Errorf("wide run %x is out of order", wideRunes[i])
		}
	}
}

func TestCutSocket(t *testing.T) {
	tests := []struct {
		name, in string
		width    int
		want     string
	}{
		{"fits", "192.168.1.30:53819", 18, "192.168.1.30:53819"},
		{"IPv4", "192.168.1.30:53819", 13, "192.16~:53819"},
		{"IPv6", "[2001:db8:1:10::1]:443", 14, "[2001:db8~:443"},
		{"IPv6 without a port", "2001:db8:1:10::1", 12, "2001:db8:1:~"},
		{"name", "cdn.example.net:443", 10, "cdn.e~:443"},
		{"name without a port", "cdn.example.net", 6, "cdn.e~"},
		{"no room for more than the port", "10.0.0.1:53819", 7, "10.0.0~"},
		{"empty", "", 3, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := cutSocket(tt.in, tt.width, "~"); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestCutHost(t *testing.T) {
	tests := []struct {
		name, in string
		width    int
		want     string
	}{
		{"fits", "www.example.org", 15, "www.example.org"},
		{"its end stays", "static.cdn.example.org", 12, "~example.org"},
		{"wide at the border", "日本語.jp", 7, "~語.jp"},
		{"room for the mark alone", "example.org", 1, "~"},
		{"no room", "example.org", 0, ""},
		{"less than none", "example.org", -1, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := cutHost(tt.in, tt.width, "~"); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestCutAndPad(t *testing.T) {
	tests := []struct {
		name, in  string
		width     int
		cut, left string
	}{
		{"fits", "abc", 5, "abc", "abc  "},
		{"exact", "abcde", 5, "abcde", "abcde"},
		{"long", "abcdefg", 5, "abcd~", "abcd~"},
		{"wide at the border", "日本語", 4, "日~", "日~ "},
		{"no room", "abc", 0, "", ""},
		{"room for the mark alone", "abc", 1, "~", "~"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := cutText(tt.in, tt.width, "~")
			if got != tt.cut {
				t.Errorf("cutText = %q, want %q", got, tt.cut)
			}
			if w := textWidth(got); w > tt.width {
				t.Errorf("cut to %d columns, want at most %d", w, tt.width)
			}
			if got := padText(got, tt.width, false); got != tt.left {
				t.Errorf("padText = %q, want %q", got, tt.left)
			}
		})
	}
	if got := padText("7", 3, true); got != "  7" {
		t.Errorf("padded to the right: %q", got)
	}
}

// FuzzCleanText checks that no name can reach the terminal with more than
// printable characters, and that cutting keeps to its width.
func FuzzCleanText(f *testing.F) {
	for _, s := range []string{"Küche", "\x1b]0;x\a", "日本\u202e", "\xff", "📺"} {
		f.Add(s, 4)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		clean := cleanText(s, true)
		for _, r := range clean {
			if r < ' ' || r >= 0x7f && r < 0xa0 {
				t.Fatalf("%q keeps %q", clean, r)
			}
		}
		if again := cleanText(clean, true); again != clean {
			t.Fatalf("cleaning %q twice gives %q", clean, again)
		}
		if !isPlain(cleanText(s, false)) {
			t.Fatalf("%q is not ASCII", cleanText(s, false))
		}
		if got := textWidth(cutText(clean, width, "~")); got > max(width, 0) {
			t.Fatalf("%q cut to %d columns is %d wide", clean, width, got)
		}
		if got := textWidth(cutHost(clean, width, "~")); got > max(width, 0) {
			t.Fatalf("the end of %q cut to %d columns is %d wide", clean, width, got)
		}
	})
}
