package usage

import "testing"

func TestSpan(t *testing.T) {
	c := func(tx, rx, txp, rxp uint64) Counts { return Counts{tx, rx, txp, rxp} }
	tests := []struct {
		name            string
		s               Span
		left, uncertain uint64
		low, high       int64
		known, exceeded bool
	}{
		{"nothing passed", Span{}, 0, 0, 0, 0, false, false},
		{"all of it", Span{Interface: c(1000, 9000, 10, 10), Flows: c(1000, 9000, 10, 10)}, 0, 0, 100_000, 100_000, true, false},
		{"a part", Span{Interface: c(1000, 9000, 10, 10), Flows: c(1000, 6000, 10, 10)}, 3000, 0, 70_000, 70_000, true, false},
		{"none", Span{Interface: c(0, 9000, 0, 10)}, 9000, 0, 0, 0, true, false},
		{"a byte is missing of many", Span{Interface: c(0, 1e12, 0, 1e9), Flows: c(0, 1e12-1, 0, 1e9)}, 1, 0, 99_999, 99_999, true, false},
		{
			"merged packets", Span{Interface: c(0, 150_000, 0, 100), Flows: c(0, 145_000, 0, 10), Merged: true},
			5000, 5000, 96_666, 100_000, true, false,
		},
		{
			"merged, and more is missing", Span{Interface: c(0, 150_000, 0, 100), Flows: c(0, 100_000, 0, 10), Merged: true},
			50_000, 6480, 66_666, 70_986, true, false,
		},
		{"not merged", Span{Interface: c(0, 150_000, 0, 100), Flows: c(0, 145_000, 0, 10)}, 5000, 0, 96_666, 96_666, true, false},
		{
			"more packets in flows than on the wire", Span{Interface: c(0, 150_000, 0, 100), Flows: c(0, 145_000, 0, 200), Merged: true},
			5000, 0, 96_666, 96_666, true, false,
		},
		{"headers that may be counted", Span{Interface: c(0, 10_000, 0, 10), Flows: c(0, 9950, 0, 10), Slack: 40}, 50, 40, 99_500, 99_900, true, false},
		{"read at two moments", Span{Interface: c(0, 10_000, 0, 10), Flows: c(0, 9000, 0, 10), Skew: 100}, 1000, 200, 90_000, 92_000, true, false},
		{"too much by what passed meanwhile", Span{Interface: c(0, 100_000, 0, 100), Flows: c(0, 104_000, 0, 100), Skew: 2000}, 0, 0, 100_000, 100_000, true, false},
		{"too much", Span{Interface: c(0, 100_000, 0, 100), Flows: c(0, 110_000, 0, 100)}, 0, 0, 100_000, 100_000, true, true},
		{"the interface stands still", Span{Flows: c(0, 110_000, 0, 100)}, 0, 0, 0, 0, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.Unattributed(); got != tt.left {
				t.Errorf("%d bytes unattributed, want %d", got, tt.left)
			}
			if got := tt.s.Uncertain(); got != tt.uncertain {
				t.Errorf("%d bytes uncertain, want %d", got, tt.uncertain)
			}
			low, high, known := tt.s.Attributed()
			if low != tt.low || high != tt.high || known != tt.known {
				t.Errorf("attributed %d to %d, %v; want %d to %d, %v", low, high, known, tt.low, tt.high, tt.known)
			}
			if got := tt.s.Exceeded(); got != tt.exceeded {
				t.Errorf("exceeded %v, want %v", got, tt.exceeded)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	s := Span{Interface: Counts{RxBytes: 150_000, RxPackets: 100}, Flows: Counts{RxBytes: 140_000, RxPackets: 10}, Merged: true}
	if least, most := s.Headers(); least != 90*40 || most != 90*72 {
		t.Errorf("%d to %d bytes of headers, want 3600 to 6480", least, most)
	}
	s.Flows.RxBytes = 149_000
	if least, most := s.Headers(); least != 1000 || most != 1000 {
		t.Errorf("%d to %d bytes of headers, want no more than the difference", least, most)
	}
}

func TestSpanAdd(t *testing.T) {
	a := Span{Measured: 5, Interface: Counts{1, 2, 3, 4}, Slack: 6, Skew: 7}
	a.Causes[RingDrops], a.Causes[Standing] = 2, 3
	b := Span{Measured: 50, Interface: Counts{10, 20, 30, 40}, Flows: Counts{1, 1, 1, 1}, Router: Counts{RxBytes: 9}, Slack: 60, Skew: 3, Merged: true}
	b.Causes[RingDrops], b.Causes[Standing] = 20, 1
	want := Span{Measured: 55, Interface: Counts{11, 22, 33, 44}, Flows: Counts{1, 1, 1, 1}, Router: Counts{RxBytes: 9}, Slack: 66, Skew: 7, Merged: true}
	want.Causes[RingDrops], want.Causes[Standing] = 22, 3
	if a.Add(&b); a != want {
		t.Errorf("got %+v, want %+v", a, want)
	}
}
