package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/internal/api/apitest"
)

var update = flag.Bool("update", false, "write docs/api.md")

// docsFile is the reference; package httpapi runs its examples.
var docsFile = filepath.FromSlash("../../docs/api.md")

func TestDocs(t *testing.T) {
	want := reference(t)
	if *update {
		if err := os.WriteFile(docsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/api.md is not what the methods say; run: go test ./internal/api -run TestDocs -update\n-want +got:\n%s", diff)
	}
}

// reference writes the whole page.
func reference(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(strings.TrimLeft(docsIntro, "\n"))
	b.WriteString("\n| code | HTTP | ubus | when |\n|---|---|---|---|\n")
	for _, c := range api.Codes() {
		e := &api.Error{Code: c.Code}
		fmt.Fprintf(&b, "| `%s` | %d | %d | %s |\n", c.Code, e.HTTP(), e.Ubus(), c.Doc)
	}
	b.WriteString("\n## Methods\n\n| method | right | |\n|---|---|---|\n")
	for _, m := range api.Methods {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s |\n", m.Name, m.Name, right(m), m.Doc)
	}
	for _, m := range api.Methods {
		section(t, &b, m)
	}
	return b.String()
}

func right(m *api.Method) string {
	if m.Write {
		return "write"
	}
	return "read"
}

func section(t *testing.T, b *strings.Builder, m *api.Method) {
	t.Helper()
	fmt.Fprintf(b, "\n### %s\n\n%s\n", m.Name, m.Doc)
	if len(m.Args) > 0 {
		b.WriteString("\n| argument | type | default | |\n|---|---|---|---|\n")
		for i := range m.Args {
			a := &m.Args[i]
			fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", a.Name, a.Type, defaultOf(a), about(a))
		}
	}
	example := m.Example
	call := "weir call " + m.Name
	if example != "" {
		call += " '" + example + "'"
	}
	switch {
	case m.Takes():
		call = "weir " + m.Name + " --yes FILE"
	case m.Sends() && m.Write:
		call = "weir " + m.Name + " FILE"
	case m.Sends():
		call = "weir export " + pairs(t, m)
	}
	fmt.Fprintf(b, "\n```sh\n%s\n%s\n```\n", call, curl(t, m))
	reply := exampleText(t, m)
	if m.Sends() {
		fmt.Fprintf(b, "```\n%s\n```\n", reply)
	} else {
		fmt.Fprintf(b, "```json\n%s\n```\n", pretty(reply, ""))
	}
	if len(api.ReplyOf(m)) == 0 {
		return
	}
	b.WriteString("\n| reply | type | |\n|---|---|---|\n")
	for _, f := range api.ReplyOf(m) {
		if f.Kind == api.Table && f.Doc == "" && !f.Null {
			continue // its members say it all
		}
		kind := string(f.Kind)
		if f.Null {
			kind += " or null"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.Path, kind, f.Doc)
	}
}

// exampleText is what a method answers to its example.
func exampleText(t *testing.T, m *api.Method) []byte {
	t.Helper()
	b, raw := apitest.New().Backend(), example(t, m)
	var out bytes.Buffer
	var err error
	switch {
	case m.Name == "backup":
		return []byte("(a file that only weir reads)")
	case m.Sends():
		var s *api.Stream
		if s, err = m.Open(context.Background(), b, raw); err == nil {
			err = s.Write(&out)
		}
	case m.Takes():
		var reply api.Reply
		if reply, err = m.Take(context.Background(), b, raw, strings.NewReader(apitest.Backup)); err == nil {
			writeReply(&out, reply)
		}
	default:
		var data []byte
		data, err = call(b, m.Name, raw)
		out.Write(data)
	}
	if err != nil {
		t.Fatalf("%s: %v", m.Name, err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

func defaultOf(a *api.Arg) string {
	switch {
	case a.Required:
		return "required"
	case a.Default == nil:
		return ""
	}
	return fmt.Sprintf("`%v`", a.Default)
}

func about(a *api.Arg) string {
	switch {
	case a.Values != nil:
		return a.Doc + ": `" + strings.Join(a.Values, "`, `") + "`"
	case a.Form != "":
		return a.Doc + ": " + a.Form
	case a.Type == api.Int && a.Max < 1<<31:
		return fmt.Sprintf("%s, %d to %d", a.Doc, a.Min, a.Max)
	}
	return a.Doc
}

// curl writes the example as a call of REST over the socket.
func curl(t *testing.T, m *api.Method) string {
	t.Helper()
	line := "curl -s --unix-socket /var/run/weir.sock"
	switch {
	case m.Takes():
		return line + " --data-binary @FILE http://localhost/api/v1/" + m.Name
	case m.Sends():
		line += " -o FILE"
	}
	if m.Write {
		if m.Example == "" {
			return line + " -X POST http://localhost/api/v1/" + m.Name
		}
		return line + " -d '" + m.Example + "' http://localhost/api/v1/" + m.Name
	}
	var pairs []string
	for name, v := range arguments(t, m) {
		pairs = append(pairs, name+"="+url.QueryEscape(fmt.Sprint(v)))
	}
	slices.Sort(pairs)
	if pairs == nil {
		return line + " http://localhost/api/v1/" + m.Name
	}
	return line + " 'http://localhost/api/v1/" + m.Name + "?" + strings.Join(pairs, "&") + "'"
}

// pairs writes the example of export as its command takes it.
func pairs(t *testing.T, m *api.Method) string {
	t.Helper()
	raw := arguments(t, m)
	words := []string{fmt.Sprint(raw["kind"])}
	for _, a := range m.Args {
		if v, ok := raw[a.Name]; ok && a.Name != "kind" {
			words = append(words, fmt.Sprintf("%s=%v", a.Name, v))
		}
	}
	return strings.Join(words, " ")
}

// arguments are those of a method's example, numbers as they are written.
func arguments(t *testing.T, m *api.Method) (raw map[string]any) {
	t.Helper()
	if m.Example != "" {
		d := json.NewDecoder(strings.NewReader(m.Example))
		d.UseNumber()
		if err := d.Decode(&raw); err != nil {
			t.Fatal(err)
		}
	}
	return raw
}

// pretty indents JSON, but keeps on a line what fits on one.
func pretty(data json.RawMessage, indent string) string {
	data = bytes.TrimSpace(data)
	if len(data) == 0 || data[0] != '{' && data[0] != '[' || len(indent)+len(data) <= 100 {
		return string(data)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	open, _ := d.Token()
	var b strings.Builder
	fmt.Fprintf(&b, "%v\n", open)
	for d.More() {
		line := indent + "  "
		if open == json.Delim('{') {
			name, _ := d.Token()
			line += fmt.Sprintf("%q: ", name)
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return err.Error()
		}
		b.WriteString(line + pretty(v, indent+"  "))
		if d.More() {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	end, _ := d.Token()
	fmt.Fprintf(&b, "%s%v", indent, end)
	return b.String()
}

const docsIntro = `
# API

This page is made from the list of methods: ` + "`go test ./internal/api -run TestDocs -update`" + `. Its examples run as tests.

Every method has a name, flat typed arguments and a reply that is one object. The same methods are behind every door:

| door | how |
|---|---|
| command line | ` + "`weir call METHOD [NAME=VALUE… or JSON]`" + ` |
| REST | ` + "`GET /api/v1/METHOD?NAME=VALUE&…`" + `; ` + "`POST`" + ` with a JSON object for methods of the right write, and for any other |
| JSON-RPC 2.0 | ` + "`POST /ubus`" + `, as OpenWrt's uhttpd speaks it: ` + "`call`" + ` with ` + "`[SESSION, \"weir\", METHOD, {…}]`" + `, ` + "`list`" + `, arrays of at most 64 requests |
| ubus | ` + "`ubus call weir METHOD '{…}'`" + ` on OpenWrt, where LuCI asks: [ubus](ubus.md) |
| live | ` + "`GET /ubus/subscribe/weir`" + `: what the object tells its subscribers each second, as server-sent events; not in builds for routers, where uhttpd does that |
| health | ` + "`GET /healthz`" + ` |

Methods that send or take a whole file (export, backup, restore) are behind REST and have commands of their own: the file is the body of the
reply or of the request, and arguments are in the query. A file is made while it is sent, in chunks; one that lacks the last chunk is not whole.
Two files at a time may be under way behind a door.

The unix socket (` + "`option socket`" + ` of ` + "`config api`" + `) is always open to its owner and asks for nothing more. TCP is closed unless
` + "`list listen`" + ` opens it, and then needs the token of ` + "`option token_file`" + `, which is made at the first start:

` + "```" + `
curl -H "Authorization: Bearer $(cat /etc/weir/token)" http://192.168.1.1:3000/api/v1/status
` + "```" + `

In JSON-RPC the token may also stand in the place of SESSION. Who logged in to the [pages](web.md) has a session, whose ID takes the token's place
together with its cookie. A request over TCP must come from a network of ` + "`list allow`" + ` (any, when
there is none), be addressed to an address, to ` + "`localhost`" + ` or to a name of ` + "`list host`" + `, and, when the page of a web site sends it, that site must be
in ` + "`list origin`" + `.

## Values

Times are whole seconds since the Unix epoch (UTC). Durations are seconds with three decimals; latencies and inter-arrival times
milliseconds with three decimals. Rates are bits per second. Bytes are IP bytes unless they are called otherwise. Hardware addresses are in
upper case with colons. Integers are exact up to 2^53, where they stop. ` + "`tx/rx`" + ` is an object of two integers, ` + "`tx`" + ` and ` + "`rx`" + `: what a device or
host sent and received; of a flow, what the client sent and what the server sent.

**null** is what cannot be observed or is not known; 0 is what was counted and found to be none. New members may be added to replies.

Lists take at most 200 rows at a time; ` + "`total`" + ` says how many rows fit the filters, ` + "`truncated`" + ` whether more follow after ` + "`offset`" + ` plus these.
All given filters must hold. Arguments may be given as text everywhere (` + "`\"limit\": \"10\"`" + `); empty text counts as not given. Unknown arguments
are refused, not ignored.

## Errors

A method that fails answers ` + "`{\"code\": …, \"message\": …, \"hint\": …}`" + `: the message names what is wrong, the hint, which may be null, the remedy. By REST
it comes with the HTTP status below. By JSON-RPC the HTTP status is 200 and the result is ` + "`[UBUS, {code, message, hint}]`" + ` instead of ` + "`[0, {reply}]`" + `.
JSON-RPC's own errors are those of uhttpd: -32700 for anything that is not a well-formed request, -32600 for a batch that is too large, -32601 for
another JSON-RPC method than call and list, -32602 for arguments that name a session, -32000 for another object than weir, -32002 for a missing or
wrong token, -32003 for a call that took too long. Over TCP, 401 is a missing token, 429 one that came after many wrong ones, and 403 a host name or origin that is not accepted;
413 is a body of more than 64 KiB, or a backup of more than 64 MiB.
`
