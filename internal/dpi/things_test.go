package dpi

import (
	"strings"
	"testing"
)

func TestMagic(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "rsync", proto: tcp, server: 1873, says: []string{"<@RSYNCD: 31.0\n"}, want: Rsync, tells: gathered{Version: "31.0"}},
		{name: "amqp", proto: tcp, server: 15672, says: []string{">AMQP\x00\x00\x09\x01"}, want: AMQP},
		{name: "corba", proto: tcp, server: 1050, says: []string{">GIOP\x01\x02\x01\x00\x24\x00\x00\x00"}, want: CORBA},
		{name: "zabbix", proto: tcp, server: 20050, says: []string{">ZBXD\x01\x0a\x00\x00\x00\x00\x00\x00\x00agent.ping"}, want: Zabbix},
		{name: "munin", proto: tcp, server: 14949, says: []string{"<# munin node at nas.lan\n"}, want: Munin, tells: gathered{DeviceName: "nas.lan"}},
		{name: "nomachine", proto: tcp, server: 4001, says: []string{"<NXSH-6.0.0\n"}, want: NoMachine},
		{name: "radmin", proto: tcp, server: 14899, says: []string{">\x01\x00\x00\x00\x01\x00\x00\x00\x08\x08"}, want: Radmin},
		{name: "bgp", proto: tcp, server: 1790, says: []string{">" + strings.Repeat("\xff", 16) + "\x00\x1d\x01\x04\xfd\xe8\x00\xb4\x0a\x00\x00\x01\x00"}, want: BGP},
		{name: "bjnp", proto: udp, server: 8612, says: []string{">BJNP\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"}, want: BJNP},
		{name: "pjl", proto: tcp, server: 9101, says: []string{">\x1b%-12345X@PJL INFO ID\r\n"}, want: Printing},
		{name: "dnscrypt", proto: udp, server: 8443, says: []string{">" + strings.Repeat("q", 512), "<r6fnvWj8" + strings.Repeat("\x01", 300)}, want: DNSCrypt},
		{name: "tivo", proto: udp, server: 2190, says: []string{">TiVoConnect=1\nmethod=broadcast\nplatform=tcd/Series3\nmachine=Living Room\nidentity=1\n"}, want: TiVo, tells: gathered{DeviceName: "Living Room", DeviceModel: "tcd/Series3"}},
		{name: "another transport", proto: udp, server: 1873, says: []string{"<@RSYNCD: 31.0\n"}, want: NoProtocol},
	})
}

func TestThings(t *testing.T) {
	hello := "\x21\x31\x00\x20" + strings.Repeat("\xff", 28)
	ubnt := "\x01\x00\x00\x1b\x0b\x00\x05attic\x0c\x00\x03UAP\x02\x00\x0a\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x02"
	runExchanges(t, []exchange{
		{name: "miio", proto: udp, server: 54321, says: []string{">" + hello}, want: Xiaomi},
		{name: "miio of another length", proto: udp, server: 54321, says: []string{">" + hello + "x"}, want: NoProtocol},
		{name: "miio push", proto: tcp, server: 5222, says: []string{">\xc2\xfe\x00\x05\x00\x00\x00\x04abcd1234"}, want: Xiaomi},
		{name: "tuya", proto: tcp, server: 6668, says: []string{">\x00\x00\x55\xaa\x00\x00\x00\x00\x00\x00\x00\x09\x00\x00\x00\x08\x01\x02\x03\x04\x00\x00\xaa\x55"}, want: Tuya},
		{name: "tuya 3.5", proto: udp, server: 6667, says: []string{">\x00\x00\x66\x99\x00\x00\x00\x00\x00\x01\x00\x00\x00\x13\x00\x00\x00\x08abcdefgh\x00\x00\x99\x66"}, want: Tuya},
		{name: "ubiquiti", proto: udp, client: 10001, server: 5000, says: []string{">" + ubnt}, want: Ubiquiti, tells: gathered{DeviceName: "attic", DeviceModel: "UAP"}},
		{name: "ubiquiti question", proto: udp, server: 10001, says: []string{">\x01\x00\x00\x00"}, want: Ubiquiti},
		{name: "ubiquiti, elements that do not fit", proto: udp, server: 10001, says: []string{">\x01\x00\x00\x05\x0b\x00\x05at"}, want: NoProtocol},
		{name: "knx", proto: udp, server: 3671, says: []string{">\x06\x10\x02\x01\x00\x0e\x08\x01\x0a\x00\x00\x02\x0e\x57"}, want: KNX},
		{name: "knx of another length", proto: udp, server: 3671, says: []string{">\x06\x10\x02\x01\x00\x0f\x08\x01\x0a\x00\x00\x02\x0e\x57"}, want: NoProtocol},
		{name: "bacnet", proto: udp, server: 47809, says: []string{">\x81\x0b\x00\x0c\x01\x20\xff\xff\x00\xff\x10\x08"}, want: BACnet},
		{name: "bacnet without its network layer", proto: udp, server: 47808, says: []string{">\x81\x0b\x00\x0c\x02\x20\xff\xff\x00\xff\x10\x08"}, want: NoProtocol},
		{name: "modbus", proto: tcp, server: 502, says: []string{">\x00\x01\x00\x00\x00\x06\x11\x03\x00\x6b\x00\x03"}, want: Modbus},
		{name: "modbus on another port", proto: tcp, server: 1502, says: []string{">\x00\x01\x00\x00\x00\x06\x11\x03\x00\x6b\x00\x03", "<\x00\x01\x00\x00\x00\x05\x11\x03\x02\x00\x03"}, want: Modbus},
		{name: "modbus that answers something else", proto: tcp, server: 1502, says: []string{">\x00\x01\x00\x00\x00\x06\x11\x03\x00\x6b\x00\x03", "<\x00\x02\x00\x00\x00\x05\x11\x03\x02\x00\x03"}, want: NoProtocol},
		{name: "matter", proto: udp, server: 5540, says: []string{">\x04\x00\x00\x00\x01\x02\x03\x04abcdefgh\x05\x20\x34\x12\x00\x00\x15\x30\x01"}, want: Matter},
		{name: "matter, encrypted", proto: udp, server: 5540, says: []string{">\x00\x12\x34\x00\x01\x02\x03\x04abcdefghijklmnop"}, want: NoProtocol},
	})
}

