package httpapi

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"weir/internal/api"
	"weir/internal/jsontext"
)

// objectName is the only ubus object there is here.
const objectName = "weir"

// maxID bounds the request ID that is echoed.
const maxID = 256

// rpcError is an error of uhttpd's JSON-RPC. Unlike the specification, uhttpd
// calls everything that is not a well-formed request a parse error, and so do
// we: clients tell them apart by these numbers.
type rpcError struct {
	code    int64
	message string
}

var (
	errParse   = &rpcError{-32700, "Parse error"}
	errRequest = &rpcError{-32600, "Invalid request"}
	errMethod  = &rpcError{-32601, "Method not found"}
	errParams  = &rpcError{-32602, "Invalid parameters"}
	errObject  = &rpcError{-32000, "Object not found"}
	errAccess  = &rpcError{-32002, "Access denied"}
	errTimeout = &rpcError{-32003, "ubus request timed out"}
)

// rpcRequest is one decoded request.
type rpcRequest struct {
	id     jsontext.Value // nil for none
	method string
	params jsontext.Value // nil for none
}

// rpcCall is what the method call asks for.
type rpcCall struct {
	session, object, function string
	args                      jsontext.Value // an object
}

// jsonRPC answers POST /ubus. As with uhttpd the HTTP status is 200 whatever the
// outcome, also for a body that is too large, after which the connection ends.
func (d *door) jsonRPC(ctx context.Context, w *response, r *request) {
	if !allowed(w, r, "POST") {
		d.notAllowed(w, r)
		return
	}
	body, err := w.c.readBody(r.body)
	if err != nil {
		body = nil // a parse error
	}
	d.withSlot(w, func(e *api.Encoder) {
		w.set("Content-Type", "application/json")
		d.answerBody(ctx, e, body, d.caller(w, r))
	})
}

// answerBody writes the response to one request or to an array of them.
func (d *door) answerBody(ctx context.Context, e *api.Encoder, body []byte, c *caller) {
	v, err := jsontext.Parse(body)
	if err != nil {
		writeRPCError(e, nil, errParse)
		return
	}
	if !v.IsArray() {
		d.answer(ctx, e, v, c)
		return
	}
	batch, all := elements(v, maxBatch)
	if !all {
		writeRPCError(e, nil, errRequest)
		return
	}
	e.Array("")
	for _, one := range batch {
		d.answer(ctx, e, one, c)
	}
	e.EndArray()
}

// answer writes the response to one request.
func (d *door) answer(ctx context.Context, e *api.Encoder, v jsontext.Value, who *caller) {
	req, rpcErr := parseRequest(v)
	if rpcErr != nil {
		writeRPCError(e, req.id, rpcErr)
		return
	}
	switch req.method {
	case "call":
		c, ok := parseCall(req.params)
		if !ok {
			writeRPCError(e, req.id, errParse)
			return
		}
		d.answerCall(ctx, e, req.id, c, who)
	case "list":
		if !who.known {
			d.s.stats.denied.Add(1)
			writeRPCError(e, req.id, errAccess)
			return
		}
		writeList(e, req)
	default:
		writeRPCError(e, req.id, errMethod)
	}
}

