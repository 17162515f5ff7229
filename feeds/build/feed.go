//go:build !notls

package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"weir/feeds/adb"
	"weir/feeds/ipk"
)

const (
	license    = "MIT"
	maintainer = "weir"
)

// build writes packages for each architecture below the folder of output, and, for a
// feed, their indexes.
func build(o *options, feed bool, arches []string) error {
	sign, err := readKeys(o.keys)
	if err != nil {
		return err
	}
	for _, arch := range arches {
		list, err := packs(o, arch)
		if err != nil {
			return err
		}
		dir := filepath.Join(o.out, arch)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if o.format != "apk" {
			if err := buildIPK(o, feed, dir, arch, list, sign.opkg); err != nil {
				return fmt.Errorf("%s: %w", arch, err)
			}
		}
		if o.format != "ipk" {
			if err := buildAPK(o, feed, dir, arch, list, sign); err != nil {
				return fmt.Errorf("%s: %w", arch, err)
			}
		}
	}
	return nil
}

func (p *pack) archOr(arch, all string) string {
	if p.all {
		return all
	}
	return arch
}

// Shell that all packages of OpenWrt have in common, as package-pack.mk makes it.
const (
	useFunctions = "[ -s ${IPKG_INSTROOT}/lib/functions.sh ] || exit 0\n. ${IPKG_INSTROOT}/lib/functions.sh\n"
	noScript     = "[ \"${IPKG_NO_SCRIPT}\" = \"1\" ] && exit 0\n"
)

func buildIPK(o *options, feed bool, dir, arch string, list []*pack, key *ipk.Key) error {
	var indexed []ipk.Indexed
	for _, p := range list {
		c := &ipk.Control{
			Package: p.name, Version: o.version, Depends: p.depends, Source: "feeds/weir", SourceName: "weir",
			License: license, Section: p.section, Maintainer: maintainer, Architecture: p.archOr(arch, "all"),
			RequireUser: p.user, Description: p.title + "\n" + p.about,
		}
		var entries []ipk.Entry
		for _, f := range p.files {
			entries = append(entries, ipk.Entry{Path: f.path, Mode: int64(f.mode), Mtime: o.date, Data: f.data})
		}
		control := []ipk.Entry{
			{Path: "postinst", Mode: 0o755, Data: []byte("#!/bin/sh\n" + noScript + useFunctions + "default_postinst $0 $@\n")},
			{Path: "prerm", Mode: 0o755, Data: []byte("#!/bin/sh\n" + useFunctions + "default_prerm $0 $@\n")},
		}
		if len(p.conffiles) > 0 {
			control = append(control, ipk.Entry{Path: "conffiles", Mode: 0o644, Data: []byte(strings.Join(p.conffiles, "\n") + "\n")})
		}
		if p.postinst != "" {
			control = append(control, ipk.Entry{Path: "postinst-pkg", Mode: 0o755, Data: []byte(p.postinst)})
		}
		for i := range control {
			control[i].Mtime = o.date
		}
		b, err := ipk.Package(c, entries, control)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%s_%s_%s.ipk", c.Package, c.Version, c.Architecture)
		indexed = append(indexed, ipk.Indexed{Control: c, Filename: name, File: b})
		if err := write(dir, name, b); err != nil {
			return err
		}
	}
	if !feed {
		return nil
	}
	index := ipk.Index(indexed)
	packed, err := ipk.Gzip(index)
	if err != nil {
		return err
	}
	if err := write(dir, "Packages", index); err != nil {
		return err
	}
	if err := write(dir, "Packages.gz", packed); err != nil {
		return err
	}
	if key != nil {
		if err := write(dir, "Packages.sig", key.Sign(index)); err != nil {
			return err
		}
	}
	return write(dir, "customfeeds.conf", []byte("src/gz weir "+o.url+"/"+arch+"\n"))
}

func buildAPK(o *options, feed bool, dir, arch string, list []*pack, sign keys) error {
	var infos []*adb.Info
	for _, p := range list {
		info := &adb.Info{
			Name: p.name, Version: o.version, Description: p.title, Arch: p.archOr(arch, "noarch"),
			License: license, Origin: "feeds/weir", Maintainer: maintainer, BuildTime: o.date, Depends: p.depends,
		}
		var entries []adb.Entry
		for _, f := range append(slices.Clone(p.files), p.apkFiles()...) {
			entries = append(entries, adb.Entry{Path: f.path, Mode: f.mode, Mtime: o.date, Data: f.data})
		}
		b, err := adb.Package(info, entries, p.apkScripts(), sign.apk)
		if err != nil {
			return err
		}
		if err := write(dir, fmt.Sprintf("%s-%s.apk", p.name, o.version), b); err != nil {
			return err
		}
		infos = append(infos, info)
	}
	if !feed {
		return nil
	}
	index, err := adb.Index("weir", infos, sign.apk)
	if err != nil {
		return err
	}
	if err := write(dir, "packages.adb", index); err != nil {
		return err
	}
	return write(dir, "weir.list", []byte(o.url+"/"+arch+"/packages.adb\n"))
}

// apkFiles are what OpenWrt's functions look for of packages that apk installed:
// the list of files, that of conffiles, and the user.
func (p *pack) apkFiles() []file {
	base := "lib/apk/packages/" + p.name
	var names []string
	for _, f := range p.files {
		names = append(names, "/"+f.path+"\n")
	}
	var files []file
	if p.user != "" {
		files = append(files, file{base + ".rusers", 0o644, []byte(p.user + "\n")})
		names = append(names, "/"+base+".rusers\n")
	}
	slices.Sort(names)
	files = append(files, file{base + ".list", 0o644, []byte(strings.Join(names, ""))})
	if len(p.conffiles) == 0 {
		return files
	}
	sums := ""
	for _, f := range p.files {
		if slices.Contains(p.conffiles, "/"+f.path) {
			sums += fmt.Sprintf("/%s %x\n", f.path, sha256.Sum256(f.data))
		}
	}
	return append(files, file{base + ".conffiles", 0o644, []byte(strings.Join(p.conffiles, "\n") + "\n")},
		file{base + ".conffiles_static", 0o644, []byte(sums)})
}

func (p *pack) apkScripts() adb.Scripts {
	named := "export root=\"${IPKG_INSTROOT}\"\nexport pkgname=\"" + p.name + "\"\n"
	install := noScript + useFunctions + named + "add_group_and_user\ndefault_postinst\n" + p.postinst
	return adb.Scripts{
		PostInstall:  "#!/bin/sh\n" + install,
		PostUpgrade:  "#!/bin/sh\nexport PKG_UPGRADE=1\n" + install,
		PreDeinstall: "#!/bin/sh\n" + useFunctions + named + "default_prerm\n",
	}
}

func write(dir, name string, b []byte) error {
	fmt.Printf("%9d %s\n", len(b), filepath.Join(filepath.Base(dir), name))
	return os.WriteFile(filepath.Join(dir, name), b, 0o644)
}
