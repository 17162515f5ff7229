// Package rollup sums traffic by series and time slot.
//
// A series is a class (interface, device, application …) and a member of it,
// named by its intern handle. A slot is an aligned stretch of time: 10 s slots
// stay in RAM for an hour, 5 min and 1 h slots are handed to the store as they
// close. A closed slot is a block of bytes: packed, columnar, checksummed and
// endian-neutral; it is never changed afterwards and may be read from any
// goroutine.
//
// That a slot exists says that the daemon was counting then, even if its block
// is empty: a missing slot is a gap, not a zero.
//
// A Rollup belongs to the engine and is used under the engine's lock. It does
// not allocate in steady state except for closed blocks, and is bounded in
// series per slot and in bytes. Sum and Totals turn slots into answers outside
// of any lock.
package rollup
