package device

import (
	"encoding/binary"

	"weir/internal/packet"
)

// DHCP is what a message of DHCP tells of a client (RFC 2131, RFC 8415). Slices
// point into the message.
type DHCP struct {
	MAC      packet.MAC // of the client; zero for DHCPv6
	Reply    bool       // a server says it
	Ack      bool       // and gives Addr for Seconds
	Relayed  bool
	Addr     packet.Addr // that Ack gives
	Seconds  uint32
	Name     []byte // the client's host name
	Vendor   []byte // vendor class
	Options  []byte // asked for, in their order; of DHCPv6 nil
	ClientID []byte // where it is neither the hardware address nor has a DUID
	DUID     []byte
}

const (
	bootpHeader  = 236
	bootpRequest = 1
	bootpReply   = 2
	ethernet     = 1

	optPad        = 0
	optHostName   = 12
	optLeaseTime  = 51
	optType       = 53
	optRequest    = 55
	optVendor     = 60
	optClientID   = 61
	optFQDN       = 81
	optEnd        = 255
	dhcpAck       = 5
	maxDHCPOption = 128 // read of a message
)

// ReadDHCP reads a message of DHCPv4 from the payload of a datagram. It is false for
// what is none.
func ReadDHCP(b []byte) (m DHCP, ok bool) {
	if len(b) < bootpHeader+4 || b[0] != bootpRequest && b[0] != bootpReply || b[1] != ethernet || b[2] != 6 ||
		string(b[bootpHeader:bootpHeader+4]) != "\x63\x82\x53\x63" {
		return m, false
	}
	m.Reply, m.MAC = b[0] == bootpReply, packet.MAC(b[28:34])
	m.Relayed = b[24]|b[25]|b[26]|b[27] != 0
	var given packet.Addr
	given[10], given[11] = 0xff, 0xff
	copy(given[12:], b[16:20])
	kind := uint8(0)
	options := b[bootpHeader+4:]
	for n := 0; len(options) > 0 && n < maxDHCPOption; n++ {
		code := options[0]
		if code == optPad {
			options = options[1:]
			continue
		}
		if code == optEnd || len(options) < 2 || len(options)-2 < int(options[1]) {
			break // what is cut tells as far as it goes
		}
		value := options[2 : 2+options[1]]
		options = options[2+len(value):]
		if code == optType && len(value) == 1 {
			kind = value[0]
		}
		m.option(code, value)
	}
	if m.Reply && kind == dhcpAck && given[12]|given[13]|given[14]|given[15] != 0 {
		m.Ack, m.Addr = true, given
	}
	return m, true
}

func (m *DHCP) option(code uint8, value []byte) {
	switch code {
	case optLeaseTime:
		if len(value) == 4 {
			m.Seconds = binary.BigEndian.Uint32(value)
		}
	case optHostName:
		m.Name = untilNUL(value)
	case optFQDN:
		if len(m.Name) == 0 && len(value) > 3 {
			m.Name = firstLabel(value[0]&4 != 0, value[3:])
		}
	case optRequest:
		m.Options = value
	case optVendor:
		m.Vendor = untilNUL(value)
	case optClientID:
		m.ClientID, m.DUID = SplitClientID(value, m.MAC)
	}
}

// SplitClientID returns what a client ID of DHCPv4 tells beyond the hardware
// address: itself, or the DUID in it (RFC 4361 section 6.1).
func SplitClientID(id []byte, m packet.MAC) (client, duid []byte) {
	switch {
	case len(id) > 5+2 && id[0] == 255:
		return nil, id[5:]
	case len(id) < 2 || len(id) == 7 && packet.MAC(id[1:]) == m || len(id) == 6 && packet.MAC(id) == m:
		return nil, nil
	}
	return id, nil
}

func untilNUL(b []byte) []byte {
	for i, c := range b {
		if c == 0 {
			return b[:i]
		}
	}
	return b
}

// firstLabel returns the first label of a name, encoded as DNS does or not.
func firstLabel(encoded bool, name []byte) []byte {
	if encoded {
		if len(name) == 0 || int(name[0]) > len(name)-1 {
			return nil
		}
		return name[1 : 1+name[0]]
	}
	for i, c := range name {
		if c == '.' || c == 0 {
			return name[:i]
		}
	}
	return name
}

const (
	v6ClientID     = 1
	v6VendorClass  = 16
	v6FQDN         = 39
	v6LastMessage  = 11 // of those between clients and servers
	v6Advertise    = 2
	v6ReplyMessage = 7
)

// ReadDHCPv6 reads a message of DHCPv6 from the payload of a datagram. It is false
// for what is none, and for what relays say to each other.
func ReadDHCPv6(b []byte) (m DHCP, ok bool) {
	if len(b) < 4 || b[0] == 0 || b[0] > v6LastMessage {
		return m, false
	}
	m.Reply = b[0] == v6Advertise || b[0] == v6ReplyMessage
	for options, n := b[4:], 0; len(options) >= 4 && n < maxDHCPOption; n++ {
		code, length := binary.BigEndian.Uint16(options), int(binary.BigEndian.Uint16(options[2:]))
		if length > len(options)-4 {
			break
		}
		value := options[4 : 4+length]
		options = options[4+length:]
		switch {
		case code == v6ClientID && length > 2:
			m.DUID = value
		case code == v6VendorClass && length > 6 && int(binary.BigEndian.Uint16(value[4:])) <= length-6:
			m.Vendor = value[6 : 6+int(binary.BigEndian.Uint16(value[4:]))]
		case code == v6FQDN && length > 2:
			m.Name = firstLabel(true, value[1:])
		}
	}
	return m, true
}

// Tell adds what a client said to the evidence about it.
func (m *DHCP) Tell(d *Device, now int64) {
	d.Tell(FromDHCP, m.Name, now)
	d.Tell(DHCPVendor, m.Vendor, now)
	d.Tell(DHCPOptions, m.Options, now)
	d.Tell(ClientID, m.ClientID, now)
	d.Tell(DUID, m.DUID, now)
}
