package adb

import (
	"bytes"
	"compress/flate"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// reader takes a file apart, from what apk-v3(5) says of the format alone.
type reader struct {
	t      *testing.T
	schema uint32
	tree   []byte
	sig    []byte
	data   [][]byte
}

func read(t *testing.T, file []byte) *reader {
	t.Helper()
	if string(file[:4]) != "ADBd" {
		t.Fatalf("begins with %q", file[:4])
	}
	b, err := io.ReadAll(flate.NewReader(bytes.NewReader(file[4:])))
	if err != nil {
		t.Fatal(err)
	}
	if string(b[:4]) != "ADB." {
		t.Fatalf("the content begins with %q", b[:4])
	}
	r := &reader{t: t, schema: binary.LittleEndian.Uint32(b[4:])}
	for b = b[8:]; len(b) > 0; {
		word := binary.LittleEndian.Uint32(b)
		kind, n := word>>30, int(word&(1<<30-1))
		switch payload := b[4:n]; {
		case kind == 0 && r.tree == nil:
			r.tree = payload
		case kind == 1 && r.sig == nil:
			r.sig = payload
		case kind == 2:
			r.data = append(r.data, payload)
		default:
			t.Fatalf("a block of type %d", kind)
		}
		b = b[(n+7)/8*8:]
	}
	return r
}

// walk returns a value as Go has it: nil, uint64, string or []any, whose first is
// number 1.
func (r *reader) walk(word uint32) any {
	r.t.Helper()
	at := word & (1<<28 - 1)
	le := binary.LittleEndian
	switch word >> 28 {
	case 0x0:
		return nil
	case 0x1:
		return uint64(at)
	case 0x2:
		return uint64(le.Uint32(r.tree[at:]))
	case 0x3:
		return le.Uint64(r.tree[at:])
	case 0x8:
		return string(r.tree[at+1:][:r.tree[at]])
	case 0x9:
		return string(r.tree[at+2:][:le.Uint16(r.tree[at:])])
	case 0xa:
		return string(r.tree[at+4:][:le.Uint32(r.tree[at:])])
	case 0xd, 0xe:
		var all []any
		for i := uint32(1); i < le.Uint32(r.tree[at:]); i++ {
			all = append(all, r.walk(le.Uint32(r.tree[at+4*i:])))
		}
		return all
	}
	r.t.Fatalf("a value of type %#x", word>>28)
	return nil
}

func (r *reader) root() any { return r.walk(binary.LittleEndian.Uint32(r.tree[4:])) }

// verify checks the signature.
func (r *reader) verify(key *ecdsa.PublicKey) bool {
	id, err := KeyID(key)
	if err != nil {
		r.t.Fatal(err)
	}
	if len(r.sig) < 18 || r.sig[0] != 0 || r.sig[1] != 4 || !bytes.Equal(r.sig[2:18], id[:]) {
		return false
	}
	inner := sha512.Sum512(r.tree)
	signed := binary.LittleEndian.AppendUint32(nil, r.schema)
	signed = append(append(signed, r.sig[:18]...), inner[:]...)
	sum := sha512.Sum512(signed)
	return ecdsa.VerifyASN1(key, sum[:], r.sig[18:])
}

func hashOf(b string) string { s := sha256.Sum256([]byte(b)); return string(s[:]) }

func TestPackage(t *testing.T) {
	key := newKey(t)
	about := strings.Repeat("long ", 100)
	info := Info{
		Name: "weir", Version: "0.1.0-r1", Description: about, Arch: "mipsel_24kc", License: "MIT", Origin: "weir",
		Maintainer: "me", BuildTime: 1 << 33, Depends: []string{"b", "a=1.0-r2", "b"},
	}
	big := strings.Repeat("binary", 1e5)
	entries := []Entry{
		{"usr/sbin/weir", 0o755, 1 << 30, []byte(big)}, {"etc/b", 0o600, 7, []byte("2")}, {"etc/a", 0o644, 7, nil},
	}
	b, err := Package(&info, entries, Scripts{PostInstall: "#!/bin/sh\n"}, key)
	if err != nil {
		t.Fatal(err)
	}
	r := read(t, b)
	if r.schema != schemaPackage || !r.verify(&key.PublicKey) || r.verify(&newKey(t).PublicKey) {
		t.Error("the signature is not the key's")
	}
	acl := func(mode int) []any { return []any{uint64(mode), "root", "root"} }
	root, ok := r.root().([]any)
	if !ok || len(root) != 3 {
		t.Fatalf("root: %v", root)
	}
	pkg := root[0].([]any)
	unique := pkg[2].(string)
	want := []any{
		"weir", "0.1.0-r1", unique, about, "mipsel_24kc", "MIT", "weir", "me", nil, nil, uint64(1 << 33), uint64(600001), nil, nil,
		[]any{[]any{"a", "1.0-r2"}, []any{"b"}},
	}
	if diff := cmp.Diff(want, pkg); diff != "" {
		t.Errorf("info (-want +got):\n%s", diff)
	}
	if len(unique) != 20 || unique == string(make([]byte, 20)) {
		t.Errorf("the unique id is %x", unique)
	}
	paths := []any{
		[]any{nil, acl(0o755)},
		[]any{"etc", acl(0o755), []any{
			[]any{"a", acl(0o644), uint64(0), uint64(7), hashOf("")}, []any{"b", acl(0o600), uint64(1), uint64(7), hashOf("2")},
		}},
		[]any{"usr", acl(0o755)},
		[]any{"usr/sbin", acl(0o755), []any{[]any{"weir", acl(0o755), uint64(600000), uint64(1 << 30), hashOf(big)}}},
	}
	if diff := cmp.Diff(paths, root[1]); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]any{nil, nil, "#!/bin/sh\n"}, root[2]); diff != "" {
		t.Errorf("scripts (-want +got):\n%s", diff)
	}
	data := [][]byte{[]byte("\x02\x00\x00\x00\x02\x00\x00\x002"), []byte("\x04\x00\x00\x00\x01\x00\x00\x00" + big)}
	if diff := cmp.Diff(data, r.data); diff != "" {
		t.Errorf("data (-want +got):\n%.300s", diff)
	}

	again, err := Package(&info, entries, Scripts{PostInstall: "#!/bin/sh\n"}, key)
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("the same input gives other bytes: %v", err)
	}
	index, err := Index("feed", []*Info{&info}, key)
	if err != nil {
		t.Fatal(err)
	}
	x := read(t, index)
	if x.schema != schemaIndex || !x.verify(&key.PublicKey) {
		t.Error("the index is not signed")
	}
	want[2], want[12] = hashOf(string(r.tree)), uint64(len(b))
	if diff := cmp.Diff([]any{"feed", []any{want}}, x.root()); diff != "" {
		t.Errorf("index (-want +got):\n%s", diff)
	}
	if unsigned, err := Index("feed", []*Info{&info}, nil); err != nil || read(t, unsigned).sig != nil {
		t.Errorf("without a key: %v", err)
	}
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		name  string
		info  Info
		entry string
	}{
		{"no name", Info{Version: "1"}, "a"}, {"no version", Info{Name: "a"}, "a"},
		{"absolute", Info{Name: "a", Version: "1"}, "/etc/a"}, {"outside", Info{Name: "a", Version: "1"}, "../a"},
		{"not clean", Info{Name: "a", Version: "1"}, "etc//a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Package(&tt.info, []Entry{{Path: tt.entry}}, Scripts{}, nil); err == nil {
				t.Error("made")
			}
		})
	}
	if _, err := Index("", []*Info{{Name: "a", Version: "1"}}, nil); err == nil {
		t.Error("an index of a package that was not made")
	}
}
