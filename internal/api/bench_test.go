package api_test

import (
	"context"
	"io"
	"testing"
)

// BenchmarkExportFlows exports flows that ended from a real store.
func BenchmarkExportFlows(b *testing.B) {
	const flows = 20000
	for _, format := range []string{"csv", "ndjson"} {
		b.Run(format, func(b *testing.B) {
			backend, _ := realBackend(b, 0, flows)
			b.ReportAllocs()
			for b.Loop() {
				if err := exportTo(context.Background(), backend, map[string]any{"kind": "flows", "format": format}, io.Discard); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/flows, "ns/flow")
		})
	}
}

// BenchmarkExportSeries exports a month of five minutes of two devices.
func BenchmarkExportSeries(b *testing.B) {
	const slots = 8640
	backend, _ := realBackend(b, slots, 0)
	b.ReportAllocs()
	for b.Loop() {
		raw := map[string]any{"kind": "series", "class": "device", "period": "month", "step": "5m"}
		if err := exportTo(context.Background(), backend, raw, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/slots, "ns/point")
}

// BenchmarkSummary is a first look after a month.
func BenchmarkSummary(b *testing.B) {
	backend, _ := realBackend(b, 8640, 0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := call(backend, "summary", nil); err != nil {
			b.Fatal(err)
		}
	}
}
