// Package adb writes what apk-tools 3 reads: packages and indexes in its database
// format, "adb", as Alpine's apk-v3(5) describes it and apk mkpkg and mkndx write it.
//
// A file is a header, a block with a tree of values, blocks of signatures over that
// tree, and, in packages, a block of data for each file; all of it deflated behind
// four bytes. Values are words, little-endian: four bits of type, 28 bits that are
// the value or where it stands. The same input gives the same bytes.
package adb
