package apitest

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"weir/internal/engine"
	"weir/internal/names"
	"weir/internal/packet"
)

// Questions are what a House knows of DNS.
type Questions struct {
	Counts    []engine.DNSRow
	Top       []names.Most
	Log       []engine.QueryRow
	Resolvers []engine.ResolverRow
	Outside   []engine.BypassRow
	Strangers []engine.StrangerRow
}

// DNS returns the recorded counts.
func (h *House) DNS() []engine.DNSRow { return slices.Clone(h.Questions.Counts) }

// DNSTop returns the recorded names, whoever asked.
func (h *House) DNSTop(uint32) []names.Most { return slices.Clone(h.Questions.Top) }

// DNSLog returns the recorded questions, filtered by device and text.
func (h *House) DNSLog(device uint32, text string, p engine.Page) ([]engine.QueryRow, int) {
	h.asked(engine.Filter{Device: device, Text: text}, p)
	return cut(slices.DeleteFunc(slices.Clone(h.Questions.Log), func(q engine.QueryRow) bool {
		return device != 0 && q.Device != device || !strings.Contains(q.Name, text)
	}), p)
}

// Resolvers returns who was asked.
func (h *House) Resolvers() []engine.ResolverRow { return slices.Clone(h.Questions.Resolvers) }

// Bypasses returns who asked others than the house's resolver, or nobody.
func (h *House) Bypasses() ([]engine.BypassRow, []engine.StrangerRow) {
	return slices.Clone(h.Questions.Outside), slices.Clone(h.Questions.Strangers)
}

var (
	router = netip.MustParseAddr("192.168.1.1")
	nines  = netip.MustParseAddr("9.9.9.9")
)

// recordedQuestions are those of a phone, which asks the router and, by DNS over
// TLS, somebody else, and of a laptop that was answered once.
func recordedQuestions() Questions {
	phoneCounts, laptopCounts := counted(phone.IP, 12), counted(laptop.IP, 1)
	return Questions{
		Counts: []engine.DNSRow{
			{Counts: counted(phone.IP, 13)},
			{Device: 2, Name: "Anna phone", Counts: phoneCounts, Strangers: names.Strangers{Flows: 3, Bytes: 18422, Last: ago(90)}},
			{Device: 3, Counts: laptopCounts},
		},
		Top: []names.Most{
			{Name: "www.youtube.com", Count: 9}, {Name: "i.ytimg.com", Count: 3, Over: 1}, {Name: "wpad.lan", Count: 1, Denied: 1},
		},
		Log: []engine.QueryRow{
			{
				At: ago(3), Device: 2, DeviceName: "Anna phone", Client: phone.IP, Name: "www.youtube.com", Type: 65, Via: "dns",
				Resolver: router, State: "waiting",
			},
			{
				At: ago(63), Device: 2, DeviceName: "Anna phone", Client: phone.IP, Name: "www.youtube.com", Type: 1, Via: "dns",
				Resolver: router, State: "answered", Timed: true, Took: 12345 * time.Microsecond, First: web.IP,
			},
			{At: ago(71), Client: laptop.IP, Type: 28, Via: "dns", Resolver: router, State: "answered", Rcode: 3},
		},
		Resolvers: []engine.ResolverRow{
			{IP: router, Via: "dns", House: true, Clients: 2, Asked: 13, First: ago(7000), Last: ago(3)},
			{IP: nines, Via: "dot", Clients: 1, Asked: 2, First: ago(610), Last: ago(90)},
		},
		Outside: []engine.BypassRow{
			{Device: 2, DeviceName: "Anna phone", Client: phone.IP, Resolver: nines, Via: "dot", Count: 2, First: ago(610), Last: ago(90)},
		},
		Strangers: []engine.StrangerRow{
			{
				Device: 2, DeviceName: "Anna phone", Client: phone.IP, Server: netip.MustParseAddr("198.51.100.77"),
				Proto: packet.ProtoUDP, Port: 3478, Flows: 3, Bytes: 18422, Last: ago(90),
			},
		},
	}
}

// counted returns the counts of so many questions, the last of which is not
// answered when there is more than one.
func counted(client netip.Addr, questions int) names.Counts {
	n := names.New(names.Config{Decode: true})
	m := names.Message{Client: names.Client{Addr: packet.AddrOf(client)}, Type: 1, Name: []byte("www.example.org")}
	m.Resolver.Addr = packet.AddrOf(router)
	for i := range questions {
		m.At, m.ID, m.Response = ago(7000)+int64(i)*60*1e6, uint16(i), false
		n.Message(&m)
		if i == 0 || i < questions-1 {
			m.At, m.Response = m.At+9000+int64(i)*1000, true
			n.Message(&m)
			n.Done()
		}
	}
	n.Tick(Now.UnixMicro())
	return n.Total()
}
