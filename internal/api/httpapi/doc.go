// Package httpapi serves api.Methods over HTTP: JSON-RPC 2.0 at POST /ubus as
// OpenWrt's uhttpd speaks it, REST at /api/v1/METHOD, and /healthz.
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
package httpapi
