package dpi

import "bytes"

// magic recognises protocols that begin with bytes that nothing else begins with:
// each needs no more than a line of a table.
var magic = Detector{NoProtocol, OverTCP | OverUDP, detectMagic,
	"bytes that nothing else begins with"}

// magics are how those protocols begin, in either direction.
var magics = [...]struct {
	over     Over
	protocol Protocol
	begins   string
}{
	{OverTCP, Rsync, "@RSYNCD: "},                                 // rsync, clientserver.c: the version
	{OverTCP, AMQP, "AMQP\x00"},                                   // AMQP 0-9-1 section 4.2.2, 1.0 section 2.2
	{OverTCP, AMQP, "AMQP\x01"},                                   // 0-8
	{OverTCP, AMQP, "AMQP\x02"},                                   // 1.0 over TLS
	{OverTCP, AMQP, "AMQP\x03"},                                   // 1.0 over SASL
	{OverTCP, CORBA, "GIOP\x01"},                                  // CORBA 3.3 part 2 section 9.4.1
	{OverTCP, Zabbix, "ZBXD\x01"},                                 // Zabbix, header and data length
	{OverTCP, Zabbix, "ZBXD\x03"},                                 // compressed
	{OverTCP, Munin, "# munin node at "},                          // Munin, network protocol: the node's greeting
	{OverTCP, NoMachine, "NXSH-"},                                 // NX, version of the shell
	{OverTCP, NoMachine, "NXD-"},                                  // and of the daemon
	{OverTCP, NoMachine, "NXPROXY-"},                              // and of the proxy
	{OverTCP, Radmin, "\x01\x00\x00\x00\x01\x00\x00\x00\x08\x08"}, // Radmin 3: the client's first message
	{OverTCP, BGP, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00"}, // RFC 4271 section 4.1: marker, length
	{OverUDP, BJNP, "BJNP"}, // Canon, of printers
	{OverUDP, BJNP, "BJNB"}, // answers
	{OverUDP, BJNP, "MFNP"}, // of scanners
	{OverTCP, BJNP, "BJNP"},
	{OverTCP, Printing, "\x1b%-12345X"}, // PJL: leave the language before
	{OverTCP, Printing, "@PJL "},
	{OverUDP, DNSCrypt, "r6fnvWj8"}, // DNSCrypt 2: a resolver's answer
	{OverUDP, TiVo, "tivoconnect="},
	{OverUDP, TiVo, "TiVoConnect="}, // TiVo Connect Automatic Machine Discovery
}

func detectMagic(s *Segment) Verdict {
	over := OverUDP
	if !s.datagram() {
		over = OverTCP
	}
	for i := range magics {
		m := &magics[i]
		if m.begins[0] != s.Payload[0] || m.over != over || !bytes.HasPrefix(s.Payload, []byte(m.begins)) {
			continue
		}
		s.Is = m.protocol
		s.magicTells(s.Payload[len(m.begins):])
		return Yes
	}
	return s.wait()
}

// magicTells puts into the Facts what stands behind the magic in clear.
func (s *Segment) magicTells(rest []byte) {
	switch s.Is {
	case Munin:
		s.Facts.DeviceName, _ = lineOf(rest)
	case Rsync:
		s.Facts.Version, _ = lineOf(rest)
	case TiVo:
		for len(rest) > 0 {
			line, ended := lineOf(rest)
			key, value, _ := bytes.Cut(line, []byte("="))
			switch {
			case isWord(key, "MACHINE"):
				s.Facts.DeviceName = value
			case isWord(key, "PLATFORM"):
				s.Facts.DeviceModel = value
			}
			if !ended {
				return
			}
			rest = rest[bytes.IndexByte(rest, '\n')+1:]
		}
	}
}
