package ubusapi

import (
	"encoding/json"
	"strings"
	"testing"

	"weir/internal/api"
	"weir/internal/api/apitest"
	"weir/internal/ubus"
)

// FuzzCall gives a method any well-formed arguments, as the bus hands them over,
// and wants an answer or an explained error.
func FuzzCall(f *testing.F) {
	for i, m := range api.Methods {
		if m.Example != "" {
			args, err := ubus.ParseJSON([]byte(m.Example))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(uint8(i), []byte(args))
		}
	}
	f.Add(uint8(3), []byte(ubus.AppendTable(ubus.AppendDouble(nil, "limit", 1e300), "app", nil)))
	b := apitest.New().Backend()
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		m := api.Methods[int(which)%len(api.Methods)]
		if ubus.Msg(data).Check() != nil {
			return // it does not come so far
		}
		args, err := arguments(data)
		var reply api.Reply
		if err == nil {
			reply, err = m.Call(t.Context(), b, args)
		}
		if err != nil {
			if f := failure(err); f.Status == ubus.OK || f.Reply.Text("code") == "" || f.Reply.Text("message") == "" {
				t.Fatalf("%s: %v is told as %s", m.Name, err, ubus.AppendJSON(nil, f.Reply))
			}
			return
		}
		e := api.NewMsgEncoder(MaxReply)
		reply(e)
		msg, err := e.Msg()
		if err != nil {
			t.Fatal(err)
		}
		if err := msg.Check(); err != nil || !json.Valid(text(msg)) {
			t.Fatalf("%s answers %s, %v", m.Name, text(msg), err)
		}
	})
}

// FuzzText turns any well-formed reply into text: of one with plain names it is JSON
// with the same content.
func FuzzText(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":[1,{"b":null}],"c":"\u0007\u00e4","d":true}`, `{"x":-0.5,"y":1e15,"n":9223372036854775807}`} {
		m, err := ubus.ParseJSON([]byte(s))
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(m))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := ubus.Msg(data)
		if m.Check() != nil {
			return
		}
		got, theirs := text(m), ubus.AppendJSON(nil, m)
		if plainNames(m, false) && !json.Valid(got) {
			t.Fatalf("%s is not JSON", got)
		}
		if strings.Count(string(got), "null") > strings.Count(string(theirs), "null") {
			t.Fatalf("%s has become %s", theirs, got)
		}
	})
}

// plainNames reports whether everything has a name that needs no escape, as with
// methods.
func plainNames(m ubus.Msg, array bool) bool {
	for {
		f, rest, ok := m.Next()
		if !ok {
			return true
		}
		if !array && len(f.Name) == 0 {
			return false
		}
		for _, c := range f.Name {
			if array || c < ' ' || c > '~' || c == '"' || c == '\\' {
				return false
			}
		}
		if !plainNames(f.Msg(), f.Type == ubus.TypeArray) {
			return false
		}
		m = rest
	}
}
