package uci

import (
	"fmt"
	"path/filepath"
)

// Overrides are what a command line says over a configuration. Zero fields say
// nothing.
type Overrides struct {
	Interfaces []string // live, in place of those of the file
	Captures   []string // capture files, pipes or "-", in place of the sources of the file
	Pace       int      // of the captures: times real time, 0 as fast as they can be read
	Loop       bool     // begin the captures again when they end
	StorePath  string
	Socket     string
}

// None reports whether nothing is overridden.
func (o *Overrides) None() bool {
	return len(o.Interfaces)+len(o.Captures) == 0 && o.StorePath == "" && o.Socket == ""
}

// Apply returns c as the command line wants it; c itself stays as it is. Who
// names captures and no interface wants no interface.
func (o *Overrides) Apply(c *Config) *Config {
	if o.None() {
		return c
	}
	over := *c
	if len(o.Interfaces)+len(o.Captures) > 0 {
		over.Main.Interfaces = o.Interfaces
	}
	if len(o.Captures) > 0 {
		over.Sources = nil
	}
	for _, path := range o.Captures {
		name := filepath.Base(path)
		if path == "-" {
			name = "stdin"
		}
		over.Sources = append(over.Sources, Source{
			Ident: Ident{ID: name}, Enabled: true, Kind: "pcap", Path: path, Role: "count", Pace: o.Pace, Loop: o.Loop,
		})
	}
	if o.StorePath != "" {
		over.Store.Path = o.StorePath
	}
	if o.Socket != "" {
		over.API.Socket = o.Socket
	}
	return &over
}

// ParsePace reads a pace as the configuration writes it: "1x", "10x", or "max",
// which is 0.
func ParsePace(text string) (int, error) {
	c := paceCodec()
	n, err := c.parse(text)
	if err != nil {
		return 0, fmt.Errorf("give %s", c.allow)
	}
	return n, nil
}
