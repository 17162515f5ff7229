package ubusapi

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"weir/internal/api"
	"weir/internal/logfmt"
	"weir/internal/ubus"
)

// Name is the path of the object.
const Name = "weir"

// MaxReply is the most bytes that a reply or notification takes; 200 flows are
// some 300 kB.
const MaxReply = 512 << 10

const (
	callTime = 15 * time.Second // LuCI gives up after 20 s
	keepSize = 192 << 10        // of a buffer that is kept for the next reply: 100 flows
	maxArgs  = 64               // no method takes as many
)

// Limits returns what callers may make a connection hold that serves a Door: three
// replies at a time, and short calls that wait.
func Limits() ubus.Limits {
	return ubus.Limits{Handlers: 3, Waiting: 64, WaitingBytes: 128 << 10}
}

// Door is the object weir. Use New.
type Door struct {
	object  ubus.Object
	backend *api.Backend
	log     *logfmt.Logger
	clamped atomic.Uint64

	mu   sync.Mutex
	idle *api.Encoder // for the next reply; nil while one is made
}

// New returns an object that answers from b. watched, if it is not nil, is told when
// the first subscriber comes and when the last one leaves, and must not block.
func New(b *api.Backend, log *logfmt.Logger, watched func(bool)) *Door {
	d := &Door{backend: b, log: log}
	d.object = ubus.Object{Path: Name, Watched: watched, Refused: refused}
	for _, m := range api.Methods {
		d.object.Methods = append(d.object.Methods, ubus.Method{
			Name: m.Name, Args: signature(m), Unchecked: true, Handle: func(ctx context.Context, r *ubus.Request) (ubus.Msg, error) {
				return nil, d.answer(ctx, m, r)
			},
		})
	}
	return d
}

// Object returns what is to be published.
func (d *Door) Object() *ubus.Object { return &d.object }

// Clamped returns how many integers in replies were larger than api.MaxInt.
func (d *Door) Clamped() uint64 { return d.clamped.Load() }

// signature returns the types of a method's arguments as ubus tells them.
func signature(m *api.Method) []ubus.Arg {
	args := make([]ubus.Arg, len(m.Args))
	for i := range m.Args {
		a := &m.Args[i]
		args[i] = ubus.Arg{Name: a.Name, Type: [...]ubus.Type{api.Int: ubus.TypeInt32, api.String: ubus.TypeString, api.Bool: ubus.TypeBool}[a.Type]}
	}
	return args
}

// Notify sends a notification of the object to whoever subscribed, and does nothing
// when nobody has.
func (d *Door) Notify(name string, content api.Reply) error {
	if !d.object.HasSubscribers() {
		return nil
	}
	return d.with(content, func(m ubus.Msg) error { return d.object.Notify(name, m) })
}

// Send sends an event of the bus with content.
func (d *Door) Send(ctx context.Context, bus *ubus.Bus, event string, content api.Reply) error {
	return d.with(content, func(m ubus.Msg) error { return bus.Send(ctx, event, m) })
}

// answer answers one call. It has done so when it returns ErrDeferred: then the
// buffer that the reply was in is free again.
func (d *Door) answer(ctx context.Context, m *api.Method, r *ubus.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			d.log.Error("a method panicked: this is a bug", "method", m.Name, "panic", p, "stack", string(debug.Stack()))
			err = failure(&api.Error{Code: api.Failed, Message: m.Name + ": it broke off", Hint: "the log says why; please report it"})
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	args, err := arguments(r.Args)
	if err != nil {
		return failure(err)
	}
	reply, err := m.Call(ctx, d.backend, args)
	if err != nil {
		return failure(err)
	}
	err = d.with(reply, func(msg ubus.Msg) error {
		// Where it cannot be sent there is no caller any more.
		_ = r.Answer(msg, nil)
		return ubus.ErrDeferred
	})
	if errors.Is(err, ubus.ErrTooLarge) {
		return failure(tooLarge(m))
	}
	return err
}

// with encodes a reply and calls use with it, which must not keep it.
func (d *Door) with(reply api.Reply, use func(ubus.Msg) error) error {
	e := d.encoder()
	reply(e)
	d.clamped.Add(e.Clamped())
	msg, err := e.Msg()
	if err == nil {
		err = use(msg)
	}
	d.release(e)
	return err
}

func (d *Door) encoder() *api.Encoder {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.idle
	d.idle = nil
	if e == nil {
		e = api.NewMsgEncoder(MaxReply)
	}
	return e
}

func (d *Door) release(e *api.Encoder) {
	e.ResetMsg(keepSize)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.idle = e
}

// tooLarge says what to do about a reply that ubus cannot carry.
func tooLarge(m *api.Method) *api.Error {
	e := &api.Error{
		Code:    api.InvalidArgument,
		Message: fmt.Sprintf("%s: the answer takes more than %d KiB, which is what is sent over ubus", m.Name, MaxReply>>10),
		Hint:    "ask over the socket: weir call --over socket " + m.Name,
	}
	for i := range m.Args {
		if name := m.Args[i].Name; name == "limit" || name == "points" {
			e.Hint = "ask for less at a time: give a smaller " + name
		}
	}
	return e
}

// failure returns err as it goes over the bus.
func failure(err error) *ubus.Error {
	e := api.AsError(err)
	enc := api.NewMsgEncoder(MaxReply)
	e.Encode(enc)
	msg, _ := enc.Msg() // the texts are short; without them there is still the status
	return &ubus.Error{Status: ubus.Status(e.Ubus()), Reply: msg}
}

// refused explains a call that reaches no method.
func refused(r *ubus.Request, err error) error {
	if errors.Is(err, ubus.ErrBusy) {
		return failure(&api.Error{Code: api.Busy, Message: "too many calls are under way", Hint: "try again in a second"})
	}
	if _, missing := api.Lookup(r.Method); missing != nil {
		return failure(missing)
	}
	message := "the arguments are not taken"
	var why *ubus.Error
	if errors.As(err, &why) {
		message = why.Reply.Text("message")
	}
	return failure(&api.Error{Code: api.InvalidArgument, Message: r.Method + ": " + message})
}
