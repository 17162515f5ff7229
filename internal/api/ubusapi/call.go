package ubusapi

import (
	"bytes"
	"context"
	"errors"
	"math"

	"weir/internal/api"
	"weir/internal/jsontext"
	"weir/internal/ubus"
)

// Caller calls methods of objects: a ubus.Client or ubus.Bus.
type Caller interface {
	Call(ctx context.Context, object, method string, args ubus.Msg) (ubus.Msg, error)
}

// errNoData is what becomes of a reply that ubusd dropped: every method answers
// something.
var errNoData = &api.Error{Code: api.Failed, Message: "ubusd dropped the answer", Hint: "ask for less, or over the socket"}

// Call calls a method of the object weir with a JSON object of arguments, nil for
// none, and returns its reply as the other doors write it. The error is an
// *api.Error where the method itself failed.
func Call(ctx context.Context, c Caller, method string, args []byte) (jsontext.Value, error) {
	var m ubus.Msg
	if len(args) > 0 {
		var err error
		if m, err = ubus.ParseJSON(args); err != nil {
			return nil, err
		}
	}
	reply, err := c.Call(ctx, Name, method, m)
	if err != nil {
		return nil, explained(err)
	}
	if reply == nil {
		return nil, errNoData
	}
	// Names are not escaped, as those of methods need not be: who answers may be a
	// stranger.
	return jsontext.Parse(text(reply))
}

// explained returns the error that a method put into its answer, else err.
func explained(err error) error {
	var answer *ubus.Error
	if !errors.As(err, &answer) {
		return err
	}
	code := answer.Reply.Text("code")
	if code == "" {
		return err
	}
	return &api.Error{Code: api.Code(code), Message: answer.Reply.Text("message"), Hint: answer.Reply.Text("hint")}
}

// text returns a reply as the other doors write it.
func text(reply ubus.Msg) []byte {
	var b bytes.Buffer
	e := api.NewEncoder(&b)
	e.Table("")
	encode(e, reply, ubus.MaxDepth)
	e.EndTable()
	_ = e.Flush() // a buffer takes everything
	return b.Bytes()
}

// encode writes what a table or an array holds.
func encode(e *api.Encoder, m ubus.Msg, depth int) {
	for depth > 0 {
		f, rest, ok := m.Next()
		if !ok {
			return
		}
		m = rest
		switch name := string(f.Name); f.Type {
		case ubus.TypeTable:
			e.Table(name)
			encode(e, f.Msg(), depth-1)
			e.EndTable()
		case ubus.TypeArray:
			e.Array(name)
			encode(e, f.Msg(), depth-1)
			e.EndArray()
		case ubus.TypeString:
			e.Bytes(name, f.Bytes())
		case ubus.TypeBool:
			n, _ := f.Int()
			e.Bool(name, n != 0)
		case ubus.TypeDouble:
			x, _ := f.Float()
			e.Milli(name, milli(x))
		case ubus.TypeNull:
			e.Null(name)
		default:
			n, _ := f.Int()
			e.Int(name, n)
		}
	}
}

// milli returns thousandths of x; methods answer no other fractions.
func milli(x float64) int64 {
	x = math.Round(x * 1000)
	if !(math.Abs(x) <= api.MaxInt) { // NaN, too
		return 0
	}
	return int64(x)
}
