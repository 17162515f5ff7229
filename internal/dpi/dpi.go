// Package dpi names the application of a flow.
//
// An App is a number into a table that nobody writes; its name is a string of
// that table, so naming a flow allocates nothing. Here a port decides, which is
// a hint and no proof: whoever shows an App says how it is known.
package dpi

// App is an application or protocol. The zero App is an unknown one.
type App uint16

// Unknown is the application of a flow that nothing names.
const Unknown App = 0

// unknownName stands for Unknown where a name is needed, such as a series.
const unknownName = "unknown"

// String returns the name of a in lower case, "unknown" for Unknown.
func (a App) String() string {
	if a == Unknown || int(a) > len(ports) {
		return unknownName
	}
	return ports[a-1].name
}

// ByName returns the application of that name, as String spells it.
func ByName(name string) (App, bool) {
	if name == unknownName {
		return Unknown, true
	}
	for i := range ports {
		if ports[i].name == name {
			return App(i + 1), true
		}
	}
	return Unknown, false
}

// NumApps is the number of Apps, Unknown included: their numbers are below it.
func NumApps() int { return len(ports) + 1 }

// ByPort returns the application that the IP protocol itself or a service's port
// stands for (RFC 6335), Unknown for most ports. It looks at one port: callers
// ask for the server's.
func ByPort(proto uint8, port uint16) App {
	want := number(proto, port)
	lo, hi := 0, len(services)
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); services[mid].number < want {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(services) && services[lo].number == want {
		return services[lo].app
	}
	return Unknown
}
