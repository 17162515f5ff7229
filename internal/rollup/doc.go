// Package rollup sums traffic by series and time slot.
//
// A series is a class (interface, device, application …) and a member of it,
// named by its intern handle; a matrix has two. A slot is a stretch of time of one
// tier: seconds stay in memory, minutes to years are handed to the store as they
// close. Days, months, and the hours of zones that are off by a part of one follow
// a clock.Calendar. A closed slot is a block of bytes: packed, columnar,
// checksummed and endian-neutral; it is never changed afterwards and may be read
// from any goroutine.
//
// That a slot exists says that the daemon was counting then, even if its block
// is empty: a missing slot is a gap, not a zero.
//
// What is counted is added to the finest tier that has its class, and goes on to
// the next coarser one when a slot closes. Nothing is ever lost on this way: what
// finds no room of its own is in the Other of its class. The cells of matrices are
// handed out by the hour, as parts of the day and the month.
//
// A Rollup belongs to the engine and is used under the engine's lock. It does
// not allocate in steady state except for closed blocks, and is bounded in series
// per slot, in cells, and in bytes. Sum and Totals turn slots into answers outside
// of any lock, and AppendMerged, AppendFiltered, AppendMapped and Trim turn blocks
// into others.
package rollup
