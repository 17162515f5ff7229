package rollup

// Metric selects one number of Values.
type Metric uint8

// The metrics.
const (
	TxBytes Metric = iota
	RxBytes
	TxPackets
	RxPackets
	Flows
	Bytes   // TxBytes + RxBytes
	Packets // TxPackets + RxPackets
	Retrans // unknown where no TCP packet was looked at
	RTT     // mean round trip in microseconds, unknown where none was measured

	NumMetrics = iota
)

var metricNames = [NumMetrics]string{"tx_bytes", "rx_bytes", "tx_packets", "rx_packets", "flows", "bytes", "packets",
	"retrans", "rtt"}

// String returns the name of a metric as it is written in the API.
func (m Metric) String() string {
	if int(m) < len(metricNames) {
		return metricNames[m]
	}
	return "unknown"
}

// ParseMetric finds a metric by its name.
func ParseMetric(name string) (Metric, bool) {
	for i, n := range metricNames {
		if n == name {
			return Metric(i), true
		}
	}
	return 0, false
}

// Of returns the metric's number of v, 0 where it is not known.
func (m Metric) Of(v Values) uint64 {
	switch m {
	case Bytes:
		return v.TxBytes + v.RxBytes
	case Packets:
		return v.TxPackets + v.RxPackets
	case Retrans:
		return v.Retrans
	case RTT:
		return v.RTTSum / max(v.RTTCount, 1)
	default:
		return *v.column(int(m))
	}
}

// Known reports whether the metric has a number of v: a mean over nothing has
// none, nor has what nobody looked for.
func (m Metric) Known(v Values) bool {
	over, partial := m.over(v)
	return !partial || over > 0
}

// over returns how many observations the metric of v is made of, and whether it
// needs any.
func (m Metric) over(v Values) (n uint64, needed bool) {
	switch m {
	case Retrans:
		return v.Watched, true
	case RTT:
		return v.RTTCount, true
	}
	return 0, false
}