func (d *door) answerCall(ctx context.Context, e *api.Encoder, id jsontext.Value, c rpcCall, who *caller) {
	asksAccess := c.object == "session" && c.function == "access"
	if c.object != objectName && !asksAccess {
		writeRPCError(e, id, errObject)
		return
	}
	if !who.may(c.session) {
		d.s.stats.denied.Add(1)
		writeRPCError(e, id, errAccess)
		return
	}
	if asksAccess {
		writeAccess(e, id)
		return
	}
	args, err := arguments(c.args)
	if _, given := args["ubus_rpc_session"]; given || err != nil {
		writeRPCError(e, id, errParams)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var reply api.Reply
	m, err := api.Lookup(c.function)
	if err == nil {
		reply, err = d.call(ctx, m, args)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		writeRPCError(e, id, errTimeout)
		return
	}
	beginResponse(e, id)
	e.Array("result")
	if err != nil {
		failure := api.AsError(err)
		e.Int("", int64(failure.Ubus()))
		reply = failure.Encode
	} else {
		e.Int("", 0)
	}
	e.Table("")
	reply(e)
	e.EndTable()
	e.EndArray()
	e.EndTable()
}

// writeAccess tells a page that its session lasts. It asks rpcd's object session
// for that when it was denied something.
func writeAccess(e *api.Encoder, id jsontext.Value) {
	beginResponse(e, id)
	e.Array("result")
	e.Int("", 0)
	e.Table("")
	e.Bool("access", true)
	e.EndTable()
	e.EndArray()
	e.EndTable()
}

// parseRequest reads one request. On an error, only the ID of what it returns
// may be set.
func parseRequest(v jsontext.Value) (rpcRequest, *rpcError) {
	given, err := members(v)
	if err != nil {
		return rpcRequest{}, errParse
	}
	req := rpcRequest{id: given["id"], params: given["params"]}
	if len(req.id) > maxID {
		return rpcRequest{}, errRequest
	}
	if version, _ := given["jsonrpc"].Text(); version != "2.0" {
		return req, errParse
	}
	var ok bool
	if req.method, ok = given["method"].Text(); !ok {
		return req, errParse
	}
	return req, nil
}

// parseCall reads [session, object, method, arguments]; what follows is left
// out, as uhttpd does. The arguments are looked into only once the caller is
// known.
func parseCall(params jsontext.Value) (c rpcCall, ok bool) {
	p, _ := elements(params, 4)
	if len(p) < 4 {
		return c, false
	}
	for i, s := range []*string{&c.session, &c.object, &c.function} {
		if *s, ok = p[i].Text(); !ok {
			return c, false
		}
	}
	c.args = p[3]
	return c, c.args.IsObject()
}

// writeList answers the method list: the names of all objects or, for an array
// of patterns, the signatures of those that match.
func writeList(e *api.Encoder, req rpcRequest) {
	beginResponse(e, req.id)
	if !req.params.IsArray() {
		e.Array("result")
		e.Str("", objectName)
		e.EndArray()
		e.EndTable()
		return
	}
	match := false
	for pattern := range req.params.Elements() {
		if s, ok := pattern.Text(); ok && matches(s, objectName) {
			match = true
		}
	}
	e.Table("result")
	if match {
		writeSignatures(e)
	}
	e.EndTable()
	e.EndTable()
}

// matches compares a name with a pattern that may end in "*", as ubusd does.
func matches(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}

func writeSignatures(e *api.Encoder) {
	types := map[api.Type]string{api.Int: "number", api.String: "string", api.Bool: "boolean"}
	e.Table(objectName)
	for _, m := range api.Methods {
		e.Table(m.Name)
		for _, a := range m.Args {
			e.Str(a.Name, types[a.Type])
		}
		e.EndTable()
	}
	e.EndTable()
}

// beginResponse opens a response and echoes the ID.
func beginResponse(e *api.Encoder, id jsontext.Value) {
	e.Table("")
	e.Str("jsonrpc", "2.0")
	if id == nil {
		e.Null("id")
		return
	}
	e.JSON("id", safe(id))
}

// safe returns v with what could end a script escaped, as api.AppendText does it
// to texts; outside of them JSON has none of it.
func safe(v jsontext.Value) (out []byte) {
	for _, r := range string(bytes.ToValidUTF8(v, []byte("\ufffd"))) {
		if strings.ContainsRune("<>&\u2028\u2029", r) {
			out = api.AppendText(out, string(r))
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

func writeRPCError(e *api.Encoder, id jsontext.Value, err *rpcError) {
	beginResponse(e, id)
	e.Table("error")
	e.Int("code", err.code)
	e.Str("message", err.message)
	e.EndTable()
	e.EndTable()
}
