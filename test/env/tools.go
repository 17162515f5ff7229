package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// tool is a command the tests use and the Debian package it comes from. Any of
// the commands will do.
type tool struct {
	commands []string
	pkg      string
	use      string
}

// tools are what is not there on a fresh Debian machine.
var tools = []tool{
	{[]string{"ip"}, "iproute2", "namespace tests"},
	{[]string{"nft"}, "nftables", "namespace tests"},
	{[]string{"ethtool"}, "ethtool", "namespace tests"},
	{[]string{"conntrack"}, "conntrack", "namespace tests"},
	{[]string{"tcpdump"}, "tcpdump", "namespace tests"},
	{[]string{"iperf3"}, "iperf3", "namespace tests"},
	{[]string{"dnsmasq"}, "dnsmasq-base", "namespace tests"},
	{[]string{"busybox"}, "busybox", "namespace tests: its client of DHCP"},
	{qemuCommands, "qemu-user-static", "tests as a big-endian MIPS program"},
	{[]string{"qemu-system-x86_64"}, "qemu-system-x86", "tests in a machine with another kernel"},
	{[]string{"qemu-system-mipsel"}, "qemu-system-mips", "tests on a MIPS board"},
	{[]string{"nginx"}, "nginx-light", "tests of the pages behind a proxy"},
	{[]string{"chromium", "chromium-browser", "google-chrome"}, "chromium", browserTests},
	{[]string{"node", "nodejs"}, "nodejs", browserTests},
	{[]string{"npm"}, "npm", browserTests},
	{[]string{"python3"}, "python3", "the corpus' scorer"},
	{[]string{"shellcheck"}, "shellcheck", "lint"},
	{[]string{"xz"}, "xz-utils", "make size"},
	{[]string{"softflowd"}, "softflowd", "make bench-peers"},
	{[]string{"ndpiReader"}, "libndpi-bin", "make bench-peers"},
}

// browserTests is what a browser is for, and what drives it.
const browserTests = "tests of the pages in a browser"

// qemuCommands are the names that Debian releases give the static emulator.
var qemuCommands = []string{"qemu-mips-static", "qemu-mips"}

// path returns where one of the tool's commands is, or "".
func (t tool) path() string {
	for _, c := range t.commands {
		if p, err := exec.LookPath(c); err == nil {
			return p
		}
		for _, dir := range []string{"/usr/sbin", "/sbin"} { // not in every user's PATH
			if p, err := exec.LookPath(dir + "/" + c); err == nil {
				return p
			}
		}
	}
	return ""
}

// absent returns the tools that are not there.
func absent(list []tool) []tool {
	return slices.DeleteFunc(slices.Clone(list), func(t tool) bool { return t.path() != "" })
}

// install installs what is absent where it may, and lists it where it may not.
func install(ctx context.Context, w io.Writer) error {
	need := absent(tools)
	if len(need) == 0 {
		return nil
	}
	names := packages(need)
	if os.Geteuid() != 0 {
		fmt.Fprintf(w, "tools: not root, so these are not installed: %s\n", strings.Join(names, " "))
		for _, t := range need {
			fmt.Fprintf(w, "tools:   %s is for %s\n", t.pkg, t.use)
		}
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		fmt.Fprintf(w, "tools: no apt-get here, please install: %s\n", strings.Join(names, " "))
		return nil
	}
	fmt.Fprintf(w, "tools: installing with apt: %s\n", strings.Join(names, " "))
	args := append([]string{"install", "-y", "-qq", "--no-install-recommends"}, names...)
	if apt(ctx, args...) == nil {
		return nil
	}
	// The package lists may be absent, as in a fresh container, or old.
	if err := apt(ctx, "update", "-qq"); err != nil {
		return fmt.Errorf("apt-get update: %w", err)
	}
	if err := apt(ctx, args...); err != nil {
		return fmt.Errorf("apt-get install %s: %w", strings.Join(names, " "), err)
	}
	return nil
}

func packages(list []tool) []string {
	var names []string
	for _, t := range list {
		names = append(names, t.pkg)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// apt runs apt-get; what it says is shown only when it fails.
func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	return nil
}
