package ipk

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// untar returns the members of a tar.gz, each as "MODE NAME" with its content.
func untar(t *testing.T, b []byte) (names []string, content map[string][]byte) {
	t.Helper()
	gz, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	content = map[string][]byte{}
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names, content
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "root" || h.ModTime.Unix() != 7 {
			t.Errorf("%s: %+v", h.Name, h)
		}
		names = append(names, fmt.Sprintf("%o %s", h.Mode, h.Name))
		if content[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func example() (*Control, []Entry, []Entry) {
	return &Control{
			Package: "weir", Version: "0.1.0-r1", Architecture: "mipsel_24kc", License: "MIT", Section: "net",
			Depends: []string{"a", "b"}, RequireUser: "weir:weir", Description: "Title\nmore",
		}, []Entry{{"usr/sbin/weir", 0o755, 7, []byte("binary")}, {"etc/config/weir", 0o600, 7, []byte("config")}},
		[]Entry{{"postinst", 0o755, 7, []byte("#!/bin/sh\n")}}
}

func TestPackage(t *testing.T) {
	c, entries, control := example()
	b, err := Package(c, entries, control)
	if err != nil {
		t.Fatal(err)
	}
	names, outer := untar(t, b)
	if diff := cmp.Diff([]string{"644 ./debian-binary", "644 ./data.tar.gz", "644 ./control.tar.gz"}, names); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if got := string(outer["./debian-binary"]); got != "2.0\n" {
		t.Errorf("debian-binary: %q", got)
	}
	names, data := untar(t, outer["./data.tar.gz"])
	want := []string{"755 ./", "755 ./etc/", "755 ./etc/config/", "600 ./etc/config/weir", "755 ./usr/", "755 ./usr/sbin/", "755 ./usr/sbin/weir"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	if string(data["./usr/sbin/weir"]) != "binary" {
		t.Errorf("data: %q", data)
	}
	names, meta := untar(t, outer["./control.tar.gz"])
	if diff := cmp.Diff([]string{"755 ./", "644 ./control", "755 ./postinst"}, names); diff != "" {
		t.Errorf("control (-want +got):\n%s", diff)
	}
	text := "Package: weir\nVersion: 0.1.0-r1\nDepends: a, b\nLicense: MIT\nSection: net\nRequire-User: weir:weir\n" +
		"Architecture: mipsel_24kc\nInstalled-Size: 12\nDescription: Title\n more\n"
	if diff := cmp.Diff(text, string(meta["./control"])); diff != "" {
		t.Errorf("control (-want +got):\n%s", diff)
	}
	again, err := Package(c, entries, control)
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("the same input gives other bytes: %v", err)
	}

	index := string(Index([]Indexed{{c, "weir.ipk", b}}))
	fields := fmt.Sprintf("Installed-Size: 12\nFilename: weir.ipk\nSize: %d\nSHA256sum: %x\nDescription: Title\n more\n\n", len(b), sha256.Sum256(b))
	if !strings.HasSuffix(index, fields) {
		t.Errorf("index: %s", index)
	}
	packed, err := Gzip([]byte(index))
	if err != nil {
		t.Fatal(err)
	}
	gz, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(gz); err != nil || string(plain) != index {
		t.Errorf("Packages.gz: %v", err)
	}
}

func TestRefused(t *testing.T) {
	for _, path := range []string{"/etc/a", "../a", "etc//a"} {
		c, _, _ := example()
		if _, err := Package(c, []Entry{{Path: path}}, nil); err == nil {
			t.Errorf("%q is taken", path)
		}
	}
	if _, err := Package(&Control{Package: "a", Version: "1"}, nil, nil); err == nil {
		t.Error("no architecture is fine")
	}
}

func decode(t *testing.T, file []byte, comment string) []byte {
	t.Helper()
	first, rest, _ := strings.Cut(string(file), "\n")
	if first != "untrusted comment: "+comment {
		t.Errorf("comment %q, want %q", first, comment)
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSign(t *testing.T) {
	key := NewKey([32]byte{1, 2, 3}, [8]byte{0xab, 1, 2, 3, 4, 5, 6, 7})
	read, err := ParseSecret(key.Secret())
	if err != nil {
		t.Fatal(err)
	}
	if read.Name() != "ab01020304050607" || !read.private.Equal(key.private) {
		t.Errorf("read again: %s", read.Name())
	}
	public := decode(t, key.Public(), "public key ab01020304050607")
	sig := decode(t, read.Sign([]byte("index")), "signed by key ab01020304050607")
	if len(public) != 42 || len(sig) != 74 || !bytes.Equal(public[:10], sig[:10]) || string(sig[:2]) != "Ed" {
		t.Fatalf("public %x, signature %x", public, sig)
	}
	if !ed25519.Verify(public[10:], []byte("index"), sig[10:]) || ed25519.Verify(public[10:], []byte("index2"), sig[10:]) {
		t.Error("the signature does not tell an index from another")
	}
	for _, bad := range []string{"", "x", "untrusted comment: a\n!", "untrusted comment: a\nRWQ=", string(key.Public())} {
		if _, err := ParseSecret([]byte(bad)); err == nil {
			t.Errorf("%q is a secret key", bad)
		}
	}
}
