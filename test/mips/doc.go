// Package mips runs the weir that routers get on a kernel for 32-bit MIPS, as root of
// an emulated Malta board with the memory of a small router: it captures, counts by
// connection tracking, stores and answers, exactly, and what it takes of memory and
// processor is printed and held to its budgets.
//
// `make test-qemu` builds both and runs it with 128 MiB, see the command guest in
// test/offload.
package mips
