package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
)

// line is one flow as the program prints it and the scorer reads it.
type line struct {
	Pcap  string    `json:"pcap"`
	Proto uint8     `json:"proto"`
	Src   string    `json:"src"`
	Sport uint16    `json:"sport"`
	Dst   string    `json:"dst"`
	Dport uint16    `json:"dport"`
	L7    string    `json:"l7,omitempty"`
	App   string    `json:"app,omitempty"`
	Host  string    `json:"host,omitempty"`
	JA4   string    `json:"ja4,omitempty"`
	Pkts  [2]uint64 `json:"pkts"`
	Bytes [2]uint64 `json:"bytes"`
}

// key tells flows apart, whoever is the client.
type key struct {
	pcap  string
	proto uint8
	ends  [2]string
}

func (l *line) key() key {
	k := key{l.Pcap, l.Proto, [2]string{fmt.Sprint(l.Src, " ", l.Sport), fmt.Sprint(l.Dst, " ", l.Dport)}}
	if k.ends[0] > k.ends[1] {
		k.ends[0], k.ends[1] = k.ends[1], k.ends[0]
	}
	return k
}

// parse reads flows, one a line.
func parse(out []byte) (all []line, err error) {
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var l line
		switch err := dec.Decode(&l); {
		case err == io.EOF:
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("flow %d: %w", len(all)+1, err)
		}
		if _, err := netip.ParseAddr(l.Src); err != nil {
			return nil, fmt.Errorf("flow %d: %w", len(all)+1, err)
		}
		all = append(all, l)
	}
}

// format writes flows, one a line.
func format(all []line) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for i := range all {
		if err := enc.Encode(&all[i]); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
