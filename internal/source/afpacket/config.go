package afpacket

import (
	"errors"
	"fmt"

	"weir/internal/link"
	"weir/internal/source"
)

// Defaults and limits of Config.
const (
	DefaultRingBytes = 512 << 10
	DefaultSnaplen   = 1600
	MinRingBytes     = 64 << 10
	MaxRingBytes     = 256 << 20
	MinSnaplen       = 64     // Ethernet, IPv6 and ports
	MaxSnaplen       = 262144 // what libpcap takes as "everything"
	MaxSampling      = 1<<16 - 1

	maxVLAN = 4094
)

// Config says what to capture and how. Zero numbers mean the defaults.
type Config struct {
	Interfaces  []Interface
	RingBytes   int  // memory of all rings, shared out evenly among the devices there are when one joins, MinRingBytes each at least
	Snaplen     int  // bytes captured of each frame, link header included
	Sampling    int  // pass one frame in so many, at most MaxSampling; 0 and 1 for all
	Promiscuous bool // ask for frames to other stations, too

	// Hybrid is for when connection tracking counts what is routed: of that only
	// frames pass that name a flow (Raw.Classify), and the frames that connection
	// tracking does not count, cut to their headers. Snaplen and Sampling do not
	// hold then: what names a flow is needed whole.
	Hybrid         bool
	BridgedTracked bool // connection tracking counts what is bridged, too (bridge-nf-call-iptables)
	Budget         int  // naming frames a second above which fewer kinds of them pass, by default 2,000 for each CPU
}

// Interface is one observation point.
type Interface struct {
	Name   string // of the observation point, as given to Sink.Interface
	Device string // kernel's name of the interface; it need not exist yet
	Ports  bool   // capture the ports of the bridge Device, or of the bridge that the VLAN Device is on, instead of Device
	VLAN   uint16 // capture only this VLAN of Device, 0 for all that are not devices captured on their own; with Ports and a VLAN for Device it may be 0
}

// withDefaults returns c with its zero numbers filled in, or the first thing
// that is wrong with it.
func (c Config) withDefaults() (Config, error) {
	if c.RingBytes == 0 {
		c.RingBytes = DefaultRingBytes
	}
	if c.Snaplen == 0 {
		c.Snaplen = DefaultSnaplen
	}
	if c.Sampling == 0 {
		c.Sampling = 1
	}
	if c.Budget == 0 {
		c.Budget = defaultBudget()
	}
	if c.Hybrid {
		c.Snaplen, c.Sampling = wholeBytes, 1
	}
	switch {
	case len(c.Interfaces) == 0:
		return c, errors.New("capture: no interface is configured")
	case len(c.Interfaces) > source.MaxInterfaces:
		return c, fmt.Errorf("capture: %d interfaces are configured; %d is the most", len(c.Interfaces), source.MaxInterfaces)
	case c.RingBytes < MinRingBytes || c.RingBytes > MaxRingBytes:
		return c, fmt.Errorf("capture: a ring of %d bytes is out of range; take %d to %d", c.RingBytes, MinRingBytes, MaxRingBytes)
	case c.Snaplen < MinSnaplen || c.Snaplen > MaxSnaplen:
		return c, fmt.Errorf("capture: a snap length of %d bytes is out of range; take %d to %d", c.Snaplen, MinSnaplen, MaxSnaplen)
	case c.Budget < 0:
		return c, fmt.Errorf("capture: a budget of %d frames a second is out of range; take 1 or more", c.Budget)
	case c.Sampling < 0 || c.Sampling > MaxSampling:
		return c, fmt.Errorf("capture: sampling one in %d is out of range; take 1 to %d", c.Sampling, MaxSampling)
	}
	type place struct {
		device string
		vlan   uint16
	}
	places := make(map[place]bool)
	for _, i := range c.Interfaces {
		switch {
		case i.Name == "":
			return c, fmt.Errorf("capture: device %q has no name for its observation point", i.Device)
		case i.Device == "" || len(i.Device) > link.MaxName:
			return c, fmt.Errorf("capture %s: %q is no interface name; those have 1 to %d bytes", i.Name, i.Device, link.MaxName)
		case i.VLAN > maxVLAN:
			return c, fmt.Errorf("capture %s: VLAN %d is out of range; take 1 to %d", i.Name, i.VLAN, maxVLAN)
		case places[place{i.Device, i.VLAN}]:
			return c, fmt.Errorf("capture %s: device %s is configured twice; it would be counted twice", i.Name, i.Device)
		}
		places[place{i.Device, i.VLAN}] = true
	}
	return c, nil
}
