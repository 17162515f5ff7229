package ubus

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// Handler answers a call. It runs in a goroutine of its own, beside others; its
// context ends with the connection, and then it has to return. A nil reply
// sends a status alone. An error is sent as its [Status]: [*Error] with its
// Reply, any other as [UnknownError] with its text as "message".
// [ErrDeferred] promises that r.Answer is called later.
type Handler func(ctx context.Context, r *Request) (Msg, error)

// Request is one call of a method of ours.
type Request struct {
	Object      *Object
	Method      string
	Args        Msg
	User, Group string // of the caller, as ubusd knows them
	Peer        uint32 // the caller's connection

	client   *Client
	id       uint32
	seq      uint16
	silent   bool
	answered atomic.Bool
}

func (r *Request) handle(ctx context.Context, handle Handler) {
	reply, err := handle(ctx, r)
	if err == ErrDeferred {
		return
	}
	r.Answer(reply, err)
}

// Answer answers the call as [Handler] describes. Only the first answer is sent.
// A reply larger than [MaxReply] is an ErrTooLarge, for the caller too. The
// error says that the caller gets no answer, or another one than this.
func (r *Request) Answer(reply Msg, err error) error {
	if r.answered.Swap(true) || r.silent {
		return nil
	}
	var tooLarge error
	if len(reply) > MaxReply {
		tooLarge = fmt.Errorf("answer %s: %w: %d bytes of %d", r.Method, ErrTooLarge, len(reply), MaxReply)
		err = tooLarge
	}
	status, reply := statusOf(reply, err)
	h := header{seq: r.seq, peer: r.Peer}
	end := &outgoing{header: h, answer: true, status: status, object: r.id}
	end.kind = msgStatus
	if reply == nil {
		return errors.Join(tooLarge, r.client.send(end, nil))
	}
	data := &outgoing{header: h, object: r.id, data: reply}
	data.kind = msgData
	return errors.Join(tooLarge, r.client.send(data, end))
}

// statusOf says with which status and which data an answer is sent.
func statusOf(reply Msg, err error) (Status, Msg) {
	if err == nil {
		return OK, reply
	}
	status := UnknownError
	var full *Error
	if errors.As(err, &full) {
		if full.Status != OK && len(full.Reply) <= MaxReply {
			return full.Status, full.Reply
		}
		return status, nil
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout, nil
	case err == ErrBusy:
		return Timeout, AppendString(nil, "message", "too many calls at once: try again")
	}
	if errors.As(err, &status) && status != OK {
		return status, nil
	}
	return UnknownError, AppendString(nil, "message", err.Error())
}
