package store

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// fsNames are the file systems that routers and hosts have, by the magic number
// that statfs(2) gives.
var fsNames = map[uint32]string{
	0x01021994: "tmpfs",
	0x858458f6: "ramfs",
	0x000072b6: "jffs2",
	0x24051905: "ubifs",
	0xf2f52010: "f2fs",
	0x0000ef53: "ext4",
	0x58465342: "xfs",
	0x9123683e: "btrfs",
	0x2fc12fc1: "zfs",
	0x794c7630: "overlayfs",
	0x73717368: "squashfs",
	0x00004d44: "vfat",
	0x2011bab0: "exfat",
	0x7366746e: "ntfs",
	0x00006969: "nfs",
	0xff534d42: "cifs",
	0xfe534d42: "smb2",
	0x65735546: "fuse",
	0x01021997: "9p",
}

// FileSystem names the type of the file system that path is on.
func FileSystem(path string) string { return fsName(path) }

// fsName names the file system that path is on: its magic number if it is not
// a known one, "unknown" if the kernel does not say.
func fsName(path string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return "unknown"
	}
	magic := uint32(st.Type) // the field's width and sign depend on the architecture
	if name, ok := fsNames[magic]; ok {
		return name
	}
	return fmt.Sprintf("%#x", magic)
}
