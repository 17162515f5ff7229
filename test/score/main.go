// Command score judges package dpi by real captures with known labels: it names
// every flow of the corpus and hands the result to the corpus' own scorer.
//
//	go run ./test/score [-errors N] [-pcap TEXT] [-keep FILE]
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"weir/internal/apps"
	"weir/internal/dpi"
	"weir/internal/flow"
	"weir/internal/packet"
	"weir/internal/source/pcap"
)

func main() {
	corpus := flag.String("corpus", filepath.Join("..", "shared", "corpus"), "folder of captures, truth and scorer")
	mistakes := flag.Int("errors", 0, "print so many mistakes of each kind")
	only := flag.String("pcap", "", "only captures whose name contains this")
	keep := flag.String("keep", "", "write the flows there, too")
	flag.Parse()
	if err := score(*corpus, *only, *keep, *mistakes); err != nil {
		fmt.Fprintln(os.Stderr, "score:", err)
		os.Exit(1)
	}
}

func score(corpus, only, keep string, mistakes int) error {
	captures, err := filepath.Glob(filepath.Join(corpus, "pcap", "*"))
	if err != nil || len(captures) == 0 {
		return errors.Join(err, fmt.Errorf("no captures in %s: name the corpus with -corpus", corpus))
	}
	out, err := os.CreateTemp("", "weir-score-*.jsonl")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	aliases, err := os.CreateTemp("", "weir-score-*.csv")
	if err != nil {
		return err
	}
	defer os.Remove(aliases.Name())
	defer aliases.Close()
	if err := writeAliases(aliases, filepath.Join(corpus, "score", "label_map.csv")); err != nil {
		return err
	}
	names, err := apps.NewTable(nil)
	if err != nil {
		return err
	}
	for _, path := range captures {
		if !strings.Contains(filepath.Base(path), only) {
			continue
		}
		if err := label(out, path, names); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if keep != "" {
		data, err := os.ReadFile(out.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(keep, data, 0o644); err != nil {
			return err
		}
	}
	args := []string{filepath.Join(corpus, "score", "score.py"), "--truth", filepath.Join(corpus, "truth"), "--out", out.Name(), "--bytes", "l3", "--errors", strconv.Itoa(mistakes), "--aliases", aliases.Name()}
	if only != "" {
		args = append(args, "--pcap", only)
	}
	cmd := exec.Command("python3", args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// named is what was found out about a flow.
type named struct {
	handle dpi.Handle
	result dpi.Result
	host   string
	ja4    string
}

// line is one flow as the scorer reads it.
type line struct {
	Pcap  string    `json:"pcap"`
	Proto uint8     `json:"proto"`
	Src   string    `json:"src"`
	Sport uint16    `json:"sport"`
	Dst   string    `json:"dst"`
	Dport uint16    `json:"dport"`
	L7    string    `json:"l7"`
	App   string    `json:"app"`
	Host  string    `json:"host,omitempty"`
	JA4   string    `json:"ja4,omitempty"`
	Pkts  [2]uint64 `json:"pkts"`
	Bytes [2]uint64 `json:"bytes"`
}

// quiet is an observer that needs nothing.
type quiet struct{}

func (quiet) Rolled(*flow.Flow, *flow.Change) {}
func (quiet) Ended(*flow.Flow, *flow.Record)  {}

// label writes the flows of one capture.
func label(w io.Writer, path string, names *apps.Table) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := pcap.NewReader(f)
	if err != nil {
		return err
	}
	table := flow.New(flow.Config{Max: 1 << 16, Joined: true}, quiet{})
	in := dpi.NewInspector(dpi.Config{})
	flows := make(map[flow.Key]*named)
	var frags flow.Fragments
	var p packet.Packet
	batch := make([]packet.Raw, 256)
	for {
		n, err := r.Batch(batch)
		for i := range batch[:n] {
			batch[i].Iface = 0
			if o := packet.Decode(&batch[i], &p); o == packet.OK || o == packet.Truncated && p.Version != 0 {
				if p.MoreFrags || p.FragOffset != 0 {
					frags.Resolve(&p)
				}
				look(in, table, flows, &p)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			break // the flows until then count
		}
	}
	enc := json.NewEncoder(w)
	id := filepath.Base(path)
	for _, f := range table.All {
		n := flows[f.Key]
		if n.handle != 0 {
			if end := in.Close(n.handle); end.Protocol != dpi.NoProtocol {
				n.result = end
			}
		}
		c, s := f.Client(), f.Client().Other()
		name := n.result.Protocol.String()
		if name == "" {
			name = portName(f)
		}
		err := enc.Encode(line{
			Pcap: id, Proto: f.Key.Proto,
			Src: f.Key.Addr(c).IP().String(), Sport: f.Key.Port(c), Dst: f.Key.Addr(s).IP().String(), Dport: f.Key.Port(s),
			L7: name, App: application(names, f, n), Host: n.host, JA4: n.ja4,
			Pkts: [2]uint64{f.Packets(c), f.Packets(s)}, Bytes: [2]uint64{f.Bytes(c), f.Bytes(s)},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// portName is the last hint.
func portName(f *flow.Flow) string {
	c := f.Client()
	a := dpi.ByPort(f.Key.Proto, f.Key.Port(c.Other()))
	if a == dpi.NoProtocol {
		a = dpi.ByPort(f.Key.Proto, f.Key.Port(c))
	}
	return a.String()
}

// look shows a packet to the table and the inspector.
func look(in *dpi.Inspector, table *flow.Table, flows map[flow.Key]*named, p *packet.Packet) {
	f, end, event := table.Packet(p)
	n := flows[f.Key]
	if event == flow.Created && n == nil {
		n = &named{handle: in.Open(p.Proto)}
		flows[f.Key] = n
	}
	if n.handle == 0 || p.FragOffset != 0 {
		return
	}
	var facts dpi.Facts
	r := in.Inspect(n.handle, p, end == f.Client(), &facts)
	if r.Protocol != dpi.NoProtocol {
		n.result = r
	}
	if r.Done {
		n.handle = 0
	}
	if n.host == "" {
		n.host = string(facts.Host)
	}
	if n.ja4 == "" && facts.JA4.Set() {
		n.ja4 = string(facts.JA4[:])
	}
}
