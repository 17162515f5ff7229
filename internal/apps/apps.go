// Package apps knows the applications of a home by the names, addresses and
// ports of their servers: that nflxvideo.net is netflix, and netflix streaming.
//
// The table is text, one file a category, in the folder table; its format is in
// table/README.md. A test compiles it into the folder packed, which the binary
// embeds and reads in place: nothing is built at start, nothing lies on the heap,
// and no question allocates. An App is a number into that table. Numbers change
// when the table does: what is stored is the name.
//
// What belongs to a carrier of other people's content, such as a content delivery
// network, is in the category Infra. It says whose machines answered, and never
// that this was the application.
//
// A Table asks the user's own applications before the built-in ones. Everything
// here is immutable once made and safe for any number of goroutines.
package apps

import (
	_ "embed"
	"sort"
)

//go:generate go test . -run Packed|Docs -update

// The compiled table. Numbers in it are little-endian.
var (
	//go:embed packed/names
	packedNames string // of the applications, in order, one after the other
	//go:embed packed/apps
	packedApps string // records of appSize bytes in the order of names
	//go:embed packed/buckets
	packedBuckets string // see index
	//go:embed packed/entries
	packedEntries string
	//go:embed packed/stars
	packedStars string
	//go:embed packed/networks
	packedNetworks string // see networks
	//go:embed packed/ports
	packedPorts string // see ports
)

// App is an application, such as netflix. The zero App is none.
type App uint16

// None is the App of what the table does not know.
const None App = 0

// noneName stands for None where a name is needed, such as a series.
const noneName = "unknown"

// appSize is the size of a record of packedApps: where the name begins in
// packedNames (2 bytes), and the category. The name ends where the next begins.
const appSize = 3

// NumApps is the number of built-in Apps, None included: their numbers are below
// it.
func NumApps() int { return len(packedApps)/appSize + 1 }

// String returns the name of a built-in application in lower case with
// underscores, "unknown" for None and for numbers that the table does not have. A
// Table knows the names of its own ones, too.
func (a App) String() string {
	if a == None || int(a) >= NumApps() {
		return noneName
	}
	at := int(a-1) * appSize
	begin, end := int(u16(packedApps, at)), len(packedNames)
	if at += appSize; at < len(packedApps) {
		end = int(u16(packedApps, at))
	}
	return packedNames[begin:end]
}

// Category returns what kind of application a built-in one is; Other for numbers
// that the table does not have.
func (a App) Category() Category {
	if a == None || int(a) >= NumApps() {
		return Other
	}
	return Category(packedApps[int(a-1)*appSize+2])
}

// Infra reports whether a only names whose machines were spoken to: a content
// delivery network, a cloud, a hoster. What they carried is not known.
func (a App) Infra() bool { return a.Category() == Infra }

// ParseApp returns the built-in application of that name, as String spells it.
func ParseApp(name string) (App, bool) {
	if name == noneName {
		return None, true
	}
	n := NumApps() - 1
	i := sort.Search(n, func(i int) bool { return App(i+1).String() >= name })
	if i < n && App(i+1).String() == name {
		return App(i + 1), true
	}
	return None, false
}

// u16 reads two bytes of a packed table.
func u16(s string, at int) uint16 { return uint16(s[at]) | uint16(s[at+1])<<8 }
