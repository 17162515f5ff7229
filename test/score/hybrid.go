package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"weir/internal/dpi"
	"weir/internal/packet"
	"weir/internal/source/afpacket"
	"weir/internal/source/pcap"
)

// passing has the captures pass the filter of hybrid mode and the program read
// what is left of them.
func passing(ctx context.Context, bin, dir string, captures []string) ([]line, error) {
	var cut []string
	for _, from := range captures {
		to := filepath.Join(dir, filepath.Base(from))
		if err := cutFile(to, from); err != nil {
			return nil, fmt.Errorf("%s: %w", from, err)
		}
		cut = append(cut, to)
	}
	return read(ctx, bin, cut)
}

// cutFile writes to a file what passes of a capture.
func cutFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	w := bufio.NewWriter(out)
	if err := cut(w, in); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return out.Close()
}

// cut writes what passes of a capture as pcapng, the lengths on the wire kept.
// Every station's traffic is taken for routed, so that all of it has to be named
// by what passes.
func cut(w io.Writer, in io.Reader) error {
	r, err := pcap.NewReader(in)
	if err != nil {
		return err
	}
	filter, err := afpacket.NewOfflineFilter(afpacket.Config{Hybrid: true, BridgedTracked: true}, nil)
	if err != nil {
		return err
	}
	ng := blocks{w: w, links: make(map[packet.LinkType]uint32)}
	ng.section()
	batch := make([]packet.Raw, 256)
	for ng.err == nil {
		n, err := r.Batch(batch)
		for i := range batch[:n] {
			if caplen, _ := filter.Pass(&batch[i]); caplen > 0 {
				ng.frame(&batch[i], caplen)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	return ng.err
}

// blocks writes pcapng (draft-ietf-opsawg-pcapng): one section, an interface for
// each link type.
type blocks struct {
	w     io.Writer
	links map[packet.LinkType]uint32
	err   error
}

func (b *blocks) section() {
	body := binary.LittleEndian.AppendUint32(nil, 0x1a2b3c4d)
	body = binary.LittleEndian.AppendUint32(body, 1) // version 1.0
	b.block(0x0a0d0d0a, binary.LittleEndian.AppendUint64(body, 1<<64-1))
}

func (b *blocks) frame(r *packet.Raw, caplen int) {
	id, ok := b.links[r.Link]
	if !ok {
		id = uint32(len(b.links))
		b.links[r.Link] = id
		body := binary.LittleEndian.AppendUint32(nil, uint32(r.Link))
		body = binary.LittleEndian.AppendUint32(body, 0)             // no snap length
		b.block(1, append(body, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0)) // if_tsresol: nanoseconds
	}
	body := binary.LittleEndian.AppendUint32(nil, id)
	body = binary.LittleEndian.AppendUint32(body, uint32(uint64(r.Time)>>32))
	body = binary.LittleEndian.AppendUint32(body, uint32(r.Time))
	body = binary.LittleEndian.AppendUint32(body, uint32(caplen))
	body = binary.LittleEndian.AppendUint32(body, r.Len)
	b.block(6, append(body, r.Data[:caplen]...))
}

func (b *blocks) block(kind uint32, body []byte) {
	if b.err != nil {
		return
	}
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	size := uint32(len(body) + 12)
	all := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, kind), size)
	_, b.err = b.w.Write(binary.LittleEndian.AppendUint32(append(all, body...), size))
}

// byKey finds flows.
func byKey(flows []line) map[key]*line {
	m := make(map[key]*line, len(flows))
	for i := range flows {
		m[flows[i].key()] = &flows[i]
	}
	return m
}

// counted is what hybrid mode makes of whole captures: connection tracking counts
// all flows, and what passed names them. A flow of which nothing passed has its
// port alone.
func counted(whole, passed []line) []line {
	names := byKey(passed)
	all := slices.Clone(whole)
	for i := range all {
		l := &all[i]
		if n := names[l.key()]; n != nil {
			l.L7, l.App, l.Host, l.JA4 = n.L7, n.App, n.Host, n.JA4
			continue
		}
		l.L7, l.App, l.Host, l.JA4 = dpi.ByPort(l.Proto, l.Dport).String(), "", "", ""
	}
	return all
}

// losses is what the filter takes, by the protocol that a flow has without it.
type losses map[string]*loss

// loss counts flows of a protocol and those that lost something.
type loss struct {
	flows, hosts, ja4s             int // that have a name, a host, a JA4 without the filter
	lostNames, lostHosts, lostJA4s int // that have none or another one with it
}

// compare counts what is different with the filter.
func compare(whole, passed []line) losses {
	l := make(losses)
	after := counted(whole, passed)
	for i := range whole {
		was, is := &whole[i], &after[i]
		if was.L7 == "" {
			continue
		}
		p := l[was.L7]
		if p == nil {
			p = new(loss)
			l[was.L7] = p
		}
		count := func(all, lost *int, was, is string) {
			if was != "" {
				*all++
			}
			if was != "" && is != was {
				*lost++
			}
		}
		count(&p.flows, &p.lostNames, was.L7, is.L7)
		count(&p.hosts, &p.lostHosts, was.Host, is.Host)
		count(&p.ja4s, &p.lostJA4s, was.JA4, is.JA4)
	}
	return l
}

// named are the protocols of whose names none may be lost.
var named = []string{"tls", "quic", "http", "dns"}

// print writes the table: the protocols of which no name may be lost, those that
// lose something, and the others together.
func (l losses) print(w io.Writer) {
	fmt.Fprint(w, "| protocol | flows | lost | hosts | lost | JA4 | lost |\n|---|---:|---:|---:|---:|---:|---:|\n")
	row := func(name string, p *loss) {
		fmt.Fprintf(w, "| %s | %d | %d | %d | %d | %d | %d |\n", name, p.flows, p.lostNames, p.hosts, p.lostHosts, p.ja4s, p.lostJA4s)
	}
	for _, name := range named {
		if p := l[name]; p != nil {
			row(name, p)
		}
	}
	var others loss
	n := 0
	for _, name := range slices.Sorted(maps.Keys(l)) {
		switch p := l[name]; {
		case slices.Contains(named, name):
		case p.lostNames+p.lostHosts+p.lostJA4s > 0:
			row(name, p)
		default:
			n++
			others.flows, others.hosts, others.ja4s = others.flows+p.flows, others.hosts+p.hosts, others.ja4s+p.ja4s
		}
	}
	row(fmt.Sprintf("%d others", n), &others)
	fmt.Fprintln(w)
}

// check fails when names are lost that must not be. That a flow is TLS may be lost:
// of one that was joined in its middle all is bulk.
func (l losses) check() error {
	var all []error
	for _, name := range named {
		p := l[name]
		if p == nil || p.hosts == 0 {
			all = append(all, fmt.Errorf("no flow of %s has a host", name))
		} else if p.lostHosts+p.lostJA4s > 0 {
			all = append(all, fmt.Errorf("the filter takes %d hosts and %d JA4 of %s", p.lostHosts, p.lostJA4s, name))
		}
	}
	return errors.Join(all...)
}
