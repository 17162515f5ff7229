package uci

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
)

// Config is the whole configuration, validated and with defaults. It is
// never changed after it was made.
type Config struct {
	Main         Main
	Store        Store
	Sources      []Source
	API          API
	Devices      []Device
	Pools        []Pool
	Networks     []Subnet
	Applications []Application
	WANs         []WAN
	Quotas       []Quota
	Alerts       []Alert
	Notifies     []Notify
	Collectors   []Collector
	Exporters    []Exporter
	Remotes      []Remote
	Geo          Geo

	// Router is what the router's own files say; zero where there are none.
	Router Router
}

// Default returns the configuration of an empty file.
func Default() *Config {
	c := new(Config)
	for _, k := range kinds() {
		if k.name == "" {
			continue
		}
		s := k.add(c)
		s.setID(k.name)
		setDefaults(s)
	}
	return c
}

// Load reads a configuration: a file, or a folder of UCI files such as
// /etc/config of which weir is read. The router's own files (network,
// firewall, dhcp, system, upnpd) are read from the same folder when they are there;
// what is wrong with those is a warning. What is wrong with weir's file is an
// [Errors], of which errors.As finds the parts; a file that cannot be read is
// another error.
func Load(path string) (*Config, []Warning, error) { return LoadWith(path, openFile) }

// Opener opens a file for reading. Its error is fs.ErrNotExist where there is none.
type Opener func(path string) (io.ReadCloser, error)

func openFile(path string) (io.ReadCloser, error) { return os.Open(path) }

// LoadWith is Load for files that open opens: those of a router may be for root
// only, and then have to be asked for.
func LoadWith(path string, open Opener) (*Config, []Warning, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read configuration: %w", err)
	}
	folder := filepath.Dir(path)
	if info.IsDir() {
		folder, path = path, filepath.Join(path, "weir")
	}
	file, err := open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read configuration: %w", err)
	}
	defer file.Close()
	c, warnings, err := Parse(file, path)
	if err != nil {
		return nil, warnings, err
	}
	router, more := loadRouter(folder, open)
	c.Router = router
	c.uplinkOpenings()
	return c, append(warnings, more...), nil
}

// Parse reads weir's own file from r; name is what errors call it.
func Parse(r io.Reader, name string) (*Config, []Warning, error) {
	p, err := ParsePackage(r, name)
	var syntax *Error
	switch {
	case errors.As(err, &syntax):
		return nil, nil, Errors{syntax}
	case err != nil:
		return nil, nil, fmt.Errorf("read configuration %s: %w", name, err)
	}
	d := decoder{pkg: p, config: Default(), count: map[string]int{}, macs: map[MAC]string{}}
	d.decode()
	if len(d.errors) > 0 {
		return nil, d.warnings, d.errors
	}
	return d.config, d.warnings, nil
}

// RouterChanged is what [Config.Changed] calls the router's own files.
const RouterChanged = "router"

// Changed returns the section types in which c differs from old ("weir",
// "store", "source", …), and RouterChanged for the router's files. Equal
// configurations give nothing; a nil old differs in everything.
func (c *Config) Changed(old *Config) []string {
	var changed []string
	for _, k := range kinds() {
		if old == nil || !reflect.DeepEqual(k.all(c), k.all(old)) {
			changed = append(changed, k.typ)
		}
	}
	if old == nil || !reflect.DeepEqual(c.Router, old.Router) {
		changed = append(changed, RouterChanged)
	}
	return changed
}

// Equal reports whether both mean the same.
func (c *Config) Equal(other *Config) bool { return len(c.Changed(other)) == 0 }

// Uplinks returns the networks or devices that lead outside: those of
// Main.WAN, or else the networks of masqueraded firewall zones and those
// named wan*. None are known where there is neither.
func (c *Config) Uplinks() []string {
	if len(c.Main.WAN) > 0 {
		return slices.Clone(c.Main.WAN)
	}
	return c.Router.uplinks()
}
