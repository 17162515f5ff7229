//go:build !notls

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestBinaryFor(t *testing.T) {
	for arch, want := range map[string]string{
		"mipsel_24kc": "mipsle", "mips_24kc": "mips", "mips64_octeonplus": "mips64", "mips64el_mips64r2": "mips64le",
		"aarch64_cortex-a53": "arm64", "aarch64_generic": "arm64", "x86_64": "amd64", "i386_pentium4": "386",
		"i386_pentium-mmx": "386-softfloat", "riscv64_generic": "riscv64", "loongarch64_generic": "loong64",
		"arm_cortex-a7_neon-vfpv4": "arm7", "arm_cortex-a9_vfpv3-d16": "arm7", "arm_arm1176jzf-s_vfp": "arm6",
		"arm_cortex-a9": "arm5", "arm_arm926ej-s": "arm5", "arm_xscale": "arm5",
	} {
		if got, err := binaryFor(arch); got != want || err != nil {
			t.Errorf("%s runs %s (%v), want %s", arch, got, err, want)
		}
	}
	if _, err := binaryFor("powerpc_464fp"); err == nil {
		t.Error("weir is built for PowerPC")
	}
}

// tree is the root of the source.
const tree = "../.."

// TestAllIsInstalled keeps files of openwrt/ from being forgotten.
func TestAllIsInstalled(t *testing.T) {
	files, err := os.ReadDir(filepath.Join(tree, "openwrt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := "openwrt/" + f.Name()
		found := name == vendors || f.Name() == "README.md" || slices.ContainsFunc(installed, func(i struct {
			from, to string
			mode     uint32
		}) bool {
			return i.from == name
		})
		if !found {
			t.Errorf("%s is in no package", name)
		}
	}
	for _, f := range installed {
		if _, err := os.Stat(filepath.Join(tree, f.from)); err != nil {
			t.Error(err)
		}
	}
}

// TestFeed makes a signed feed of both formats twice.
func TestFeed(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := os.Mkdir(path("bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"weir-mipsle", "weir-arm64"} {
		if err := os.WriteFile(path("bin/"+name), []byte("a binary for "+name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := run([]string{"-keys", path("keys"), "keys"}); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-keys", path("keys"), "keys"}); err == nil {
		t.Error("keys are overwritten")
	}
	for _, out := range []string{"a", "b"} {
		err := run([]string{
			"-tree", tree, "-binaries", path("bin"), "-out", path(out), "-keys", path("keys"), "-date", "1700000000",
			"feed", "mipsel_24kc", "aarch64_cortex-a53",
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(path("a/*/*"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, name := range files {
		a, errA := os.ReadFile(name)
		b, errB := os.ReadFile(strings.Replace(name, path("a"), path("b"), 1))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: two builds differ (%v, %v)", name, errA, errB)
		}
		names = append(names, filepath.Base(name))
	}
	for _, want := range []string{
		"weir_0.1.0-r1_mipsel_24kc.ipk", "weir_0.1.0-r1_aarch64_cortex-a53.ipk", "weir-0.1.0-r1.apk", "luci-app-weir_0.1.0-r1_all.ipk",
		"luci-app-weir-0.1.0-r1.apk", "weir-oui-0.1.0-r1.apk", "Packages", "Packages.gz", "Packages.sig", "packages.adb", "customfeeds.conf", "weir.list",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("no %s among %v", want, names)
		}
	}
}

// TestScripts asks the shell whether it can read what packages run.
func TestScripts(t *testing.T) {
	app, err := luciApp(&options{tree: tree})
	if err != nil {
		t.Fatal(err)
	}
	s := app.apkScripts()
	for _, script := range []string{s.PostInstall, s.PostUpgrade, s.PreDeinstall, app.postinst} {
		sh := exec.Command("sh", "-n")
		sh.Stdin = strings.NewReader(script)
		if out, err := sh.CombinedOutput(); err != nil {
			t.Errorf("%v: %s\n%s", err, out, script)
		}
	}
	for _, want := range []string{"default_postinst", "add_group_and_user", `pkgname="luci-app-weir"`, "rpcd reload"} {
		if !strings.Contains(s.PostInstall, want) {
			t.Errorf("after the installation there is no %s in\n%s", want, s.PostInstall)
		}
	}
	if !strings.Contains(s.PreDeinstall, "default_prerm") {
		t.Errorf("before it is removed:\n%s", s.PreDeinstall)
	}
}

func TestWrongCalls(t *testing.T) {
	for _, args := range [][]string{
		{}, {"no-such"}, {"feed"}, {"keys"}, {"-format", "deb", "feed", "x86_64"}, {"binaries", "no-such"},
		{"-tree", "no-such", "feed", "x86_64"}, {"-tree", tree, "-binaries", "no-such", "-date", "1", "feed", "x86_64"},
		{"-tree", tree, "-keys", "no-such", "-date", "1", "feed", "x86_64"},
	} {
		if err := run(args); err == nil {
			t.Errorf("build %q succeeds", args)
		}
	}
}

// TestUnit asks systemd what it thinks of its unit, with a program that is there.
func TestUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("SKIPPED: no systemd-analyze")
	}
	unit, err := os.ReadFile(filepath.Join(tree, "feeds", "systemd", "weir.service"))
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "weir")
	if err := os.WriteFile(program, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "weir.service")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(unit), "/usr/local/sbin/weir", program)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", "--man=no", file).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}

// TestVersions keeps the recipes at one version.
func TestVersions(t *testing.T) {
	weir, err := version(filepath.Join(tree, "feeds", "weir", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	if app, err := version(filepath.Join(tree, "luci-app", "Makefile")); app != weir || err != nil {
		t.Errorf("weir is %s, its pages are %s (%v)", weir, app, err)
	}
}
