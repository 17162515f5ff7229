// Package flowlog holds what is known of one flow, and the log of flows that
// ended: rows packed into compressed blocks, and the search through them.
//
// What it promises:
//
//   - A block holds at most BlockFlows flows in columns, with a header of a fixed
//     form in front that tells without unpacking whether a search can find
//     something in it. Blocks are the same on every machine, and carry a checksum.
//   - A Builder packs a flow the moment it is handed over, keeps nothing of it, and
//     allocates nothing once it has grown; its memory is bounded.
//   - Decoding trusts nothing: a damaged or hostile block is an error, never a
//     panic, and takes no more memory than the largest honest one.
//
// Types of this package are not safe for concurrent use unless they say so.
package flowlog
