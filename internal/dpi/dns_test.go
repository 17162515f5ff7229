package dpi

import "testing"

// The query for a name and its answer, as RFC 1035 section 4 lays them out.
const (
	dnsQuery  = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01"
	dnsAnswer = "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01" +
		"\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04\xc0\x00\x02\x01"
	dnsNoName = "\x12\x34\x81\x83\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01"
)

func TestDNS(t *testing.T) {
	example := gathered{Host: "www.example.com"}
	answered := gathered{Host: "www.example.com", Code: 1}
	runExchanges(t, []exchange{
		{name: "query and answer", proto: udp, server: 53, says: []string{">" + dnsQuery, "<" + dnsAnswer}, want: DNS, tells: answered},
		{name: "query alone", proto: udp, server: 53, says: []string{">" + dnsQuery}, want: DNS, tells: example},
		{name: "answer alone", proto: udp, server: 53, says: []string{"<" + dnsAnswer}, want: DNS, tells: answered},
		{name: "no such name", proto: udp, server: 53, says: []string{">" + dnsQuery, "<" + dnsNoName}, want: DNS, tells: gathered{Host: "www.example.com", Code: 4}},
		{name: "other port", proto: udp, server: 5300, says: []string{">" + dnsQuery, "<" + dnsAnswer}, want: DNS, tells: answered},
		{name: "other port, bytes behind it", proto: udp, server: 5300, says: []string{">" + dnsQuery + "x"}, want: NoProtocol},
		{name: "odd bytes in a name", proto: udp, server: 53, says: []string{">\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04a.\x00\\\x00\x00\x01\x00\x01"}, want: DNS, tells: gathered{Host: `a\.\000\\`}},
		{name: "over tcp", proto: tcp, server: 53, says: []string{">\x00\x21" + dnsQuery, "<\x00\x31" + dnsAnswer}, want: DNS, tells: answered},
		{name: "over tcp, length alone", proto: tcp, server: 53, says: []string{">\x00\x21", ">" + dnsQuery, "<\x00\x31" + dnsAnswer}, want: DNS, tells: answered},
		{name: "over tcp on another port", proto: tcp, server: 5300, says: []string{">\x00\x21" + dnsQuery}, want: DNS, tells: example},
		{name: "update", proto: udp, server: 53, says: []string{">\x12\x34\x28\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x06\x00\x01"}, want: DNS, tells: gathered{Host: "a"}},
		{name: "port without content", proto: udp, server: 53, says: []string{">\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"}, want: NoProtocol},
		{name: "certificate of dnscrypt", proto: udp, server: 443, says: []string{">\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x012\x0ddnscrypt-cert\x07example\x03com\x00\x00\x10\x00\x01"}, want: DNSCrypt, tells: gathered{Host: "2.dnscrypt-cert.example.com"}},
		{name: "mdns question", proto: udp, client: 5353, server: 5353, says: []string{">\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04_ipp\x04_tcp\x05local\x00\x00\x0c\x80\x01"}, want: MDNS, tells: gathered{Host: "_ipp._tcp.local"}},
		{name: "mdns name for people", proto: udp, client: 5353, server: 5353, says: []string{">\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x0aJörg's TV\x04_tcp\x05local\x00\x00\x10\x00\x01"}, want: MDNS, tells: gathered{Host: "Jörg's TV._tcp.local"}},
		{name: "llmnr", proto: udp, server: 5355, says: []string{">\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x06laptop\x00\x00\x01\x00\x01"}, want: LLMNR, tells: gathered{Host: "laptop"}},
		{name: "llmnr answer", proto: udp, server: 5355, says: []string{"<\x12\x34\x80\x00\x00\x01\x00\x01\x00\x00\x00\x00\x06laptop\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x1e\x00\x04\x0a\x00\x00\x02"}, want: LLMNR, tells: gathered{Host: "laptop", Code: 1, DeviceName: "laptop"}},
	})
}

func TestMDNSAnnouncement(t *testing.T) {
	reply := "\x00\x00\x84\x00\x00\x00\x00\x03\x00\x00\x00\x00" +
		"\x0b_googlecast\x04_tcp\x05local\x00\x00\x0c\x00\x01\x00\x00\x00\x78\x00\x04\x01a\xc0\x0c" +
		"\x01a\xc0\x0c\x00\x10\x80\x01\x00\x00\x11\x94\x00\x1b\x0dmd=Chromecast\x0cfn=Back room" +
		"\x04host\xc0\x1d\x00\x01\x80\x01\x00\x00\x00\x78\x00\x04\x0a\x00\x00\x05"
	plain := "\x00\x00\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00" +
		"\x06laptop\x05local\x00\x00\x01\x80\x01\x00\x00\x00\x78\x00\x04\x0a\x00\x00\x05"
	runExchanges(t, []exchange{
		{name: "cast", proto: udp, client: 5353, server: 5353, says: []string{">" + reply}, want: MDNS, tells: gathered{Code: 1, DeviceName: "Back room", DeviceModel: "Chromecast"}},
		{name: "address", proto: udp, client: 5353, server: 5353, says: []string{">" + plain}, want: MDNS, tells: gathered{Code: 1, DeviceName: "laptop"}},
	})
}
