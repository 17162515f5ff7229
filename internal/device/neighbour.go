package device

import "weir/internal/packet"

// Neighbour is an address on a local network whose hardware address the kernel
// knows.
type Neighbour struct {
	Addr  packet.Addr
	MAC   packet.MAC
	Point uint8 // observation point of the network
}
