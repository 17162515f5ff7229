// Package httpapi serves api.Methods over HTTP: JSON-RPC 2.0 at POST /ubus as
// OpenWrt's uhttpd speaks it, REST at /api/v1/METHOD, /healthz and, on TCP, the
// pages of weir with what they listen to, /ubus/subscribe/weir.
//
// There are two doors. The unix socket is always open; its mode (0600) decides
// who may use it, so it asks for nothing more. TCP is open only when it is
// configured, and then never without a token: every request needs it, must come
// from an allowed network, be addressed to an accepted name (which defeats DNS
// rebinding) and, from a browser, come from an accepted origin.
//
// Everything is bounded: connections and calls under way per door, headers,
// bodies, batches, and the time for each part of a request. What exceeds a bound
// is refused with a plain answer and counted in Stats. Replies are streamed.
//
// # Why not net/http
//
// Its Server cannot be had without the client and server of TLS, HTTP/2 and the
// tables for international names: on MIPS weir would be 9.9 MB (2.4 MB packed)
// with it, and is 6.2 MB (1.5 MB packed) without, of which a router with 16 MB of
// flash notices each. What the doors need of HTTP/1.1 is small: connServer holds
// the connections, conn reads their requests in turn, response writes the
// replies. It reads strictly: what other readers could take for another request
// is refused. net/http is the judge of it in the tests.
//
// # Who calls
//
// The token opens everything. Who logs in with it gets a cookie, which browsers
// send with every request of any page, and the ID of the session, which only our
// page is told: calls need both. Nothing is kept of a session; its cookie carries
// the proof that it was made here. Clients that guess are slowed down.
//
// The build tag notls leaves out TLS (2.7 MB), and the pages: on a router LuCI has
// them. The options cert and key are then refused.
package httpapi
