package daemon

import (
	"cmp"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"weir/internal/api"
)

// systemRoot is the root of the file system that tells about the machine.
const systemRoot = "/"

// maxFact bounds what is told of a file.
const maxFact = 100

// Machine implements api.World.
func (d *Daemon) Machine() api.Machine { return machineAt(systemRoot) }

// machineAt reads what a machine is from its files.
func machineAt(root string) api.Machine {
	line := func(name string) string {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return ""
		}
		text, _, _ := strings.Cut(string(b), "\n")
		text = strings.TrimRight(text, "\x00 ")
		return text[:min(len(text), maxFact)]
	}
	m := api.Machine{
		Kernel: line("proc/sys/kernel/osrelease"), Arch: runtime.GOARCH, Cores: runtime.NumCPU(),
		Model: cmp.Or(line("tmp/sysinfo/model"), line("proc/device-tree/model"), line("sys/class/dmi/id/product_name")),
	}
	for _, f := range []struct{ name, key string }{{"etc/openwrt_release", "DISTRIB_DESCRIPTION"}, {"etc/os-release", "PRETTY_NAME"}} {
		procfs(root).lines(f.name, func(words []string) {
			if key, value, ok := strings.Cut(strings.Join(words, " "), "="); ok && key == f.key && m.OS == "" {
				value = strings.Trim(value, `'"`)
				m.OS = value[:min(len(value), maxFact)]
			}
		})
	}
	procfs(root).lines("proc/meminfo", func(words []string) {
		if len(words) == 3 && words[0] == "MemTotal:" {
			if kB, err := strconv.ParseUint(words[1], 10, 50); err == nil {
				m.Memory = kB << 10
			}
		}
	})
	return m
}
