package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"weir/internal/api"
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
	id     []byte // JSON; nil for none
	method string
	params []byte // JSON; nil for none
}

// rpcCall is what the method call asks for.
type rpcCall struct {
	session, object, function string
	args                      []byte // a JSON object
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
		d.answerBody(ctx, e, body, d.authorized(r))
	})
}

// answerBody writes the response to one request or to an array of them.
func (d *door) answerBody(ctx context.Context, e *api.Encoder, body []byte, authorized bool) {
	body = bytes.Trim(body, " \t\r\n")
	if len(body) == 0 || body[0] != '[' {
		d.answer(ctx, e, body, authorized)
		return
	}
	var batch []json.RawMessage
	n, err := elements(body, maxBatch, func(one json.RawMessage) { batch = append(batch, one) })
	switch {
	case err != nil:
		writeRPCError(e, nil, errParse)
	case n > maxBatch:
		writeRPCError(e, nil, errRequest)
	default:
		e.Array("")
		for _, one := range batch {
			d.answer(ctx, e, one, authorized)
		}
		e.EndArray()
	}
}

// answer writes the response to one request.
func (d *door) answer(ctx context.Context, e *api.Encoder, data []byte, authorized bool) {
	req, rpcErr := parseRequest(data)
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
		d.answerCall(ctx, e, req.id, c, authorized)
	case "list":
		if !authorized {
			d.s.stats.denied.Add(1)
			writeRPCError(e, req.id, errAccess)
			return
		}
		writeList(e, req)
	default:
		writeRPCError(e, req.id, errMethod)
	}
}

func (d *door) answerCall(ctx context.Context, e *api.Encoder, id []byte, c rpcCall, authorized bool) {
	if c.object != objectName {
		writeRPCError(e, id, errObject)
		return
	}
	if !authorized && !d.token.is(c.session) {
		d.s.stats.denied.Add(1)
		writeRPCError(e, id, errAccess)
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

// parseRequest reads one request. On an error, only the ID of what it returns
// may be set.
func parseRequest(data []byte) (rpcRequest, *rpcError) {
	var req rpcRequest
	var version, method []byte
	err := members(data, func(name string, value json.RawMessage) {
		switch name {
		case "jsonrpc":
			version = value
		case "method":
			method = value
		case "params":
			req.params = value
		case "id":
			req.id = value
		}
	})
	if err != nil {
		return rpcRequest{}, errParse
	}
	if len(req.id) > maxID {
		return rpcRequest{}, errRequest
	}
	if v, _ := stringOf(version); v != "2.0" {
		return req, errParse
	}
	var ok bool
	if req.method, ok = stringOf(method); !ok {
		return req, errParse
	}
	return req, nil
}

// parseCall reads [session, object, method, arguments]; what follows is left
// out, as uhttpd does. The arguments are looked into only once the caller is
// known.
func parseCall(params []byte) (c rpcCall, ok bool) {
	var p []json.RawMessage
	if n, err := elements(params, 4, func(v json.RawMessage) { p = append(p, v) }); err != nil || n < 4 {
		return c, false
	}
	for i, s := range []*string{&c.session, &c.object, &c.function} {
		if *s, ok = stringOf(p[i]); !ok {
			return c, false
		}
	}
	c.args = p[3]
	return c, c.args[0] == '{'
}

// writeList answers the method list: the names of all objects or, for an array
// of patterns, the signatures of those that match.
func writeList(e *api.Encoder, req rpcRequest) {
	beginResponse(e, req.id)
	match := false
	_, err := elements(req.params, maxMembers, func(pattern json.RawMessage) {
		if s, ok := stringOf(pattern); ok && matches(s, objectName) {
			match = true
		}
	})
	if err != nil {
		e.Array("result")
		e.Str("", objectName)
		e.EndArray()
		e.EndTable()
		return
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
func beginResponse(e *api.Encoder, id []byte) {
	e.Table("")
	e.Str("jsonrpc", "2.0")
	if id == nil {
		e.Null("id")
		return
	}
	var safe bytes.Buffer
	json.HTMLEscape(&safe, bytes.ToValidUTF8(id, []byte("\ufffd")))
	e.JSON("id", safe.Bytes())
}

func writeRPCError(e *api.Encoder, id []byte, err *rpcError) {
	beginResponse(e, id)
	e.Table("error")
	e.Int("code", err.code)
	e.Str("message", err.message)
	e.EndTable()
	e.EndTable()
}
