package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Code classifies an Error; its text is what replies carry.
type Code string

// The codes, each with its ubus and HTTP status in codes.
const (
	InvalidArgument  Code = "invalid_argument"
	MethodNotFound   Code = "method_not_found"
	NotFound         Code = "not_found"
	PermissionDenied Code = "permission_denied"
	Timeout          Code = "timeout"
	NotSupported     Code = "not_supported"
	Busy             Code = "busy"
	Failed           Code = "failed"
)

// CodeInfo is what a Code means and how it is told.
type CodeInfo struct {
	Code Code
	Ubus int
	HTTP int
	Doc  string
}

// Codes returns every Code there is.
func Codes() []CodeInfo { return slices.Clone(codes) }

// codes maps every Code once: to enum ubus_msg_status of ubus' ubusmsg.h, which
// has no word for "busy", and to the HTTP status of RFC 9110.
var codes = []CodeInfo{
	{InvalidArgument, 2, 400, "an argument is unknown, of the wrong type, out of range or missing"},
	{MethodNotFound, 3, 404, "there is no such method"},
	{NotFound, 4, 404, "the flow, host or device is not (or no longer) known"},
	{PermissionDenied, 6, 403, "the caller may not do that"},
	{Timeout, 7, 504, "the answer took too long"},
	{NotSupported, 8, 501, "this version or this source cannot answer that"},
	{Busy, 9, 503, "too many calls at once; try again"},
	{Failed, 9, 500, "anything else; the message says what"},
}

// Error is how a method fails: Message names the thing, Hint the remedy when
// there is one.
type Error struct {
	Code    Code
	Message string
	Hint    string
}

func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + "; " + e.Hint
}

// Ubus returns the status number for ubus and for the first element of a
// JSON-RPC result, 9 (unknown error) for a Code that is not in the table.
func (e *Error) Ubus() int {
	for _, c := range codes {
		if c.Code == e.Code {
			return c.Ubus
		}
	}
	return 9
}

// HTTP returns the HTTP status, 500 for a Code that is not in the table.
func (e *Error) HTTP() int {
	for _, c := range codes {
		if c.Code == e.Code {
			return c.HTTP
		}
	}
	return 500
}

// Encode writes e into an open table.
func (e *Error) Encode(enc *Encoder) {
	enc.Str("code", string(e.Code))
	enc.Str("message", e.Message)
	textOrNull(enc, "hint", e.Hint)
}

// AsError returns err as an *Error: itself when it is one, Timeout when a
// deadline passed, Failed otherwise. It must not be called with nil.
func AsError(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Timeout, "the call took too long", "ask for less or try again"}
	}
	return &Error{Code: Failed, Message: err.Error()}
}

func invalid(hint, format string, args ...any) *Error {
	return &Error{InvalidArgument, fmt.Sprintf(format, args...), hint}
}

func notFound(hint, format string, args ...any) *Error {
	return &Error{NotFound, fmt.Sprintf(format, args...), hint}
}
