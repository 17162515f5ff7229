package api

// protocols are the IP protocols with a name in replies and filters, in lower
// case as /etc/protocols spells them (IANA protocol-numbers).
var protocols = []struct {
	number uint8
	name   string
}{
	{1, "icmp"}, {2, "igmp"}, {4, "ipip"}, {6, "tcp"}, {17, "udp"}, {33, "dccp"}, {41, "ipv6"},
	{46, "rsvp"}, {47, "gre"}, {50, "esp"}, {51, "ah"}, {58, "ipv6-icmp"}, {88, "eigrp"},
	{89, "ospf"}, {103, "pim"}, {112, "vrrp"}, {115, "l2tp"}, {132, "sctp"}, {136, "udplite"},
}
