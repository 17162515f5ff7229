package archive

import "fmt"

// Band is a class of importance, most important first. Its number is not stored,
// its name is: in the names of segments.
type Band uint8

// The bands.
const (
	Identity   Band = iota // devices, notes and open slots: what changes in place
	Months                 // sums of months, of every class
	Days                   // days of the main classes
	Hours                  // hours of the main classes
	OtherDays              // days of the other classes
	Matrices               // days of the matrices
	OtherHours             // hours of the other classes
	Minutes                // slots shorter than an hour
	Flows                  // flows that ended

	NumBands = iota
)

const (
	minute int64 = 60
	hour         = 60 * minute
	day          = 24 * hour

	keepDays  = 366 * day // Days older than that are less important than Matrices
	keepHours = 14 * day  // Hours older than that are as important as OtherHours
)

// bands is the rule by which room is given. A band is written when the limit is
// at least from, and while less than share percent of the bytes that may be
// written in a day are; share 0 is always.
var bands = [NumBands]struct {
	name   string
	words  string // what is lost with it
	period int64  // seconds of data in one segment; 0 is one segment for all
	from   int64  // bytes
	share  int64  // percent
}{
	Identity:   {"identity", "devices, notes and open slots", 0, 0, 0},
	Months:     {"months", "months", 366 * day, 0, 0},
	Days:       {"days", "days of interfaces, devices and applications", 32 * day, 0, 0},
	Hours:      {"hours", "hours of interfaces, devices and applications", day, 0, 0},
	OtherDays:  {"other-days", "days of countries, networks and other classes", 32 * day, 256 << 10, 0},
	Matrices:   {"matrices", "days of what each device used", 8 * day, 512 << 10, 90},
	OtherHours: {"other-hours", "hours of countries, networks and other classes", day, 4 << 20, 80},
	Minutes:    {"minutes", "minutes", day / 4, 8 << 20, 70},
	Flows:      {"flows", "ended flows", day / 4, 4 << 20, 60},
}

// String returns the name of a band as it stands in Status and file names.
func (b Band) String() string {
	if int(b) < NumBands {
		return bands[b].name
	}
	return fmt.Sprintf("band %d", uint8(b))
}

// Words says what is in a band, for people.
func (b Band) Words() string {
	if int(b) < NumBands {
		return bands[b].words
	}
	return "records"
}

// From returns the smallest limit, in bytes, at which the band is written.
func (b Band) From() int64 { return bands[b].from }

func parseBand(name string) (Band, bool) {
	for b := range bands {
		if bands[b].name == name {
			return Band(b), true
		}
	}
	return 0, false
}

// period returns the number of the period that start lies in.
func (b Band) period(start int64) int64 {
	length := bands[b].period
	if length == 0 {
		return 0
	}
	n := start / length
	if start%length < 0 {
		n--
	}
	return n
}

// end returns the end of a period, in seconds since the Unix epoch.
func (b Band) end(period int64) int64 { return (period + 1) * bands[b].period }

// rank is the importance of a period of a band when the newest data of the
// archive is at newest: the lowest rank stays longest. It is the band's number,
// but for what is older than the band promises to keep.
func (b Band) rank(period, newest int64) Band {
	switch {
	case b == Days && b.end(period) <= newest-keepDays:
		return Matrices // and the oldest there
	case b == Hours && b.end(period) <= newest-keepHours:
		return OtherHours
	}
	return b
}
