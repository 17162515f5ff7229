// Package resolve asks the router's resolver what addresses are called (PTR
// records, RFC 1035 section 3.5) for whom nothing else told it.
//
// Ask takes an address without waiting; Run asks for it when the pace allows and
// hands what came of it to Config.Answer. Nothing is remembered here: who is told
// the answer is also told for how long it holds, and asks again then.
//
// What may be asked is bounded by Mode and by the registries: addresses that are
// no hosts of the internet (RFC 6303, and all special purposes) are asked for only
// where they are the house's own, private ones only of a resolver that is not on
// the internet itself. An answer counts when its ID, its question and its records'
// owners are those that were asked for, and what it says is the name of a host.
// Even so it is no more than what the owner of the address says: a label to show,
// never what decides on anything.
//
// Ask and SetMode may be called from any goroutine. The queue is bounded, and what
// finds no room is dropped and counted; lookups run in a few goroutines, each with
// one small buffer.
package resolve
