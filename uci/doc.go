// Package uci reads weir's configuration: the text grammar of OpenWrt's
// Unified Configuration Interface, and the typed, validated [Config] made
// from it.
//
// The grammar ([ParsePackage], [Package.AppendText]) is that of libuci's file
// reader. The schema is declarative: each section type is a struct whose
// fields method is a table of name, default, help and value parser; defaults,
// validation, the effective configuration, the installed file weir.config and
// the reference page docs/configuration.md all come from those tables.
// No other package knows an option's name.
//
// A Config never changes after [Load] or [Parse] returned it, so goroutines
// may share it. Nothing here writes a file. Input is bounded: a file of 1 MiB,
// 4096 sections, 256 options a section, 64 KiB a value, 256 bytes a name; what
// exceeds a bound is refused with an [Error] that names it. Errors are
// collected, so one run shows all that is wrong with a file.
package uci
