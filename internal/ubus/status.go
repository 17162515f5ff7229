package ubus

import (
	"errors"
	"fmt"
)

// Status is how a request ended (ubusmsg.h, enum ubus_msg_status). Every Status
// but [OK] is an error: errors.Is(err, ubus.NotFound).
type Status uint32

// The statuses that ubusd and libubus know.
const (
	OK Status = iota
	InvalidCommand
	InvalidArgument
	MethodNotFound
	NotFound
	NoData
	PermissionDenied
	Timeout
	NotSupported
	UnknownError
	ConnectionFailed
	NoMemory
	ParseError
	SystemError
)

var statusTexts = [...]string{
	"success", "invalid command", "invalid argument", "no such method", "not found", "no answer", "permission denied",
	"timed out", "not supported", "unknown error", "connection lost", "out of memory", "answer not understood", "system error",
}

func (s Status) Error() string {
	if int(s) < len(statusTexts) {
		return statusTexts[s]
	}
	return fmt.Sprintf("status %d", uint32(s))
}

// Errors that requests return, wrapped.
var (
	// ErrClosed: there is no connection, or it ended before the answer came.
	ErrClosed = errors.New("no connection to ubusd")
	// ErrTooLarge: a message would be larger than ubusd takes.
	ErrTooLarge = errors.New("larger than a ubus message may be")
	// ErrMalformed: a message does not follow the protocol.
	ErrMalformed = errors.New("malformed ubus message")
	// ErrBusy: too many calls are under way on this connection.
	ErrBusy = errors.New("too many calls under way")
	// ErrDeferred is returned by a [Handler] that answers later.
	ErrDeferred = errors.New("answered later")
)

// Error is a call that ended with a status. Methods may explain it with a
// reply, as weir's own do: {code, message, hint}.
type Error struct {
	Object, Method string
	Status         Status
	Reply          Msg // empty for none
}

func (e *Error) Error() string {
	text := fmt.Sprintf("ubus call %s %s: %v", e.Object, e.Method, e.Status)
	if message := e.Reply.Text("message"); message != "" {
		text += ": " + message
	}
	return text
}

// Unwrap returns the status.
func (e *Error) Unwrap() error { return e.Status }
