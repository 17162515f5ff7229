package dpi

import (
	"strings"
	"testing"
)

func TestSQL(t *testing.T) {
	greeting := "\x22\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00abcdefgh\x00\xff\xff\xff\x02\x00\xff\xdf\x15\x00\x00\x00\x00\x00"
	startup := "\x00\x00\x00\x13\x00\x03\x00\x00user\x00me\x00\x00\x00\x00"
	connect := "\x00\x50\x00\x00\x01\x00\x00\x00\x01\x3a\x01\x2c\x00\x00" + strings.Repeat("\x00", 40) + "(DESCRIPTION=(ADDRESS=.."
	runExchanges(t, []exchange{
		{name: "mysql", proto: tcp, server: 13306, says: []string{"<" + greeting}, want: MySQL, tells: gathered{Server: "8.0.36"}},
		{name: "mysql refuses", proto: tcp, server: 13306, says: []string{"<\x16\x00\x00\x00\xff\x10\x04Too many connection"}, want: MySQL},
		{name: "mysql of another length", proto: tcp, server: 13306, says: []string{"<" + greeting + "x"}, want: NoProtocol},
		{name: "postgresql", proto: tcp, server: 15432, says: []string{">" + startup}, want: PostgreSQL},
		{name: "postgresql asks for tls", proto: tcp, server: 15432, says: []string{">\x00\x00\x00\x08\x04\xd2\x16\x2f", "<S"}, want: PostgreSQL},
		{name: "postgresql cancels", proto: tcp, server: 15432, says: []string{">\x00\x00\x00\x10\x04\xd2\x16\x2eabcdefgh"}, want: PostgreSQL},
		{name: "mssql", proto: tcp, server: 11433, says: []string{">\x12\x01\x00\x14\x00\x00\x01\x00\x00\x00\x06\x00\x06\xff\x0b\x00\x00\x00\x00\x00"}, want: MSSQL},
		{name: "mssql browser", proto: udp, server: 1434, says: []string{">\x03", "<\x05\x14\x00ServerName;DB;x;;;;"}, want: MSSQL},
		{name: "mssql of another length", proto: tcp, server: 11433, says: []string{">\x12\x01\x00\x15\x00\x00\x01\x00\x00\x00\x06\x00\x06\xff\x0b\x00\x00\x00\x00\x00"}, want: NoProtocol},
		{name: "oracle", proto: tcp, server: 11521, says: []string{">" + strings.Replace(connect, "\x50", string(rune(len(connect))), 1)}, want: Oracle},
		{name: "oracle without a description", proto: tcp, server: 11521, says: []string{">\x00\x10\x00\x00\x01\x00\x00\x00\x01\x3a\x01\x2c\x00\x00\x00\x00"}, want: NoProtocol},
	})
}

func TestStores(t *testing.T) {
	ping := "\x2f\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x00\x00\x00\x1a\x00\x00\x00\x10ping\x00\x01\x00\x00\x00\x02$db\x00\x02\x00\x00\x00a\x00\x00"
	runExchanges(t, []exchange{
		{name: "mongodb", proto: tcp, server: 37017, says: []string{">" + ping}, want: MongoDB},
		{name: "mongodb, unknown operation", proto: tcp, server: 37017, says: []string{">" + strings.Replace(ping, "\xdd\x07", "\xdd\x09", 1)}, want: NoProtocol},
		{name: "redis", proto: tcp, server: 16379, says: []string{">*1\r\n$4\r\nPING\r\n"}, want: Redis},
		{name: "redis reply", proto: tcp, server: 6379, says: []string{"<+PONG\r\n"}, want: Redis},
		{name: "plus elsewhere", proto: tcp, server: 16379, says: []string{"<+PONG\r\n"}, want: NoProtocol},
		{name: "memcached", proto: tcp, server: 12211, says: []string{">set key 0 60 5\r\nhello\r\n"}, want: Memcached},
		{name: "memcached get", proto: tcp, server: 12211, says: []string{">get key\r\n"}, want: Memcached},
		{name: "memcached binary", proto: tcp, server: 12211, says: []string{">\x80\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00key"}, want: Memcached},
		{name: "memcached over udp", proto: udp, server: 11211, says: []string{">\x00\x01\x00\x00\x00\x01\x00\x00stats\r\n"}, want: Memcached},
		{name: "memcached, datagram of none", proto: udp, server: 11211, says: []string{">\x00\x01\x00\x00\x00\x00\x00\x00stats\r\n"}, want: NoProtocol},
		{name: "cassandra", proto: tcp, server: 19042, says: []string{">\x04\x00\x00\x00\x01\x00\x00\x00\x16\x00\x01\x00\x0bCQL_VERSION\x00\x053.0.0"}, want: Cassandra},
		{name: "cassandra options", proto: tcp, server: 19042, says: []string{">\x05\x00\x00\x00\x05\x00\x00\x00\x00"}, want: Cassandra},
		{name: "kafka", proto: tcp, server: 19092, says: []string{">\x00\x00\x00\x0f\x00\x12\x00\x00\x00\x00\x00\x01\x00\x05proof"}, want: Kafka, tells: gathered{UserAgent: "proof"}},
		{name: "kafka of another length", proto: tcp, server: 9092, says: []string{">\x00\x00\x00\x10\x00\x12\x00\x00\x00\x00\x00\x01\x00\x05proof"}, want: NoProtocol},
		{name: "stomp", proto: tcp, server: 61613, says: []string{">CONNECT\naccept-version:1.2\nhost:example.org\n\n\x00"}, want: STOMP, tells: gathered{Host: "example.org"}},
		{name: "elasticsearch", proto: tcp, server: 9300, says: []string{">ES\x00\x00\x00\x17\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x6b\xa1\xc7\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"}, want: Elasticsearch},
	})
}

