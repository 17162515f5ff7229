package device

import (
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"weir/internal/packet"
)

// dhcp4 returns the bytes of a message that gopacket writes.
func dhcp4(t testing.TB, op layers.DHCPOp, give func(*layers.DHCPv4), options ...layers.DHCPOption) []byte {
	t.Helper()
	m := layers.DHCPv4{Operation: op, HardwareType: layers.LinkTypeEthernet, HardwareLen: 6, ClientHWAddr: net.HardwareAddr{0, 0x11, 0x32, 0, 0, 1}, Options: options}
	if give != nil {
		give(&m)
	}
	b := gopacket.NewSerializeBuffer()
	if err := m.SerializeTo(b, gopacket.SerializeOptions{FixLengths: true}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func option(code layers.DHCPOpt, data string) layers.DHCPOption {
	return layers.NewDHCPOption(code, []byte(data))
}

func TestReadDHCP(t *testing.T) {
	client := packet.MAC{0, 0x11, 0x32, 0, 0, 1}
	tests := []struct {
		name string
		b    []byte
		want DHCP
	}{
		{"request", dhcp4(t, layers.DHCPOpRequest, nil, option(layers.DHCPOptMessageType, "\x03"), option(layers.DHCPOptHostname, "phone\x00"),
			option(layers.DHCPOptClassID, "android-dhcp-13"), option(layers.DHCPOptParamsRequest, "\x01\x03\x06"), option(layers.DHCPOptClientID, "\x01\x00\x11\x32\x00\x00\x01")),
			DHCP{MAC: client, Name: []byte("phone"), Vendor: []byte("android-dhcp-13"), Options: []byte{1, 3, 6}}},
		{"a name of several labels", dhcp4(t, layers.DHCPOpRequest, nil, option(81, "\x00\x00\x00laptop.example.org")), DHCP{MAC: client, Name: []byte("laptop")}},
		{"a name as DNS has it", dhcp4(t, layers.DHCPOpRequest, nil, option(81, "\x04\x00\x00\x06laptop\x07example\x00")), DHCP{MAC: client, Name: []byte("laptop")}},
		{"the host name counts more", dhcp4(t, layers.DHCPOpRequest, nil, option(layers.DHCPOptHostname, "one"), option(81, "\x00\x00\x00two")), DHCP{MAC: client, Name: []byte("one")}},
		{"DUID", dhcp4(t, layers.DHCPOpRequest, nil, option(layers.DHCPOptClientID, "\xff\x00\x00\x00\x09\x00\x04uuid")), DHCP{MAC: client, DUID: []byte("\x00\x04uuid")}},
		{"client ID", dhcp4(t, layers.DHCPOpRequest, nil, option(layers.DHCPOptClientID, "\x00my box")), DHCP{MAC: client, ClientID: []byte("\x00my box")}},
		{"behind a relay", dhcp4(t, layers.DHCPOpRequest, func(m *layers.DHCPv4) { m.RelayAgentIP = net.IP{10, 0, 0, 1} }), DHCP{MAC: client, Relayed: true}},
		{"ACK", dhcp4(t, layers.DHCPOpReply, func(m *layers.DHCPv4) { m.YourClientIP = net.IP{192, 168, 1, 20} }, option(layers.DHCPOptMessageType, "\x05"), option(layers.DHCPOptLeaseTime, "\x00\x00\x0e\x10")),
			DHCP{MAC: client, Reply: true, Ack: true, Addr: *addr("192.168.1.20"), Seconds: 3600}},
		{"offer", dhcp4(t, layers.DHCPOpReply, func(m *layers.DHCPv4) { m.YourClientIP = net.IP{192, 168, 1, 20} }, option(layers.DHCPOptMessageType, "\x02")),
			DHCP{MAC: client, Reply: true}},
		{"ACK of an inform", dhcp4(t, layers.DHCPOpReply, nil, option(layers.DHCPOptMessageType, "\x05")), DHCP{MAC: client, Reply: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := ReadDHCP(tt.b)
			if diff := cmp.Diff(tt.want, got); diff != "" || !ok {
				t.Errorf("%v (-want +got):\n%s", ok, diff)
			}
			for n := range tt.b {
				if m, ok := ReadDHCP(tt.b[:n]); ok && (n < bootpHeader+4 || m.MAC != client) {
					t.Errorf("%d bytes are %+v", n, m)
				}
			}
		})
	}
	token := dhcp4(t, layers.DHCPOpRequest, func(m *layers.DHCPv4) { m.HardwareType = layers.LinkTypeTokenRing })
	if _, ok := ReadDHCP(token); ok {
		t.Error("other hardware is Ethernet")
	}
}

func TestReadDHCPv6(t *testing.T) {
	message := func(kind layers.DHCPv6MsgType, options ...layers.DHCPv6Option) []byte {
		m := layers.DHCPv6{MsgType: kind, TransactionID: []byte{1, 2, 3}, Options: options}
		b := gopacket.NewSerializeBuffer()
		if err := m.SerializeTo(b, gopacket.SerializeOptions{FixLengths: true}); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	got, ok := ReadDHCPv6(message(layers.DHCPv6MsgTypeSolicit,
		layers.NewDHCPv6Option(layers.DHCPv6OptClientID, []byte("\x00\x03\x00\x01\x00\x11\x32\x00\x00\x01")),
		layers.NewDHCPv6Option(layers.DHCPv6OptVendorClass, []byte("\x00\x00\x01\x37\x00\x08MSFT 5.0")),
		layers.NewDHCPv6Option(39, []byte("\x00\x06laptop\x04home\x00"))))
	want := DHCP{DUID: []byte("\x00\x03\x00\x01\x00\x11\x32\x00\x00\x01"), Vendor: []byte("MSFT 5.0"), Name: []byte("laptop")}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("%v (-want +got):\n%s", ok, diff)
	}
	if m, ok := ReadDHCPv6(message(layers.DHCPv6MsgTypeReply)); !ok || !m.Reply {
		t.Errorf("%v %+v", ok, m)
	}
	for _, b := range [][]byte{nil, {1, 2, 3}, {0, 1, 2, 3}, {12, 1, 2, 3}, {99, 1, 2, 3}} {
		if _, ok := ReadDHCPv6(b); ok {
			t.Errorf("%v is a message", b)
		}
	}
}

func FuzzDHCP(f *testing.F) {
	f.Add(dhcp4(f, layers.DHCPOpRequest, nil, option(layers.DHCPOptHostname, "phone"), option(81, "\x04\x00\x00\x06laptop"), option(layers.DHCPOptClientID, "\xff\x00\x00\x00\x09\x00\x04uuid")))
	f.Add([]byte("\x01\x01\x02\x03\x00\x01\x00\x04\x00\x03\x00\x01\x00\x10\x00\x06\x00\x00\x01\x37\xff\xff\x00\x27\x00\x02\x00\x09"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Device
		for _, read := range []func([]byte) (DHCP, bool){ReadDHCP, ReadDHCPv6} {
			if m, ok := read(b); ok {
				if m.Ack && (!m.Reply || m.Addr == (packet.Addr{})) {
					t.Fatalf("%+v", m)
				}
				m.Tell(&d, minute)
			}
		}
		d.Nature()
	})
}
