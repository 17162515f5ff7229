package rollup

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
	Uplink            // what an uplink's interface counted, as IP bytes
	Attributed        // of that, what flows account for
	RouterOwn         // of that, what this machine itself sent and received
	Category          // of applications
	Network           // the network of the house that a flow's end in it belongs to
	Zone              // the firewall zone of that network
	Pool              // the group that the end's device was put into
	Country           // of the end outside of the house
	ASN               // autonomous system of the end outside of the house
	DNS               // how questions to resolvers were answered; Flows counts them
	DeviceApplication // a matrix: devices by applications
	DeviceCountry     // a matrix: devices by countries
	ZoneZone          // a matrix: zones that flows were opened from by those that they led to

	NumClasses = iota
)

var classNames = [NumClasses]string{"interface", "device", "application", "total",
	"uplink", "attributed", "router", "category", "network", "zone", "pool", "country", "asn", "dns",
	"device_application", "device_country", "zone_zone"}

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

// Matrix returns the classes of a matrix's rows and columns: Key.ID is a handle
// of the one and Key.Sub of the other. It is false for a class that is no matrix.
func (c Class) Matrix() (rows, columns Class, ok bool) {
	switch c {
	case DeviceApplication:
		return Device, Application, true
	case DeviceCountry:
		return Device, Country, true
	case ZoneZone:
		return Zone, Zone, true
	}
	return 0, 0, false
}

// Level says how much is kept of a class.
type Level uint8

// The levels. A matrix has none of the tiers below a day at either.
const (
	None  Level = iota // nothing
	Light              // no tier finer than an hour
	Full               // all tiers
)

var levelNames = [...]string{None: "none", Light: "light", Full: "full"}

// String returns the name of a level as it is configured.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return "unknown"
}

// ParseLevel finds a level by its name.
func ParseLevel(name string) (Level, bool) {
	for i, n := range levelNames {
		if n == name {
			return Level(i), true
		}
	}
	return None, false
}

// DefaultLevels returns what is kept by default: all tiers of the classes that
// have few members or are looked at most, the others from an hour on.
func DefaultLevels() (all [NumClasses]Level) {
	for c := range all {
		all[c] = Full
		if Class(c) >= Network {
			all[c] = Light
		}
	}
	return all
}
