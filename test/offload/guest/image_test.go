package main

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unarchive reads archives one after the other as the kernel does: files by
// name, "/" for a folder, "-> target" for a link.
func unarchive(t *testing.T, b []byte) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for at := 0; at < len(b); {
		if b[at] == 0 { // between archives
			at++
			continue
		}
		if at%4 != 0 || string(b[at:at+6]) != "070701" {
			t.Fatalf("no header at %d: %q", at, b[at:min(at+6, len(b))])
		}
		field := func(i int) int {
			n, err := strconv.ParseUint(string(b[at+6+8*i:at+14+8*i]), 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
		mode, size, nameSize := field(1), field(6), field(11)
		name := string(b[at+110 : at+110+nameSize-1])
		data := (at + 110 + nameSize + 3) &^ 3
		switch mode &^ 0o777 {
		case typeDir:
			all[name] = "/"
		case typeLink:
			all[name] = "-> " + string(b[data:data+size])
		case typeFile:
			all[name] = string(b[data : data+size])
		}
		at = (data + size + 3) &^ 3
	}
	return all
}

func TestArchive(t *testing.T) {
	var b bytes.Buffer
	first := &archive{w: &b}
	first.dir("usr")
	first.file("usr/a", 0o755, []byte("one"))
	first.link("b", "usr/a")
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	if b.Len()%512 != 0 {
		t.Errorf("%d bytes: no whole blocks", b.Len())
	}
	second := &archive{w: &b}
	second.file("usr/a", 0o644, []byte("two, which is longer"))
	if err := second.close(); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"usr": "/", "usr/a": "two, which is longer", "b": "-> usr/a"}
	if diff := cmp.Diff(want, unarchive(t, b.Bytes())); diff != "" {
		t.Errorf("archives (-want +got):\n%s", diff)
	}
}

func TestArchiveTellsTheFirstError(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("SKIPPED: ", err)
	}
	defer full.Close()
	a := &archive{w: full}
	a.file("a", 0o644, nil)
	if err := a.close(); err == nil {
		t.Error("a full disk is no error")
	}
}

func TestTree(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	put := func(h tar.Header, data string) {
		t.Helper()
		h.Size = int64(len(data))
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	put(tar.Header{Name: "./sbin/", Typeflag: tar.TypeDir}, "")
	put(tar.Header{Name: "./bin/ip", Typeflag: tar.TypeReg}, "program")
	put(tar.Header{Name: "./sbin/ip", Typeflag: tar.TypeSymlink, Linkname: "/bin/ip"}, "")
	put(tar.Header{Name: "./usr/lib/liba.so.1", Typeflag: tar.TypeSymlink, Linkname: "liba.so.1.2"}, "")
	put(tar.Header{Name: "./lib/liba.so.1.2", Typeflag: tar.TypeReg}, "library")
	put(tar.Header{Name: "./lib/round", Typeflag: tar.TypeSymlink, Linkname: "round"}, "")
	put(tar.Header{Name: "./etc/passwd", Typeflag: tar.TypeReg}, "unwanted")
	put(tar.Header{Name: "../../outside", Typeflag: tar.TypeReg}, "stays inside")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	all := make(tree)
	if err := all.addTar(&b, func(name string) bool { return !strings.HasPrefix(name, "etc/") }); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, want string
		ok         bool
	}{
		{"usr/bin/ip", "program", true},
		{"usr/sbin/ip", "program", true},
		{"usr/lib/liba.so.1", "library", true},
		{"usr/lib/round", "", false},
		{"etc/passwd", "", false},
		{"outside", "stays inside", true},
		{"usr/sbin", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := all.read(tt.name)
			if string(got) != tt.want || ok != tt.ok {
				t.Errorf("read %q, %v", got, ok)
			}
		})
	}
	if err := make(tree).addTar(strings.NewReader("this is no archive, but long enough"+strings.Repeat(".", 1024)), func(string) bool { return true }); err == nil {
		t.Error("what is no archive is no error")
	}
}

