package ubus

import (
	"context"
	"testing"
	"time"
)

// BenchmarkCall is a call through the bus and its answer, both ends in Go.
func BenchmarkCall(b *testing.B) {
	bus := startBus(b)
	server, client := bus.connect(b), bus.connect(b)
	reply := AppendInt(AppendString(nil, "name", "tablet"), "bytes", 1<<40)
	publish(b, server, &Object{Path: "o", Methods: []Method{{Name: "get", Handle: func(context.Context, *Request) (Msg, error) {
		return reply, nil
	}}}})
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	args := AppendInt(nil, "id", 5)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Call(ctx, "o", "get", args); err != nil {
			b.Fatal(err)
		}
	}
}

// rows is a reply of 100 rows, about what a page of flows takes.
func rows() Msg {
	m, list := OpenArray(nil, "rows")
	for n := range 100 {
		var row int
		m, row = OpenTable(m, "")
		m = AppendString(m, "name", "www.example.org")
		m = AppendInt(m, "bytes", int64(n)<<20)
		m = AppendInt(m, "port", 443)
		m = AppendBool(m, "open", true)
		m = Close(m, row)
	}
	return Close(m, list)
}

func BenchmarkCheck(b *testing.B) {
	m := rows()
	b.SetBytes(int64(len(m)))
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Check(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	m := rows()
	dst := AppendJSON(nil, m)
	b.SetBytes(int64(len(dst)))
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendJSON(dst[:0], m)
	}
}

func BenchmarkParseJSON(b *testing.B) {
	text := AppendJSON(nil, rows())
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseJSON(text); err != nil {
			b.Fatal(err)
		}
	}
}