func TestServers(t *testing.T) {
	accept := "\x02\x01\x00\x14" + strings.Repeat("\x07", 16)
	runExchanges(t, []exchange{
		{name: "radius", proto: udp, server: 21812, says: []string{">\x01\x01\x00\x1f" + strings.Repeat("\x07", 16) + "\x01\x05bob\x04\x06\x0a\x00\x00\x01"}, want: RADIUS},
		{name: "radius accepts", proto: udp, server: 1812, says: []string{"<" + accept}, want: RADIUS},
		{name: "twenty bytes elsewhere", proto: udp, server: 21812, says: []string{"<" + accept}, want: NoProtocol},
		{name: "radius, attribute that does not fit", proto: udp, server: 1812, says: []string{">\x01\x01\x00\x19" + strings.Repeat("\x07", 16) + "\x01\x06bob"}, want: NoProtocol},
		{name: "diameter", proto: tcp, server: 13868, says: []string{">\x01\x00\x00\x20\x80\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x01\x08\x40\x00\x00\x0chost"}, want: Diameter},
		{name: "dcerpc bind", proto: tcp, server: 10135, says: []string{">\x05\x00\x0b\x03\x10\x00\x00\x00\x48\x00\x00\x00\x01\x00\x00\x00" + strings.Repeat("\x00", 56)}, want: DCERPC},
		{name: "dcerpc, unknown representation", proto: tcp, server: 10135, says: []string{">\x05\x00\x0b\x03\x20\x00\x00\x00\x48\x00\x00\x00\x01\x00\x00\x00" + strings.Repeat("\x00", 56)}, want: NoProtocol},
		{name: "dcerpc over udp", proto: udp, server: 34964, says: []string{">\x04\x00\x20\x00\x10\x00\x00\x00" + strings.Repeat("\x07", 66) + "\x04\x00\x00\x00\x00\x00body"}, want: DCERPC},
		{name: "dcerpc over udp of another length", proto: udp, server: 34964, says: []string{">\x04\x00\x20\x00\x10\x00\x00\x00" + strings.Repeat("\x07", 66) + "\x05\x00\x00\x00\x00\x00body"}, want: NoProtocol},
		{name: "thrift over udp", proto: udp, server: 6831, says: []string{">\x82\x81\x01\x09emitBatch\x1c"}, want: Thrift},
		{name: "capwap discovery", proto: udp, server: 5246, says: []string{">\x00\x10\x02\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x00\x08\x00\x00\x14\x00\x01\x00"}, want: CAPWAP},
		{name: "capwap behind dtls", proto: udp, server: 5246, says: []string{">\x01\x00\x00\x00\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10" + strings.Repeat("x", 16)}, want: CAPWAP},
		{name: "collectd", proto: udp, server: 35826, says: []string{">\x00\x00\x00\x08nas\x00\x00\x08\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x01"}, want: Collectd, tells: gathered{DeviceName: "nas"}},
		{name: "thrift", proto: tcp, server: 9099, says: []string{">\x80\x01\x00\x01\x00\x00\x00\x04ping\x00\x00\x00\x01\x00"}, want: Thrift},
		{name: "thrift framed", proto: tcp, server: 9099, says: []string{">\x00\x00\x00\x11\x80\x01\x00\x01\x00\x00\x00\x04ping\x00\x00\x00\x01\x00"}, want: Thrift},
		{name: "thrift compact", proto: tcp, server: 9099, says: []string{">\x82\x21\x01\x04ping\x00"}, want: Thrift},
	})
}
