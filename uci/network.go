package uci

import (
	"strconv"
	"strings"
)

// Network is a config interface of /etc/config/network.
type Network struct {
	Name   string
	Device string   // what the kernel calls it; "" when netifd learns it later (modems)
	Proto  string   // static, dhcp, pppoe, wireguard …
	Ports  []string // of the bridge, or of the bridge's VLAN; empty for no bridge

	Lower      string // the device that carries the frames of a PPPoE network: eth1, eth1.7; else ""
	ListenPort uint16 // of a WireGuard network; 0 when the kernel chooses it
}

// Networks are the router's networks in the order of the file.
type Networks []Network

// Find returns the network called name, or nil.
func (n Networks) Find(name string) *Network {
	for i := range n {
		if n[i].Name == name {
			return &n[i]
		}
	}
	return nil
}

// Resolve returns the device of a network, and the ports when that is a
// bridge. A name that is no network is a device already.
func (n Networks) Resolve(name string) (device string, ports []string) {
	network := n.Find(name)
	if network == nil {
		return name, nil
	}
	return network.Device, network.Ports
}

// tunnelDevices are the names netifd's protocol handlers give the device they
// make for a network; the name of the network follows. For any other protocol
// the traffic passes over the device that is configured.
var tunnelDevices = map[string]string{
	"pppoe": "pppoe-", "pppoa": "pppoa-", "ppp": "ppp-", "pptp": "pptp-", "l2tp": "l2tp-", "3g": "3g-", "sstp": "sstp-",
	"6in4": "6in4-", "6to4": "6to4-", "6rd": "6rd-", "dslite": "ds-", "map": "map-", "464xlat": "464-",
	"gre": "gre4-", "gretap": "gre4t-", "grev6": "gre6-", "grev6tap": "gre6t-", "ipip": "ipip-", "vti": "vti-", "vtiv6": "vti6-",
	"openconnect": "vpn-", "vpnc": "vpn-",
	"wireguard": "", "vxlan": "", "vxlan6": "", "xfrm": "", "openvpn": "", "amneziawg": "",
}

func readNetwork(p *Package, r *Router) {
	bridges := readBridges(p)
	for i := range p.Sections {
		s := &p.Sections[i]
		if s.Type != "interface" || s.Name == "" || s.Name == "loopback" {
			continue
		}
		n := Network{Name: s.Name, Proto: s.Text("proto")}
		n.Device, n.Ports = deviceOf(s, bridges)
		switch n.Proto {
		case "pppoe":
			n.Lower, _ = configuredDevice(s, bridges)
		case "wireguard", "amneziawg":
			port, _ := strconv.ParseUint(s.Text("listen_port"), 10, 16)
			n.ListenPort = uint16(port) // 0 for what is no port, which netifd refuses
		}
		r.Networks = append(r.Networks, n)
	}
	for i := range r.Networks {
		n := &r.Networks[i]
		if alias, ok := strings.CutPrefix(n.Device, "@"); ok {
			n.Device, n.Ports = r.Networks.follow(alias)
		}
		if alias, ok := strings.CutPrefix(n.Lower, "@"); ok {
			n.Lower, _ = r.Networks.follow(alias)
		}
	}
}

// deviceOf finds the device that carries the traffic of a network.
func deviceOf(s *Section, bridges map[string][]string) (device string, ports []string) {
	if prefix, ok := tunnelDevices[s.Text("proto")]; ok {
		return prefix + s.Name, nil
	}
	// Before 21.02 the bridge was part of the interface section, and option
	// device was called ifname.
	if s.Text("type") == "bridge" {
		return "br-" + s.Name, append(s.words("ifname"), s.words("device")...)
	}
	return configuredDevice(s, bridges)
}

// configuredDevice returns the device that a network is configured to lie on.
func configuredDevice(s *Section, bridges map[string][]string) (device string, ports []string) {
	for _, option := range []string{"device", "ifname"} {
		words := s.words(option)
		if len(words) == 0 {
			continue
		}
		if strings.HasPrefix(words[0], "/") {
			return "", nil // a modem's control channel: the device is found at run time
		}
		return words[0], bridges[words[0]]
	}
	return "", nil
}

// follow resolves @name, the device of another network, through a bounded
// number of steps: files can have loops.
func (n Networks) follow(name string) (device string, ports []string) {
	for range len(n) {
		target := n.Find(name)
		if target == nil {
			return name, nil
		}
		alias, ok := strings.CutPrefix(target.Device, "@")
		if !ok {
			return target.Device, target.Ports
		}
		name = alias
	}
	return "", nil
}

// readBridges returns the ports of each bridge, and of each bridge VLAN under
// the name of its device: br-lan.20, or what a device of type 8021q calls it.
func readBridges(p *Package) map[string][]string {
	bridges := map[string][]string{}
	vlans := map[string]string{} // the usual name of a VLAN's device by its own
	for i := range p.Sections {
		s := &p.Sections[i]
		switch {
		case s.Type == "device" && s.Text("type") == "bridge" && s.Text("name") != "":
			bridges[s.Text("name")] = append(s.words("ports"), s.words("ifname")...)
		case s.Type == "bridge-vlan" && s.Text("device") != "" && s.Text("vlan") != "":
			var ports []string
			for _, port := range s.words("ports") {
				port, _, _ = strings.Cut(port, ":") // lan1:u* says how frames are tagged
				ports = append(ports, port)
			}
			bridges[s.Text("device")+"."+s.Text("vlan")] = ports
		case s.Type == "device" && (s.Text("type") == "8021q" || s.Text("type") == "8021ad"):
			vlans[s.Text("name")] = s.Text("ifname") + "." + s.Text("vid")
		}
	}
	for name, usual := range vlans {
		if ports, ok := bridges[usual]; ok && name != "" {
			bridges[name] = ports
		}
	}
	return bridges
}
