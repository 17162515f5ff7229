package lmo

import (
	"encoding/binary"
	"testing"
)

// lookup finds a text as LuCI does.
func lookup(t *testing.T, file []byte, key uint32) (text string, forms uint32) {
	t.Helper()
	begin := binary.BigEndian.Uint32(file[len(file)-4:])
	before := int64(-1)
	for at := begin; at < uint32(len(file)-4); at += 16 {
		e := file[at:]
		k := binary.BigEndian.Uint32(e)
		if int64(k) < before {
			t.Errorf("%#x stands behind %#x", k, before)
		}
		before = int64(k)
		if offset := binary.BigEndian.Uint32(e[8:]); k == key {
			text, forms = string(file[offset:offset+binary.BigEndian.Uint32(e[12:])]), binary.BigEndian.Uint32(e[4:])
		}
	}
	return text, forms
}

func TestFile(t *testing.T) {
	words := map[string]string{
		"Devices": "Geräte", "line\x01Down": "Herunter", "%d flow\x020": "%d Verbindung", "%d flow\x021": "%d Verbindungen",
		"Status": "Status",
	}
	file := File(words, "nplurals=2; plural=(n != 1);")
	for key, want := range words {
		forms := uint32(1)
		if key[0] == '%' {
			forms = 2
		}
		if key == want {
			want, forms = "", 0
		}
		if text, n := lookup(t, file, hash(key)); text != want || n != forms {
			t.Errorf("%q is %q with %d forms, want %q with %d", key, text, n, want, forms)
		}
	}
	if text, _ := lookup(t, file, 0); text != "nplurals=2; plural=(n != 1);" {
		t.Errorf("plural forms: %q", text)
	}
	if len(File(nil, "")) != 4 {
		t.Error("an empty file is more than its end")
	}
}

// TestHash compares with what LuCI's own function makes of the same texts.
func TestHash(t *testing.T) {
	for _, tt := range []struct {
		text string
		want uint32
	}{
		{"Devices", 0x1400c3e7},
		{"a", 0x115ea782},
		{"ab", 0x516b8b44},
		{"abc", 0xd2be198a},
		{"abcd", 0xdad8b8db},
		{"Geräte", 0xc4c03607},
		{"ä", 0xaaed0581},
		{"aä", 0x885595f7},
		{"äöü", 0x77a6907e},
		{"Who is talking to whom", 0x311f84c3},
	} {
		if got := hash(tt.text); got != tt.want {
			t.Errorf("hash(%q) = %#x, want %#x", tt.text, got, tt.want)
		}
	}
}
