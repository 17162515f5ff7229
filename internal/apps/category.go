package apps

// Category is the kind of an application.
type Category uint8

// The categories. Other is that of None, and of own applications that name none.
const (
	Other Category = iota
	Streaming
	Music
	Social
	Messaging
	Games
	Work
	Mail
	Cloud
	AI
	Search
	Web
	News
	Shopping
	Finance
	Education
	Travel
	Dating
	Adult
	Gambling
	VPN
	DNS
	Security
	Ads
	Tracking
	IoT
	Updates
	System
	Developer
	Remote
	Infra
	numCategories
)

// categories are their names, which are the names of the files in table, and what
// they hold.
var categories = [numCategories]struct{ name, about string }{
	Other:     {"other", "what no other category holds"},
	Streaming: {"streaming", "films, series, television, video"},
	Music:     {"music", "music, radio, podcasts, audio books"},
	Social:    {"social", "social networks, forums, short videos, blogs"},
	Messaging: {"messaging", "messengers and calls"},
	Games:     {"games", "platforms, stores and servers of games"},
	Work:      {"work", "meetings, office suites, planning, signing"},
	Mail:      {"mail", "electronic mail"},
	Cloud:     {"cloud", "files, photos and backups kept elsewhere"},
	AI:        {"ai", "assistants that answer and draw"},
	Search:    {"search", "search engines"},
	Web:       {"web", "portals, reference works, maps, weather and other sites"},
	News:      {"news", "newspapers, agencies, magazines, sports results"},
	Shopping:  {"shopping", "shops, auctions, classified advertisements, food delivery"},
	Finance:   {"finance", "banks, payment, brokers, digital money"},
	Education: {"education", "schools, courses, languages, science"},
	Travel:    {"travel", "transport, booking, taxis"},
	Dating:    {"dating", "meeting partners"},
	Adult:     {"adult", "sexual content"},
	Gambling:  {"gambling", "bets, casinos, lotteries"},
	VPN:       {"vpn", "virtual private networks and relays that hide where one comes from"},
	DNS:       {"dns", "resolvers outside the house, dynamic names"},
	Security:  {"security", "virus scanners, password stores, certificates' status"},
	Ads:       {"ads", "advertising"},
	Tracking:  {"tracking", "analytics, telemetry, crash reports"},
	IoT:       {"iot", "makers of things that are in a house, and their clouds"},
	Updates:   {"updates", "stores and updates of systems and applications"},
	System:    {"system", "time, push, sign-in, checks whether the Internet is there"},
	Developer: {"developer", "code, packages, containers"},
	Remote:    {"remote", "screens and machines used from afar"},
	Infra:     {"infra", "carriers of what others offer: the application is not known"},
}

// NumCategories is the number of built-in categories; theirs are the numbers below it.
func NumCategories() int { return int(numCategories) }

// String returns the name of a built-in category, and that of Other for numbers
// that there are not.
func (c Category) String() string {
	if c >= numCategories {
		c = Other
	}
	return categories[c].name
}

// About says in a few words what a built-in category holds.
func (c Category) About() string {
	if c >= numCategories {
		c = Other
	}
	return categories[c].about
}

// ParseCategory returns the built-in category of that name, as String spells it.
func ParseCategory(name string) (Category, bool) {
	for c := range categories {
		if categories[c].name == name {
			return Category(c), true
		}
	}
	return Other, false
}
