package uci

import "net/netip"

// Device is config device: the alias of a device, and what belongs to it.
type Device struct {
	Ident
	Name    string
	MACs    []MAC
	IPs     []netip.Addr // of devices without a hardware address on the link
	Type    string
	Pool    string
	Icon    string
	Private bool // no names of its far ends are kept
	Hidden  bool // not shown in lists
}

func (d *Device) fields() []field {
	return []field{
		{name: "name", value: name(&d.Name), example: "Anna's phone", help: "What it is called."},
		{name: "mac", value: macs(&d.MACs), example: "00:11:22:AA:BB:CC", help: "Hardware addresses; several make them one device."},
		{name: "ip", value: addresses(&d.IPs), example: "192.168.1.20", help: "IP addresses, for a device behind another router."},
		{name: "type", value: name(&d.Type), example: "phone", help: "What it is: phone, laptop, tv, printer …"},
		{name: "pool", value: name(&d.Pool), example: "kids", help: "Group it belongs to."},
		{name: "icon", value: name(&d.Icon), example: "phone", help: "Icon to show; without it the type's."},
		{name: "private", value: boolean(&d.Private), def: "0", help: "Keep no names of the far ends it talks to."},
		{name: "hidden", value: boolean(&d.Hidden), def: "0", help: "Leave it out of lists; its bytes still count."},
	}
}

func (d *Device) check(report func(option, reason, hint string)) {
	if len(d.MACs) == 0 && len(d.IPs) == 0 {
		report("", "has neither a mac nor an ip", "add a line like: list mac '00:11:22:AA:BB:CC'")
	}
}

// Pool is config pool: a group of devices, which name it in their option pool.
type Pool struct {
	Ident
	Name     string
	Icon     string
	Networks []netip.Prefix
}

func (p *Pool) fields() []field {
	return []field{
		{name: "name", value: name(&p.Name), example: "Children", help: "What it is called; without it the section's name."},
		{name: "icon", value: name(&p.Icon), example: "child", help: "Icon to show."},
		{name: "network", value: prefixes(&p.Networks), example: "192.168.3.0/24", help: "Devices with an address in these networks belong to it too."},
	}
}

// Subnet is config network: a named range of addresses.
type Subnet struct {
	Ident
	Name     string
	Prefixes []netip.Prefix
}

func (s *Subnet) fields() []field {
	return []field{
		{name: "name", value: name(&s.Name), example: "Servers", help: "What it is called; without it the section's name."},
		{name: "subnet", value: prefixes(&s.Prefixes), required: true, example: "192.168.1.0/28", help: "Its addresses."},
	}
}

// Application is config application: one the detectors do not know.
type Application struct {
	Ident
	Name     string
	Category string
	Domains  []string
	Ports    []Ports
	Networks []netip.Prefix
}

func (a *Application) fields() []field {
	return []field{
		{name: "name", value: name(&a.Name), example: "Backup", help: "What it is called; without it the section's name. With the name of a built-in one it adds to that."},
		{name: "category", value: name(&a.Category), example: "cloud", help: "Category it is counted in, one of the built-in ones or your own; other without it."},
		{name: "domain", value: domains(&a.Domains), example: "backup.example.org", help: "Domains it talks to, with all names below them."},
		{name: "port", value: ports(&a.Ports), example: "tcp/8443", help: "Ports of its servers; with networks too, both must hold."},
		{name: "network", value: prefixes(&a.Networks), example: "192.0.2.0/24", help: "Addresses of its servers."},
	}
}

func (a *Application) check(report func(option, reason, hint string)) {
	if len(a.Domains) == 0 && len(a.Ports) == 0 && len(a.Networks) == 0 {
		report("", "has neither a domain, a port nor a network to be told by", "add a line like: list domain 'example.org'")
	}
}
