package link

import "testing"

func TestHeaderBytesOfKinds(t *testing.T) {
	tests := []struct {
		name   string
		link   Link
		rx, tx uint32
	}{
		{"hardware", Link{Type: TypeEthernet}, 14, 14},
		{"port of a DSA switch", Link{Kind: "dsa", Type: TypeEthernet}, 14, 14},
		{"veth", Link{Kind: "veth", Type: TypeEthernet}, 14, 14},
		{"bridge", Link{Kind: "bridge", Type: TypeEthernet}, 0, 14},
		{"VLAN", Link{Kind: "vlan", Type: TypeEthernet}, 0, 14},
		{"PPPoE", Link{Kind: "ppp", Type: TypePPP}, 0, 0},
		{"LTE modem without Ethernet", Link{Type: TypeRawIP}, 0, 0},
		{"WireGuard", Link{Kind: "wireguard", Type: TypeNone}, 32, 32},
		{"tun", Link{Kind: "tun", Type: TypeNone}, 0, 0},
		{"tap", Link{Kind: "tun", Type: TypeEthernet}, 14, 14},
		{"6in4", Link{Kind: "sit", Type: TypeSIT}, 0, 0},
		{"gretap", Link{Kind: "gretap", Type: TypeEthernet}, 14, 0},
		{"loopback", Link{Type: TypeLoopback}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if rx, tx := tt.link.HeaderBytes(); rx != tt.rx || tx != tt.tx {
				t.Errorf("%d and %d bytes, want %d and %d", rx, tx, tt.rx, tt.tx)
			}
		})
	}
}
