// Package ubusapi carries api.Methods over ubus: a Door publishes them as the
// methods of the object weir, and Call asks such an object.
//
// ubusd checks who may call what and nothing else. So each call's arguments are
// bound as at every other door: unknown ones are refused, except for the session
// that uhttpd and rpcd add. A method that fails answers {code, message, hint} and
// then the status that the code stands for.
//
// Replies are built as blobmsg and held whole, which is what ubus wants; they are
// bounded by MaxReply. ubusd keeps 1 MiB for a caller that does not read at once
// and drops data beyond it silently, after which the call looks like a success
// without an answer. So what would be larger than a part of that is an error that
// says so. Calls under way and calls that wait are bounded by Limits.
//
// A Door may be used by several goroutines.
package ubusapi
