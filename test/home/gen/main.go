// Command gen writes the traffic of a household to a pcap file, or to standard
// output when the file is called "-":
//
//	go run ./test/home/gen [-seed N] [-homes N] FILE
//
// With several homes each has a network of its own, 192.168.1.0/24 onward.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"

	"weir/test/home"
)

func main() {
	seed := flag.Uint64("seed", 1, "what the random parts are drawn from")
	homes := flag.Int("homes", 1, "number of households, 1 to 250")
	flag.Parse()
	if flag.NArg() != 1 || *homes < 1 || *homes > 250 {
		fmt.Fprintln(os.Stderr, "usage: gen [-seed N] [-homes 1…250] FILE")
		os.Exit(2)
	}
	if err := write(flag.Arg(0), *seed, *homes); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func write(path string, seed uint64, homes int) error {
	f := os.Stdout
	if path != "-" {
		var err error
		if f, err = os.Create(path); err != nil {
			return err
		}
	}
	var all [][]home.Frame
	for i := range homes {
		all = append(all, home.Generate(seed, byte(1+i)))
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := home.Write(w, home.Merge(all...)); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
