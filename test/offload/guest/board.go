package main

import (
	"fmt"
	"strings"
)

// board is a kind of machine.
type board struct {
	arch      string // as Go calls it, and flag -board
	debian    string // as Debian does
	libraries string // the folder of its libraries below usr/lib
	emulator  string // program
	from      string // the package with the emulator
	options   []string
	kernel    string // package that depends on the kernel's
	tools     []string
	modules   []string // loaded when the machine starts, with those they need
}

// boards are those there are. The kernel for clouds is the usual one without
// drivers that no virtual machine needs, at a third of the size; a Malta board is
// what a router of 2012 is, with 24Kf and little-endian. A kernel finds nobody in
// these machines whom it could ask for modules.
var boards = []board{
	{
		arch: "amd64", debian: "amd64", libraries: "x86_64-linux-gnu", emulator: "qemu-system-x86_64", from: "qemu-system-x86",
		options: []string{"-cpu", "max", "-smp", "2"},
		kernel:  "linux-image-cloud-amd64",
		tools:   []string{"ip", "bridge", "nft", "conntrack", "ethtool"},
		modules: []string{
			"veth", "bridge", "8021q", "macvlan", "dummy", "tun", "wireguard",
			"nf_conntrack_netlink", "nf_tables", "nft_ct", "nft_nat", "nft_masq", "nft_redir", "nft_chain_nat", "nft_reject_inet",
			"nf_flow_table_inet", "nft_flow_offload",
		},
	},
	{
		arch: "mipsle", debian: "mipsel", libraries: "mipsel-linux-gnu", emulator: "qemu-system-mipsel", from: "qemu-system-mips",
		options: []string{"-M", "malta", "-cpu", "24Kf"},
		kernel:  "linux-image-4kc-malta",
		tools:   []string{"ip", "nft", "ethtool"},
		modules: []string{"crc32c_generic", "veth", "bridge", "nf_conntrack_netlink", "nf_tables", "nft_ct", "nft_nat", "nft_masq", "nft_chain_nat"},
	},
}

func findBoard(arch string) (board, error) {
	var names []string
	for _, b := range boards {
		if b.arch == arch {
			return b, nil
		}
		names = append(names, b.arch)
	}
	return board{}, fmt.Errorf("no board %q; there are %s", arch, strings.Join(names, " and "))
}

// find returns the path of the board's emulator.
func (b board) find() (string, error) {
	p, err := findProgram(b.emulator)
	if err != nil {
		err = fmt.Errorf("install the Debian package %s: %w", b.from, err)
	}
	return p, err
}

// libraryDirs are where Debian keeps libraries, and the loader looks for them.
func (b board) libraryDirs() []string {
	return []string{"usr/lib/" + b.libraries, "usr/lib64", "usr/lib"}
}
