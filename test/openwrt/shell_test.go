package openwrt

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// functions stand in for those of OpenWrt: procd's write down how they are called,
// those of the configuration read the variables CONFIG_SECTION_OPTION, as the real
// ones do behind their backs.
const functions = `
say() { echo "$@" >> "$ROOT/said"; }
for name in procd_open_instance procd_close_instance procd_set_param procd_append_param procd_add_jail procd_add_reload_trigger; do
	eval "$name() { say $name \"\$@\"; }"
done
sysctl() { say sysctl "$@"; }
chown() { say chown "$@"; }
killall() { say killall "$@"; return 1; }
id() { [ -n "$HAS_USER" ]; }
config_load() { :; }
config_get() { eval "$1=\"\${CONFIG_${2}_${3}:-\$4}\""; }
config_get_bool() { config_get "$@"; eval "case \$$1 in 1|on|true|yes|enabled) $1=1 ;; *) $1=0 ;; esac"; }
config_foreach() { for section in $ZONES; do "$1" "$section"; done; }
uci() {
	[ "$1" = -q ] && shift
	case "$1" in
	get) eval "echo \"\$UCI_$(echo "$2" | tr . _)\"" ;;
	*) say uci "$@" ;;
	esac
}
`

// run runs sh in a folder that stands for the root of the file system, and returns
// what the functions were called with.
func run(t *testing.T, root, script, then string, env ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../openwrt", script))
	if err != nil {
		t.Fatal(err)
	}
	// What the kernel would take from the first line is rc.common's part here.
	_, body, _ := strings.Cut(string(text), "\n")
	for _, folder := range []string{"/var/", "/sbin/", "/lib/functions.sh"} {
		body = strings.ReplaceAll(body, folder, root+folder)
	}
	body = strings.ReplaceAll(body, " /etc/weir", " "+root+"/etc/weir")
	sh := exec.Command("sh", "-eu", "-c", functions+body+"\n"+then)
	sh.Env = append(append(os.Environ(), "ROOT="+root, "HAS_USER=", "ZONES=", "UCI_weir_main=", "UCI_weir_main_interface="), env...)
	if out, err := sh.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	said, err := os.ReadFile(filepath.Join(root, "said"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(said), root, "")
}

// newRoot makes the files that scripts look for.
func newRoot(t *testing.T, files ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range append(files, "var/run/", "lib/functions.sh") {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const service = `procd_set_param file /etc/config/weir /etc/config/network /etc/config/firewall /etc/config/dhcp /etc/config/system /etc/config/upnpd /etc/config/sqm
procd_set_param reload_signal HUP
procd_set_param respawn
procd_set_param term_timeout 20
procd_set_param stdout 1
procd_set_param stderr 1
procd_close_instance
`

const asUser = `killall -q -HUP ubusd
procd_set_param user weir
procd_set_param group weir
procd_set_param capabilities /etc/capabilities/weir.json
procd_set_param no_new_privs 1
procd_add_jail weir
`

const begin = "sysctl -e -p /etc/sysctl.d/20-weir.conf\nprocd_open_instance\nprocd_set_param command /usr/sbin/weir run\n"

func TestStart(t *testing.T) {
	folders := "chown -Rh weir:weir /var/lib/weir\nchown -Rh weir:weir /etc/weir\nchown -Rh weir:weir /etc/weir\n"
	for _, tt := range []struct {
		name  string
		files []string
		env   []string
		want  string
	}{
		{"as root", nil, nil, begin + service},
		{"no user", []string{"sbin/ujail"}, nil, begin + service},
		{"no ujail", nil, []string{"HAS_USER=1"}, begin + service},
		{"own user", []string{"sbin/ujail"}, []string{"HAS_USER=1"}, begin + folders +
			"chown -Rh weir:weir /var/run/weir\nprocd_append_param command --socket /var/run/weir/sock\n" + asUser + service},
		{"own user, other folders", []string{"sbin/ujail", "mnt/usb/"},
			[]string{"HAS_USER=1", "CONFIG_api_socket=/tmp/w.sock", "CONFIG_store_path=$ROOT/mnt/usb", "CONFIG_store_snapshot_path=$ROOT/mnt/usb/weir"},
			begin + "chown weir:weir /mnt/usb\nchown -Rh weir:weir /mnt/usb/weir\nchown -Rh weir:weir /etc/weir\n" + asUser + service},
		{"switched off", nil, []string{"CONFIG_main_enabled=0"}, ""},
		{"switched on", nil, []string{"CONFIG_main_enabled=on"}, begin + service},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := newRoot(t, tt.files...)
			for i := range tt.env {
				tt.env[i] = strings.ReplaceAll(tt.env[i], "$ROOT", root)
			}
			got := run(t, root, "weir.init", "start_service", append([]string{"CONFIG_store_snapshot_path=" + root + "/etc/weir"}, tt.env...)...)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestSocketLink checks that the socket of weir's user is found where root's is, and
// that the link does not stay in root's way.
func TestSocketLink(t *testing.T) {
	root := newRoot(t, "sbin/ujail")
	link := filepath.Join(root, "var/run/weir.sock")
	for range 2 {
		run(t, root, "weir.init", "start_service", "HAS_USER=1")
		if to, err := os.Readlink(link); err != nil || to != "weir/sock" {
			t.Errorf("the link leads to %q, %v", to, err)
		}
	}
	run(t, root, "weir.init", "start_service")
	if _, err := os.Lstat(link); !os.IsNotExist(err) {
		t.Errorf("the link is still there: %v", err)
	}
}

func TestTriggers(t *testing.T) {
	if got := run(t, newRoot(t), "weir.init", "service_triggers"); got != "procd_add_reload_trigger weir network firewall dhcp system upnpd sqm\n" {
		t.Error(got)
	}
}

// TestDefaults checks what the script that runs after the installation makes of a
// firewall.
func TestDefaults(t *testing.T) {
	stock := []string{"UCI_weir_main=weir", "CONFIG_wan_masq=1", "CONFIG_wan_network=wan wan6", "CONFIG_lan_network=lan",
		"UCI_network_lan=interface", "UCI_network_guest=interface", "UCI_network_home=interface", "CONFIG_guest_network=guest gone", "CONFIG_home_network=home wanx"}
	add := func(names ...string) (said string) {
		for _, name := range names {
			said += "uci add_list weir.main.interface=" + name + "\n"
		}
		return said + "uci commit weir\n"
	}
	for _, tt := range []struct {
		name, zones string
		env         []string
		want        string
	}{
		{"stock", "lan wan", nil, ""},
		{"guests", "lan guest wan", nil, add("lan", "guest")},
		{"another name", "home wan", nil, add("home")},
		{"no firewall", "", nil, ""},
		{"set up before", "lan guest wan", []string{"UCI_weir_main_interface=lan"}, ""},
		{"no configuration", "lan guest wan", []string{"UCI_weir_main="}, ""},
		{"masqueraded by a word", "lan guest wan", []string{"CONFIG_guest_masq=on"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := append([]string{"UCI_network_gone=", "ZONES=" + tt.zones}, append(stock, tt.env...)...)
			got := run(t, newRoot(t), "weir.defaults", "", env...)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestCapabilities checks that the rights that are left are the two that the README
// names, in all sets.
func TestCapabilities(t *testing.T) {
	text, err := os.ReadFile("../../openwrt/weir.capabilities.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []string{"bounding", "effective", "ambient", "permitted", "inheritable"} {
		if !strings.Contains(string(text), `"`+set+`": [ "CAP_NET_ADMIN", "CAP_NET_RAW" ]`) {
			t.Errorf("%s is not the two", set)
		}
	}
	if n := strings.Count(string(text), "CAP_"); n != 10 {
		t.Errorf("%d capabilities", n)
	}
}

func TestShellcheck(t *testing.T) {
	path, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skip("SKIPPED: shellcheck is not installed")
	}
	out, err := exec.Command(path, "../../openwrt/weir.init", "../../openwrt/weir.defaults").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
