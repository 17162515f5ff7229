package ubusapi

import (
	"unicode/utf8"

	"weir/internal/api"
	"weir/internal/ubus"
)

// sessionArg is what uhttpd and rpcd add to the arguments of each call: who is
// logged in, which they have looked at.
const sessionArg = "ubus_rpc_session"

// arguments returns the arguments of a call as api.Method.Call takes them, the last
// of those with the same name. Tables and arrays stay what they are, which no
// argument accepts.
func arguments(m ubus.Msg) (map[string]any, error) {
	args := map[string]any{}
	n := 0
	for {
		f, rest, ok := m.Next()
		if !ok {
			return args, nil
		}
		if n++; n > maxArgs {
			return nil, &api.Error{Code: api.InvalidArgument, Message: "too many arguments"}
		}
		if string(f.Name) != sessionArg {
			args[string(f.Name)] = scalar(f.Value)
		}
		m = rest
	}
}

// scalar returns what a value is to api.Method.Call.
func scalar(v ubus.Value) any {
	switch v.Type {
	case ubus.TypeNull:
		return nil
	case ubus.TypeString:
		if text := v.Text(); utf8.ValidString(text) {
			return text
		}
		return string([]rune(v.Text()))
	case ubus.TypeBool:
		n, _ := v.Int()
		return n != 0
	case ubus.TypeDouble:
		x, _ := v.Float()
		return x
	}
	if n, ok := v.Int(); ok {
		return n
	}
	return v.Msg()
}
