package rollup

// Other is the ID that takes what found no series of its own: the handle of a
// name the intern table refused, and the overflow of a full slot. Every class
// has one, so the sum over a class stays exact.
const Other uint32 = 0

// Class is a dimension that traffic is summed by. Its number is stored: new
// classes are added at the end.
type Class uint8

// The classes. Total has one series, with ID Other. The three of an uplink are
// what its coverage is made of.
const (
	Interface Class = iota
	Device
	Application
	Total
	Uplink     // what an uplink's interface counted, as IP bytes
	Attributed // of that, what flows account for
	RouterOwn  // of that, what this machine itself sent and received
	Category   // of applications

	NumClasses = iota
)

var classNames = [NumClasses]string{"interface", "device", "application", "total",
	"uplink", "attributed", "router", "category"}

// String returns the name of a class as it is written in the API.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return "unknown"
}

// ParseClass finds a class by its name.
func ParseClass(name string) (Class, bool) {
	for i, n := range classNames {
		if n == name {
			return Class(i), true
		}
	}
	return 0, false
}

// Key names one series: a class and the intern handle of the member's name.
type Key struct {
	Class Class
	ID    uint32
}

// Values are the sums of one series over one slot. Tx is what the local side
// sent, Rx what it received; bytes are IP bytes. A flow counts in the slot in
// which it began.
type Values struct {
	TxBytes, RxBytes     uint64
	TxPackets, RxPackets uint64
	Flows                uint64
}

// Add adds o to v.
func (v *Values) Add(o Values) {
	v.TxBytes += o.TxBytes
	v.RxBytes += o.RxBytes
	v.TxPackets += o.TxPackets
	v.RxPackets += o.RxPackets
	v.Flows += o.Flows
}

// numColumns is how many columns a block of this version has, one per field of
// Values, in the order of column.
const numColumns = 5

// column returns the field of column c, 0 to numColumns-1.
func (v *Values) column(c int) *uint64 {
	switch c {
	case 0:
		return &v.TxBytes
	case 1:
		return &v.RxBytes
	case 2:
		return &v.TxPackets
	case 3:
		return &v.RxPackets
	default:
		return &v.Flows
	}
}

// Metric selects one number of Values.
type Metric uint8

// The metrics: the columns as they are stored, then the derived ones.
const (
	TxBytes Metric = iota
	RxBytes
	TxPackets
	RxPackets
	Flows
	Bytes   // TxBytes + RxBytes
	Packets // TxPackets + RxPackets

	NumMetrics = iota
)

var metricNames = [NumMetrics]string{"tx_bytes", "rx_bytes", "tx_packets", "rx_packets", "flows", "bytes", "packets"}

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

// Of returns the metric's number of v.
func (m Metric) Of(v Values) uint64 {
	switch m {
	case Bytes:
		return v.TxBytes + v.RxBytes
	case Packets:
		return v.TxPackets + v.RxPackets
	default:
		return *v.column(int(m))
	}
}

// Row is one series of a slot.
type Row struct {
	Key
	Values
}

// Compare orders keys as they stand in a block: by class, then by ID.
func (k Key) Compare(o Key) int {
	switch {
	case k.Class != o.Class:
		return int(k.Class) - int(o.Class)
	case k.ID < o.ID:
		return -1
	case k.ID > o.ID:
		return 1
	}
	return 0
}
