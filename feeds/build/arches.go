//go:build !notls

package main

import (
	"fmt"
	"strings"
)

// families are the package architectures of OpenWrt by their beginnings, and the
// build that runs there; the longest beginning counts. 32-bit ARM is told apart by
// its floating point unit, see binaryFor.
var families = []struct{ prefix, build string }{
	{"mips_", "mips"}, {"mipsel_", "mipsle"}, {"mips64_", "mips64"}, {"mips64el_", "mips64le"},
	{"aarch64_", "arm64"}, {"x86_64", "amd64"},
	{"i386_pentium-mmx", "386-softfloat"}, {"i386_pentium4", "386"}, {"i386_geode", "386-softfloat"},
	{"riscv64_", "riscv64"}, {"loongarch64_", "loong64"},
	{"arm_", "arm"},
}

// binaryFor returns the name of the build for an architecture: mipsle for
// mipsel_24kc. An ARM without a floating point unit in its name has none, one with a
// vfp but no more than version 6 of the instructions has the older.
func binaryFor(arch string) (string, error) {
	best, build := "", ""
	for _, f := range families {
		if strings.HasPrefix(arch, f.prefix) && len(f.prefix) > len(best) {
			best, build = f.prefix, f.build
		}
	}
	switch {
	case build == "":
		return "", fmt.Errorf("%s is no architecture that weir is built for", arch)
	case build != "arm":
		return build, nil
	case strings.HasSuffix(arch, "_vfp"):
		return "arm6", nil
	case strings.Contains(arch, "_neon") || strings.Contains(arch, "_vfp"):
		return "arm7", nil
	}
	return "arm5", nil
}
