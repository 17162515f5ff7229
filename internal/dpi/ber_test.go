package dpi

import "testing"

func TestElement(t *testing.T) {
	tests := []struct {
		name   string
		bytes  string
		tag    uint8
		length int
		short  bool
	}{
		{"short form", "\x02\x01\x05", berInteger, 1, false},
		{"long form of one byte", "\x30\x81\x80", berSequence, 0x80, false},
		{"of two", "\x30\x82\x01\x00", berSequence, 0x100, false},
		{"of three", "\x30\x83\x01\x00\x00", berSequence, 0x10000, false},
		{"of four, never negative", "\x30\x84\xff\xff\xff\xff", berSequence, 0x7fffffff, false},
		{"indefinite", "\x30\x80", berSequence, 0x80, true},
		{"no length", "\x30", berSequence, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := cursor{b: []byte(tt.bytes)}
			tag, n := c.element()
			if tag != tt.tag || n != tt.length || c.short != tt.short {
				t.Errorf("got tag %#x, length %d, short %v", tag, n, c.short)
			}
		})
	}
}

func TestSNMP(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "get of 2c", proto: udp, server: 161, says: []string{">\x30\x1a\x02\x01\x01\x04\x06public\xa0\x0d\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x02\x05\x00"}, want: SNMP},
		{name: "version 3 on another port", proto: udp, server: 1161, says: []string{">\x30\x0c\x02\x01\x03\x30\x07\x02\x01\x01\x02\x02\xff\xff"}, want: SNMP},
		{name: "length of another message", proto: udp, server: 161, says: []string{">\x30\x1b\x02\x01\x01\x04\x06public\xa0\x0d\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x02\x05\x00"}, want: NoProtocol},
		{name: "version 2", proto: udp, server: 161, says: []string{">\x30\x03\x02\x01\x02"}, want: NoProtocol},
	})
}

func TestLDAP(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "bind", proto: tcp, server: 3268, says: []string{">\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"}, want: LDAP},
		{name: "bind response", proto: tcp, server: 389, says: []string{"<\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"}, want: LDAP},
		{name: "lengths of four bytes", proto: tcp, server: 389, says: []string{">\x30\x84\x00\x00\x00\x10\x02\x01\x01\x60\x84\x00\x00\x00\x07\x02\x01\x03\x04\x00\x80\x00"}, want: LDAP},
		{name: "with controls", proto: tcp, server: 389, says: []string{">\x30\x11\x02\x01\x02\x63\x04\x04\x02dc\xa0\x06\x30\x04\x04\x02ab"}, want: LDAP},
		{name: "ping over udp", proto: udp, server: 389, says: []string{">\x30\x0b\x02\x01\x03\x63\x06\x04\x00\x0a\x01\x00\x0a"}, want: LDAP},
		{name: "operation that does not fit", proto: tcp, server: 389, says: []string{">\x30\x0c\x02\x01\x01\x60\x17\x02\x01\x03\x04\x00\x80\x00"}, want: NoProtocol},
	})
}

func TestKerberos(t *testing.T) {
	request := "\x6a\x81\xa0\x30\x81\x9d\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a"
	runExchanges(t, []exchange{
		{name: "request over udp", proto: udp, server: 88, says: []string{">" + request}, want: Kerberos},
		{name: "request over tcp", proto: tcp, server: 88, says: []string{">\x00\x00\x00\xa3" + request}, want: Kerberos},
		{name: "error", proto: udp, server: 1088, says: []string{"<\x7e\x20\x30\x1e\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x1e"}, want: Kerberos},
		{name: "change of a password", proto: udp, server: 464, says: []string{">\x00\x08\xff\x80\x00\x00ab"}, want: Kerberos},
		{name: "version 4", proto: udp, server: 88, says: []string{">\x6a\x0d\x30\x0b\xa1\x03\x02\x01\x04\xa2\x03\x02\x01\x0a"}, want: NoProtocol},
	})
}
