// Command world makes the outlines of the countries that the World page draws
// from Natural Earth, as the npm package world-atlas has it:
//
//	go run ./test/pages/world countries-50m.json >luci-app/htdocs/luci-static/resources/weir/map.js
//
// The input is a TopoJSON: borders that two countries share are in it once. They
// are thinned out until no corner that is left away matters at the page's size,
// and written as text that the page decodes in a few lines.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: world COUNTRIES.json >map.js")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "world:", err)
		os.Exit(1)
	}
}

func run(file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var t topology
	if err := json.Unmarshal(b, &t); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	m, err := t.outlines()
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	out := bufio.NewWriter(os.Stdout)
	m.write(out)
	return out.Flush()
}
