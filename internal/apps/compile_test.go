package apps

import (
	"cmp"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"weir/internal/packet"
)

// The compiler of the table. It runs in tests alone: the binary has its result.

// application is a line of the table.
type application struct {
	name     string
	category Category
	where    string
	suffixes []string
	networks []netip.Prefix
	ports    []PortRange
}

// readTable reads the files of dir, one for each category but Other, and returns
// their applications sorted by name.
func readTable(dir string) ([]application, error) {
	var all []application
	for c := Other + 1; c < numCategories; c++ {
		path := filepath.Join(dir, c.String()+".txt")
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		some, err := parseTable(c, path, string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b application) int { return cmp.Compare(a.name, b.name) })
	return all, checkTable(all)
}

// parseTable reads the text of one category.
func parseTable(c Category, path, text string) ([]application, error) {
	var out []application
	for i, line := range strings.Split(text, "\n") {
		where := fmt.Sprintf("%s:%d", path, i+1)
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			out = append(out, application{name: words[0], category: c, where: where})
			words = words[1:]
		}
		if len(out) == 0 {
			return nil, fmt.Errorf("%s: goes on with a line that is not there", where)
		}
		for _, w := range words {
			if err := out[len(out)-1].add(w); err != nil {
				return nil, fmt.Errorf("%s: %w", where, err)
			}
		}
	}
	return out, nil
}

// add takes one word of a line.
func (a *application) add(word string) error {
	proto, ports, hasSlash := strings.Cut(word, "/")
	switch {
	case !hasSlash:
		a.suffixes = append(a.suffixes, word)
		return checkSuffix(word)
	case proto == "tcp" || proto == "udp":
		first, last, isRange := strings.Cut(ports, "-")
		if !isRange {
			last = first
		}
		f, err := strconv.ParseUint(first, 10, 16)
		l, err2 := strconv.ParseUint(last, 10, 16)
		if err != nil || err2 != nil || f > l || f == 0 {
			return fmt.Errorf("%q is no range of ports", word)
		}
		a.ports = append(a.ports, PortRange{map[string]uint8{"tcp": 6, "udp": 17}[proto], uint16(f), uint16(l)})
		return nil
	}
	p, err := netip.ParsePrefix(word)
	if err != nil {
		return err
	}
	a.networks = append(a.networks, p)
	_, err = networkBits(p)
	return err
}

// checkTable says what is wrong between lines.
func checkTable(all []application) error {
	names, suffixes := make(map[string]string), make(map[string]string)
	for _, a := range all {
		if was, twice := names[a.name]; twice {
			return fmt.Errorf("%s: %s is at %s already", a.where, a.name, was)
		}
		names[a.name] = a.where
		if strings.Trim(a.name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || a.name == noneName {
			return fmt.Errorf("%s: %q: names are lower case letters, digits and underscores, and not %q", a.where, a.name, noneName)
		}
		if len(a.suffixes)+len(a.networks) == 0 {
			return fmt.Errorf("%s: %s has neither a name nor a network to be told by", a.where, a.name)
		}
		for _, s := range a.suffixes {
			if was, twice := suffixes[s]; twice {
				return fmt.Errorf("%s: %s is at %s already", a.where, s, was)
			}
			suffixes[s] = a.where
			if !strings.Contains(s, ".") {
				return fmt.Errorf("%s: %s is a whole top-level domain", a.where, s)
			}
		}
		if len(a.networks) > 0 && len(a.ports) > 0 && a.category == Infra {
			return fmt.Errorf("%s: %s is infrastructure, which ports do not tell", a.where, a.name)
		}
	}
	return nil
}

// compile returns the files of the folder packed by name.
func compile(all []application) (map[string]string, error) {
	var names, records strings.Builder
	suffixes := make(map[string]uint16)
	var networks []network
	var ports []portsOf
	for i, a := range all {
		app := App(i + 1)
		records.Write(le16(uint16(names.Len())))
		records.WriteByte(byte(a.category))
		names.WriteString(a.name)
		for _, s := range a.suffixes {
			suffixes[s] = uint16(app)
		}
		for _, p := range a.networks {
			networks = append(networks, network{p, app})
		}
		for _, r := range a.ports {
			ports = append(ports, portsOf{r, app})
		}
	}
	x, err := buildIndex(suffixes)
	if err != nil {
		return nil, err
	}
	packed := map[string]string{
		"names": names.String(), "apps": records.String(),
		"buckets": x.buckets, "entries": x.entries, "stars": x.stars,
	}
	if packed["networks"], err = packNetworks(networks); err != nil {
		return nil, err
	}
	packed["ports"], err = packPorts(ports)
	return packed, err
}

// portsOf are some ports of an application.
type portsOf struct {
	PortRange
	app App
}

// packPorts makes the packed form of ports.
func packPorts(ports []portsOf) (string, error) {
	slices.SortFunc(ports, func(a, b portsOf) int {
		return cmp.Or(cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.First, b.First))
	})
	var out []byte
	for i, p := range ports {
		if i > 0 && ports[i-1].Proto == p.Proto && ports[i-1].Last >= p.First {
			return "", fmt.Errorf("port %d of protocol %d is in the table twice", p.First, p.Proto)
		}
		out = slices.Concat(out, []byte{p.Proto}, le16(p.First), le16(p.Last), le16(uint16(p.app)))
	}
	return string(out), nil
}

// network is one that belongs to an application.
type network struct {
	prefix netip.Prefix
	app    App
}

// packNetworks makes the packed form of networks.
func packNetworks(networks []network) (string, error) {
	networks = slices.Clone(networks)
	slices.SortFunc(networks, func(a, b network) int {
		return cmp.Or(cmp.Compare(keyOf(a.prefix), keyOf(b.prefix)), cmp.Compare(a.prefix.Bits(), b.prefix.Bits()))
	})
	var out []byte
	for i, n := range networks {
		bits, err := networkBits(n.prefix)
		if err != nil {
			return "", err
		}
		parent := 0
		for j := i - 1; j >= 0 && parent == 0; j-- {
			if o := networks[j].prefix; o == n.prefix {
				return "", fmt.Errorf("network %s is in the table twice", o)
			} else if o.Overlaps(n.prefix) {
				parent = j + 1
			}
		}
		key := keyOf(n.prefix)
		for shift := 56; shift >= 0; shift -= 8 {
			out = append(out, byte(key>>shift))
		}
		out = append(out, bits)
		out = append(out, le16(uint16(n.app))...)
		out = append(out, le16(uint16(parent))...)
	}
	return string(out), nil
}

// networkBits returns how many bits of a key a network fixes.
func networkBits(p netip.Prefix) (uint8, error) {
	switch {
	case !p.IsValid() || p != p.Masked() || p.Bits() == 0:
		return 0, fmt.Errorf("network %s is none, or has bits set beyond its length", p)
	case p.Addr().Is4():
		return uint8(32 + p.Bits()), nil
	case p.Bits() > 64 || p.Addr().Is4In6():
		return 0, fmt.Errorf("network %s is longer than 64 bits or a mapped one", p)
	}
	return uint8(p.Bits()), nil
}

// keyOf returns the key of a network's first address.
func keyOf(p netip.Prefix) uint64 {
	a := packet.AddrOf(p.Addr())
	return networkKey(&a)
}
