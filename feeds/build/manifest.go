//go:build !notls

package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"weir/feeds/jsmin"
	"weir/feeds/lmo"
	luciapp "weir/luci-app"
)

// file is one file of a package.
type file struct {
	path string // on the router, without a leading slash
	mode uint32
	data []byte
}

// pack is a package before it has a format.
type pack struct {
	name, title, about, section string
	all                         bool // runs on every architecture
	depends                     []string
	conffiles                   []string // with their leading slash
	user                        string   // USER:GROUP that it runs as, "" for root
	postinst                    string   // shell, after what OpenWrt does by default
	files                       []file
}

// installed are the files of the tree that the package weir brings: from, to, mode.
// A test holds it to what lies in openwrt/.
var installed = []struct {
	from, to string
	mode     uint32
}{
	{"openwrt/weir.init", "etc/init.d/weir", 0o755},
	{"uci/weir.config", "etc/config/weir", 0o644},
	{"openwrt/weir.sysctl", "etc/sysctl.d/20-weir.conf", 0o644},
	{"openwrt/weir.keep", "lib/upgrade/keep.d/weir", 0o644},
	{"openwrt/weir.acl.json", "usr/share/acl.d/weir.json", 0o644},
	{"openwrt/weir.capabilities.json", "etc/capabilities/weir.json", 0o644},
	{"openwrt/weir.defaults", "etc/uci-defaults/50-weir", 0o644},
}

const vendors = "openwrt/vendor.db"

// packs returns the packages for an architecture.
func packs(o *options, arch string) ([]*pack, error) {
	build, err := binaryFor(arch)
	if err != nil {
		return nil, err
	}
	weir := &pack{
		name: "weir", title: "Network traffic monitor", section: "net",
		about: "Watches a router's networks: flows with their latency and losses, devices,\n" +
			"and rolling statistics, answered over ubus and a JSON API.",
		depends: []string{"kmod-nf-conntrack-netlink"}, conffiles: []string{"/etc/config/weir"}, user: "weir:weir",
	}
	if err := weir.take(filepath.Join(o.binaries, "weir-"+build), "usr/sbin/weir", 0o755); err != nil {
		return nil, fmt.Errorf("%w (make dist/weir-%s builds it)", err, build)
	}
	for _, f := range installed {
		if err := weir.take(filepath.Join(o.tree, f.from), f.to, f.mode); err != nil {
			return nil, err
		}
	}
	oui := &pack{
		name: "weir-oui", title: "Vendors of hardware addresses, for weir", section: "net", all: true,
		about: "Tells who made a device by its hardware address, without asking anybody.",
	}
	if err := oui.take(filepath.Join(o.tree, vendors), "usr/share/weir/vendor.db", 0o644); err != nil {
		return nil, err
	}
	app, err := luciApp(o)
	if err != nil {
		return nil, err
	}
	languages, err := translations(o)
	if err != nil {
		return nil, err
	}
	all := append([]*pack{weir, oui, app}, languages...)
	if o.geo != "" {
		geo := &pack{
			name: "weir-geo", title: "Countries and networks of addresses, for weir", section: "net", all: true,
			about: "Tells in which country an address is and whose network it belongs to.",
		}
		for _, name := range []string{"country.db", "asn.db"} {
			if err := geo.take(filepath.Join(o.geo, name), "usr/share/weir/"+name, 0o644); err != nil {
				return nil, err
			}
		}
		all = append(all, geo)
	}
	return all, nil
}

func (p *pack) take(from, to string, mode uint32) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	p.files = append(p.files, file{to, mode, b})
	return nil
}

// luciApp is LuCI's pages, as luci.mk packs them.
func luciApp(o *options) (*pack, error) {
	p := &pack{
		name: "luci-app-weir", title: "LuCI pages for weir", section: "luci", all: true,
		about:   "Who is talking to whom, what uses the line, and what happened last night.",
		depends: []string{"luci-base", "weir", "weir-oui"},
		postinst: "[ -n \"${IPKG_INSTROOT}\" ] || {\n\trm -f /tmp/luci-indexcache.*\n\trm -rf /tmp/luci-modulecache/\n" +
			"\t/etc/init.d/rpcd reload 2>/dev/null\n\texit 0\n}\n",
	}
	for _, root := range []struct{ from, to string }{{"luci-app/htdocs", "www"}, {"luci-app/root", ""}} {
		dir := filepath.Join(o.tree, root.from)
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(dir, name)
			if err != nil {
				return err
			}
			err = p.take(name, path.Join(root.to, filepath.ToSlash(rel)), 0o644)
			if last := len(p.files) - 1; err == nil && strings.HasSuffix(name, ".js") {
				p.files[last].data = []byte(jsmin.Minify(string(p.files[last].data)))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// languageNames are those of luci.mk.
var languageNames = map[string]string{"de": "Deutsch (German)"}

// translations are packages of the pages' words, one for each language.
func translations(o *options) ([]*pack, error) {
	found, err := filepath.Glob(filepath.Join(o.tree, "luci-app", "po", "*", "weir.po"))
	if err != nil {
		return nil, err
	}
	slices.Sort(found)
	var all []*pack
	for _, name := range found {
		lang := filepath.Base(filepath.Dir(name))
		if lang == "templates" {
			continue
		}
		if languageNames[lang] == "" {
			return nil, fmt.Errorf("what does LuCI call the language %q? Add it to languageNames", lang)
		}
		po, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		words, plural := luciapp.Words(string(po))
		defaults := fmt.Sprintf("uci set luci.languages.%s='%s'; uci commit luci\n", strings.ReplaceAll(lang, "-", "_"), languageNames[lang])
		all = append(all, &pack{
			name: "luci-i18n-weir-" + lang, title: "LuCI pages for weir, " + languageNames[lang], section: "luci", all: true,
			about:   "Translation for luci-app-weir: " + languageNames[lang],
			depends: []string{"luci-app-weir"},
			files: []file{
				{"etc/uci-defaults/luci-i18n-weir-" + lang, 0o644, []byte(defaults)},
				{"usr/lib/lua/luci/i18n/weir." + lang + ".lmo", 0o644, lmo.File(words, plural)},
			},
		})
	}
	return all, nil
}
