package dpi

import "testing"

func TestMQTT(t *testing.T) {
	connect := "\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05lamp1"
	runExchanges(t, []exchange{
		{name: "connect", proto: tcp, server: 11883, says: []string{">" + connect}, want: MQTT, tells: gathered{UserAgent: "lamp1"}},
		{name: "version 3.1", proto: tcp, server: 11883, says: []string{">\x10\x13\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x05lamp1"}, want: MQTT, tells: gathered{UserAgent: "lamp1"}},
		{name: "version 5 with properties", proto: tcp, server: 11883, says: []string{">\x10\x15\x00\x04MQTT\x05\x02\x00\x3c\x03\x21\x00\x14\x00\x05lamp1"}, want: MQTT, tells: gathered{UserAgent: "lamp1"}},
		{name: "ping and its answer", proto: tcp, server: 11883, says: []string{">\xc0\x00", "<\xd0\x00"}, want: MQTT},
		{name: "publish of a connection joined", proto: tcp, server: 1883, says: []string{">\x30\x05\x00\x01a12"}, want: MQTT},
		{name: "publish elsewhere is too little", proto: tcp, server: 11883, says: []string{">\x30\x05\x00\x01a12"}, want: NoProtocol},
		{name: "publish and its acknowledgement", proto: tcp, server: 11883, says: []string{"<\x32\x07\x00\x01a\x00\x0512", ">\x40\x02\x00\x05"}, want: MQTT},
		{name: "acknowledgement of something else", proto: tcp, server: 11883, says: []string{"<\x32\x07\x00\x01a\x00\x0512", ">\x40\x02\x00\x06"}, want: NoProtocol},
		{name: "length without end", proto: tcp, server: 1883, says: []string{">\x10\xff\xff\xff\xff\x01"}, want: NoProtocol},
	})
}

func TestCoAP(t *testing.T) {
	get := "\x42\x01\x12\x34ab\x39example.x\x85hello"
	runExchanges(t, []exchange{
		{name: "get", proto: udp, server: 15683, says: []string{">" + get}, want: CoAP, tells: gathered{Host: "example.x"}},
		{name: "answer to a get that names nothing", proto: udp, server: 15683, says: []string{">\x42\x01\x12\x34ab", "<\x62\x45\x12\x34ab\xff21"}, want: NoProtocol},
		{name: "answer alone", proto: udp, server: 5683, says: []string{"<\x62\x45\x12\x34ab\xff21"}, want: CoAP},
		{name: "ping", proto: udp, server: 5683, says: []string{">\x40\x00\x12\x34"}, want: CoAP},
		{name: "long option", proto: udp, server: 15683, says: []string{">\x40\x01\x12\x34\xbd\x02abcdefghijklmno"}, want: CoAP},
		{name: "option beyond the end", proto: udp, server: 5683, says: []string{">\x40\x01\x12\x34\xb9ab"}, want: NoProtocol},
		{name: "reserved length", proto: udp, server: 5683, says: []string{">\x40\x01\x12\x34\xbfab"}, want: NoProtocol},
		{name: "no payload behind its marker", proto: udp, server: 5683, says: []string{">\x40\x01\x12\x34\xff"}, want: NoProtocol},
	})
}

func TestNFS(t *testing.T) {
	call := "\x12\x34\x56\x78\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01\x86\xa3\x00\x00\x00\x03\x00\x00\x00\x00"
	runExchanges(t, []exchange{
		{name: "call", proto: udp, server: 2049, says: []string{">" + call}, want: NFS},
		{name: "call over tcp", proto: tcp, server: 12049, says: []string{">\x80\x00\x00\x28" + call}, want: NFS},
		{name: "portmapper", proto: udp, server: 111, says: []string{">\x12\x34\x56\x78\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01\x86\xa0\x00\x00\x00\x02\x00\x00\x00\x03"}, want: NFS},
		{name: "another program", proto: udp, server: 111, says: []string{">\x12\x34\x56\x78\x00\x00\x00\x00\x00\x00\x00\x02\x00\x06\x07\xaf\x00\x00\x00\x02\x00\x00\x00\x03"}, want: NoProtocol},
		{name: "reply to nothing", proto: udp, server: 2049, says: []string{"<\x12\x34\x56\x78\x00\x00\x00\x01\x00\x00\x00\x00"}, want: NoProtocol},
	})
}

func TestSyslog(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "rfc 5424", proto: udp, server: 5140, says: []string{"><34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - text"}, want: Syslog, tells: gathered{DeviceName: "mymachine.example.com"}},
		{name: "rfc 3164", proto: udp, server: 5140, says: []string{"><34>Oct 11 22:14:15 mymachine su: text"}, want: Syslog, tells: gathered{DeviceName: "mymachine"}},
		{name: "without a host", proto: udp, server: 5140, says: []string{"><30>Oct 11 22:14:15 dropbear[12]: text"}, want: Syslog},
		{name: "priority alone", proto: udp, server: 514, says: []string{"><34>text"}, want: Syslog},
		{name: "over tcp, with a length", proto: tcp, server: 601, says: []string{">61 <34>1 2003-10-11T22:14:15.003Z host su - ID47 - text and text"}, want: Syslog, tells: gathered{DeviceName: "host"}},
		{name: "priority alone on another port", proto: udp, server: 5140, says: []string{"><34>text"}, want: NoProtocol},
		{name: "priority and nothing else", proto: udp, server: 514, says: []string{"><134>"}, want: NoProtocol},
		{name: "no priority", proto: udp, server: 514, says: []string{"><192>text"}, want: NoProtocol},
	})
}
