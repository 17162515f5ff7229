// Package ubus speaks to ubusd, OpenWrt's message bus: it calls the methods of
// other programs' objects, listens to their events and notifications, and
// publishes objects of its own. Nothing of libubus or libubox is linked.
//
// A [Msg] is a blobmsg table as it stands on the wire, big endian on every
// processor: built by the Append functions, read in place, never unpacked. A
// [Client] is one connection; it ends with its socket. A [Bus] keeps a
// connection for as long as a program runs: when ubusd restarts it connects
// again, publishes its objects again and renews its feeds.
//
// All methods may be called by several goroutines at once. Whoever opens a
// Client closes it; Close and [Bus.Run] return after every goroutine that they
// started has ended. A Msg that is handed out belongs to the receiver and is
// never written again.
//
// What a peer sends is bounded: a message by [MaxMessage], its nesting by
// [MaxDepth], calls of our objects by the limits in [Limits], feeds by their
// queue. A malformed message ends the connection only where the stream cannot
// be followed any further; else it is counted and dropped.
package ubus

import "time"

// Bounds of the protocol and of what is kept of it.
const (
	// MaxMessage is the most bytes that a message's outer blob may take.
	// ubusd closes the connection of who sends more (UBUS_MAX_MSGLEN).
	MaxMessage = 1 << 20
	// MaxReply is the most bytes that the Msg of a call, reply, event or
	// notification may take; it leaves room for the attributes around it. Less is
	// safer: ubusd keeps MaxMessage in all for a caller that does not read at
	// once, and drops what is more, of a reply the data but not the status.
	MaxReply = MaxMessage - 4<<10
	// MaxDepth is how deep tables and arrays may be nested.
	MaxDepth = 32
	// MaxObjects is how many objects List returns at most.
	MaxObjects = 1024
	// MaxTargets is how many objects a subscription by pattern follows at once.
	MaxTargets = 64

	maxCalls   = 256 // calls under way on one connection
	maxKnown   = 128 // object ids kept by path
	maxPath    = 255 // bytes of the name of an object, method or event
	callTime   = 30 * time.Second
	writeTime  = 10 * time.Second
	helloTime  = 5 * time.Second
	readerSize = 4 << 10
	copied     = 4 << 10 // data up to that is sent along with what is around it
)

// DefaultPath is the socket of OpenWrt's ubusd.
const DefaultPath = "/var/run/ubus/ubus.sock"
