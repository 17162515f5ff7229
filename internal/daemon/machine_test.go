package daemon

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"weir/internal/api"
)

func TestMachine(t *testing.T) {
	common := api.Machine{Arch: runtime.GOARCH, Cores: runtime.NumCPU()}
	with := func(edit func(*api.Machine)) api.Machine {
		m := common
		edit(&m)
		return m
	}
	tests := []struct {
		name  string
		files map[string]string
		want  api.Machine
	}{
		{"nothing is there", nil, common},
		{
			"a router",
			map[string]string{
				"etc/openwrt_release": "DISTRIB_ID='OpenWrt'\nDISTRIB_DESCRIPTION='OpenWrt 24.10.4 r28959'\n", "etc/os-release": "PRETTY_NAME=\"other\"\n",
				"tmp/sysinfo/model": "Cudy WR3000 v1\n", "proc/device-tree/model": "other\x00", "proc/sys/kernel/osrelease": "6.6.110\n",
				"proc/meminfo": "MemTotal:         246184 kB\nMemFree:           1 kB\n",
			},
			with(func(m *api.Machine) {
				m.OS, m.Model, m.Kernel, m.Memory = "OpenWrt 24.10.4 r28959", "Cudy WR3000 v1", "6.6.110", 246184<<10
			}),
		},
		{
			"another one",
			map[string]string{"etc/os-release": "NAME=Debian\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n", "proc/device-tree/model": "Board 4\x00", "proc/meminfo": "MemTotal: many kB\n"},
			with(func(m *api.Machine) { m.OS, m.Model = "Debian GNU/Linux 13 (trixie)", "Board 4" }),
		},
		{
			"a long story",
			map[string]string{"tmp/sysinfo/model": strings.Repeat("x", 5000)},
			with(func(m *api.Machine) { m.Model = strings.Repeat("x", maxFact) }),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range tt.files {
				path := filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := machineAt(root); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
