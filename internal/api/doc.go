// Package api holds the methods that weir answers, typed and without any
// transport.
//
// Methods is the only list. From it come the names, arguments and signatures of
// every door (JSON-RPC, REST, the command line, ubus), the reference in
// docs/api.md and the test of LuCI's access list. A method first asks the parts
// behind Backend, which copy out at most engine.MaxRows rows, and returns a
// Reply; encoding happens afterwards, outside every lock, and cannot fail for
// any reason but the writer's. So a transport knows whether a call succeeded
// before it sends the first byte. What a method answers is declared by ReplyOf.
//
// Three methods move files instead, and are for doors that can: export and backup
// answer with a Stream, which is written as it is made, restore takes a reader.
//
// What cannot be observed or is not known is null in a reply, never 0. Times
// are whole seconds since the Unix epoch, durations seconds with three
// decimals, latencies milliseconds with three decimals, rates bits per second;
// integers are exact up to 2^53, what JavaScript can hold.
//
// Everything here may be used from several goroutines at once, except an
// Encoder, which belongs to one reply.
package api
