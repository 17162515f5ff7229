package ubusapi

import (
	"context"
	"testing"

	"weir/internal/api"
	"weir/internal/ubus"
)

// benchmark calls a method through a bus: both ends, and what routes between them,
// in the same process unless UBUSD names a real one.
func benchmark(b *testing.B, method string, args ubus.Msg) {
	r := newRig(b)
	for len(r.FlowRows) < 100 {
		r.FlowRows = append(r.FlowRows, r.FlowRows...)
	}
	ctx, cancel := context.WithCancel(b.Context()) // without a deadline a call makes one
	defer cancel()
	reply, err := r.client.Call(ctx, Name, method, args)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(reply)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.client.Call(ctx, Name, method, args); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCallStatus(b *testing.B) { benchmark(b, "status", nil) }
func BenchmarkCallFlows(b *testing.B)  { benchmark(b, "flows", ubus.AppendInt(nil, "limit", 100)) }

// BenchmarkAnswer is what the daemon does of it: bind the arguments, ask, encode.
func BenchmarkAnswer(b *testing.B) {
	r := newRig(b)
	for len(r.FlowRows) < 100 {
		r.FlowRows = append(r.FlowRows, r.FlowRows...)
	}
	for _, bb := range []struct {
		method string
		args   ubus.Msg
	}{{"status", nil}, {"flows", ubus.AppendInt(nil, "limit", 100)}} {
		b.Run(bb.method, func(b *testing.B) {
			m, err := api.Lookup(bb.method)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				args, err := arguments(bb.args)
				if err != nil {
					b.Fatal(err)
				}
				reply, err := m.Call(b.Context(), r.door.backend, args)
				if err != nil {
					b.Fatal(err)
				}
				if err := r.door.with(reply, func(ubus.Msg) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
