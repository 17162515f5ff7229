package main

import (
	"math"
	"testing"
	"time"
)

func TestQuantity(t *testing.T) {
	tests := []struct {
		n    uint64
		want string
	}{
		{0, "0 B"}, {1, "1 B"}, {999, "999 B"}, {1000, "1.00 kB"}, {1234, "1.23 kB"}, {9994, "9.99 kB"}, {9995, "10.0 kB"},
		{9999, "10.0 kB"}, {12345, "12.3 kB"}, {99949, "99.9 kB"}, {99950, "100 kB"}, {123456, "123 kB"}, {999499, "999 kB"},
		{999500, "1.00 MB"}, {317694850, "318 MB"}, {1e9, "1.00 GB"}, {1e12, "1.00 TB"}, {1e15, "1.00 PB"},
		{math.MaxUint64, "18.4 EB"},
	}
	for _, tt := range tests {
		if got := byteText(tt.n); got != tt.want {
			t.Errorf("byteText(%d) = %q, want %q", tt.n, got, tt.want)
		}
	}
	if got := rateText(45_600_000); got != "45.6 Mbit/s" {
		t.Errorf("rateText = %q", got)
	}
}

func TestCountText(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 123456: "123,456", 1055400: "1,055,400"} {
		if got := countText(n); got != want {
			t.Errorf("countText(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestDurationText(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		d    time.Duration
		want string
	}{
		{-ms, "0 s"}, {0, "0 s"}, {4 * ms, "0.00 s"}, {420 * ms, "0.42 s"}, {9994 * ms, "9.99 s"}, {9995 * ms, "10.0 s"},
		{59949 * ms, "59.9 s"}, {59950 * ms, "1m00s"}, {123 * time.Second, "2m03s"}, {3599 * time.Second, "59m59s"},
		{3600 * time.Second, "1h00m"}, {11520 * time.Second, "3h12m"}, {52 * time.Hour, "2d04h"},
	}
	for _, tt := range tests {
		if got := durationText(tt.d); got != tt.want {
			t.Errorf("durationText(%v) = %q, want %q", tt.d, got, tt.want)
		}
	}
}

func TestLatencyText(t *testing.T) {
	for us, want := range map[uint64]string{
		0: "-", 7: "7 us", 999: "999 us", 1000: "1.00 ms", 12345: "12.3 ms", 999499: "999 ms", 999500: "1.00 s", 2_500_000: "2.50 s", 4_000_000_000: "4000 s",
	} {
		if got := latencyText(us); got != want {
			t.Errorf("latencyText(%d) = %q, want %q", us, got, want)
		}
	}
}