// tplinkCipher is how the Smart Home Protocol hides its text.
func tplinkCipher(text string) string {
	key, out := byte(171), []byte(nil)
	for i := range len(text) {
		key ^= text[i]
		out = append(out, key)
	}
	return string(out)
}

func TestTPLink(t *testing.T) {
	info := tplinkCipher(`{"system":{"get_sysinfo":{"model":"HS110(EU)","alias":"Washer"}}}`)
	runExchanges(t, []exchange{
		{name: "over udp", proto: udp, server: 9999, says: []string{"<" + info}, want: TPLink, tells: gathered{DeviceName: "Washer", DeviceModel: "HS110(EU)"}},
		{name: "over tcp", proto: tcp, server: 9999, says: []string{"<\x00\x00\x00\x41" + info}, want: TPLink, tells: gathered{DeviceName: "Washer", DeviceModel: "HS110(EU)"}},
		{name: "discovery", proto: udp, server: 20002, says: []string{">\x02\x00\x00\x01\x00\x04\x11\x00\x00\x00\x00\x01\x00\x00\x00\x00abcd"}, want: TPLink},
		{name: "no text", proto: udp, server: 9999, says: []string{">\xd0\x00\x00\x00\x00\x00\x00\x00\x00"}, want: NoProtocol},
	})
}

func TestFlowRecords(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "netflow 5", proto: udp, server: 2055, says: []string{">\x00\x05\x00\x01" + strings.Repeat("\x01", 68)}, want: NetFlow},
		{name: "netflow 9", proto: udp, server: 2055, says: []string{">\x00\x09\x00\x01" + strings.Repeat("\x01", 16) + "\x00\x00\x00\x0c\x01\x00\x00\x01\x00\x08\x00\x04"}, want: NetFlow},
		{name: "ipfix", proto: udp, server: 4739, says: []string{">\x00\x0a\x00\x1c" + strings.Repeat("\x01", 12) + "\x00\x02\x00\x0c\x01\x00\x00\x01\x00\x08\x00\x04"}, want: NetFlow},
		{name: "set that does not fit", proto: udp, server: 4739, says: []string{">\x00\x0a\x00\x1c" + strings.Repeat("\x01", 12) + "\x00\x02\x00\x0d\x01\x00\x00\x01\x00\x08\x00\x04"}, want: NoProtocol},
		{name: "sflow", proto: udp, server: 6343, says: []string{">\x00\x00\x00\x05\x00\x00\x00\x01\x0a\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x10\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x08\x00\x00\x00\x01\x00\x00\x00\x01"}, want: SFlow},
		{name: "sflow of another agent type", proto: udp, server: 6343, says: []string{">\x00\x00\x00\x05\x00\x00\x00\x03" + strings.Repeat("\x00", 40)}, want: NoProtocol},
	})
}