// module returns an object file with a section .modinfo.
func module(t *testing.T, info string) []byte {
	t.Helper()
	const names = "\x00.modinfo\x00.shstrtab\x00"
	var b bytes.Buffer
	header := elf.Header64{
		Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_X86_64), Version: 1,
		Shoff: uint64(64 + len(info) + len(names)), Ehsize: 64, Shentsize: 64, Shnum: 3, Shstrndx: 2,
	}
	copy(header.Ident[:], "\x7fELF\x02\x01\x01")
	sections := []elf.Section64{
		{},
		{Name: 1, Type: uint32(elf.SHT_PROGBITS), Off: 64, Size: uint64(len(info)), Addralign: 1},
		{Name: 10, Type: uint32(elf.SHT_STRTAB), Off: uint64(64 + len(info)), Size: uint64(len(names)), Addralign: 1},
	}
	for _, part := range []any{header, []byte(info + names), sections} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestModuleOrder(t *testing.T) {
	modules := tree{
		"m/nft-masq.ko":     {data: module(t, "license=GPL\x00depends=nf_nat,nf-tables\x00name=nft_masq\x00")},
		"m/nf_nat.ko":       {data: module(t, "depends=nf_conntrack\x00")},
		"m/nf_tables.ko":    {data: module(t, "depends=nfnetlink\x00")}, // which the kernel has built in
		"m/nf_conntrack.ko": {data: module(t, "depends=\x00parm=x\x00")},
		"m/unwanted.ko":     {data: []byte("never read")},
	}
	got, err := moduleOrder(modules, []string{"nft_masq", "nf_nat"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"m/nf_conntrack.ko", "m/nf_nat.ko", "m/nf_tables.ko", "m/nft-masq.ko"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	for _, name := range []string{"absent", "unwanted"} {
		if order, err := moduleOrder(modules, []string{name}); err == nil {
			t.Errorf("%s: %q", name, order)
		}
	}
}

// TestLibraries takes a program of this machine apart.
func TestLibraries(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("SKIPPED: the libraries of this machine are not amd64's")
	}
	machine := make(tree)
	for _, pattern := range []string{"/usr/bin/env", "/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib64/ld-linux-x86-64.so.2"} {
		if data, err := os.ReadFile(pattern); err == nil {
			machine[pattern[1:]] = node{data: data}
		}
	}
	if len(machine) != 3 {
		t.Skip("SKIPPED: this is no Debian with /usr merged")
	}
	files, err := withLibraries(machine, "usr/bin/env", boards[0].libraryDirs())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"usr/bin/env", "usr/lib/x86_64-linux-gnu/libc.so.6", "usr/lib64/ld-linux-x86-64.so.2"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(files))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	delete(machine, "usr/lib/x86_64-linux-gnu/libc.so.6")
	if _, err := withLibraries(machine, "usr/bin/env", boards[0].libraryDirs()); err == nil || !strings.Contains(err.Error(), "libc.so.6") {
		t.Errorf("without its library: %v", err)
	}
	if _, err := withLibraries(machine, "usr/bin/absent", boards[0].libraryDirs()); err == nil {
		t.Error("a program that is not there is no error")
	}
}

func TestWriteImage(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	var common bytes.Buffer
	a := &archive{w: &common}
	a.dir("usr")
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	b := base{image: write("base", common.String())}
	image := filepath.Join(dir, "image")
	t.Chdir(dir)
	if err := os.MkdirAll("testdata/deep", 0o755); err != nil {
		t.Fatal(err)
	}
	write("testdata/deep/frame", "bytes")
	if err := writeImage(image, b, os.Args[0], []string{write("weir", "added")}, task{Args: []string{write("x.test", "program"), "-v"}, Env: []string{"A=b"}}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	files := unarchive(t, text)
	if len(files["init"]) < 1<<20 {
		t.Errorf("the first process has %d bytes", len(files["init"]))
	}
	delete(files, "init")
	want := map[string]string{
		"usr": "/", "usr/bin": "/", "usr/bin/weir": "added", "guest": "/", "guest/program": "program",
		"guest/testdata": "/", "guest/testdata/deep": "/", "guest/testdata/deep/frame": "bytes",
		"guest/task": `{"Args":["` + dir + `/x.test","-v"],"Env":["A=b"]}`,
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("image (-want +got):\n%s", diff)
	}
}
