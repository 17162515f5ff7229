package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/test/corpus"
)

// fiveTuple is a flow of a capture, whichever end opened it.
type fiveTuple struct {
	Proto int
	A, B  netip.AddrPort
}

// truth is what is known of a flow: packets and IP bytes by direction, a to b
// first.
type truth struct {
	packets, bytes [2]uint64
	optional       bool // the inner flow of a tunnel, or a tunnel
	joined         bool // its later fragments are flows of their own in the truth
}

// flowLine is what both read --json and the truth files hold.
type flowLine struct {
	Proto    int // -1 in the truth for what tshark could not name
	Src, Dst netip.Addr
	SPort    uint16    `json:"sport"`
	DPort    uint16    `json:"dport"`
	Pkts     [2]uint64 // of read
	Bytes    [2]uint64
	Pk, L3   [2]uint64 // of the truth
	Flags    []string
}

// key returns the flow and whether its ends had to be exchanged. Protocols
// without ports have none in the truth.
func (l *flowLine) key() (k fiveTuple, swapped bool) {
	switch l.Proto {
	case 6, 17, 132, 136:
	default:
		l.SPort, l.DPort = 0, 0
	}
	k = fiveTuple{l.Proto, netip.AddrPortFrom(l.Src, l.SPort), netip.AddrPortFrom(l.Dst, l.DPort)}
	if k.A.Compare(k.B) > 0 {
		k.A, k.B = k.B, k.A
		return k, true
	}
	return k, false
}

// readFlows reads lines of JSON and sums them by flow.
func readFlows(t *testing.T, r io.Reader, each func(l *flowLine) (tr truth, use bool)) map[fiveTuple]truth {
	t.Helper()
	all := make(map[fiveTuple]truth)
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l flowLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		one, use := each(&l)
		if !use {
			continue
		}
		k, swapped := l.key()
		sum := all[k]
		for i := range 2 {
			from := i
			if swapped {
				from = 1 - i
			}
			sum.packets[i] += one.packets[from]
			sum.bytes[i] += one.bytes[from]
		}
		sum.optional, sum.joined = sum.optional || one.optional, sum.joined || one.joined
		all[k] = sum
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// readCapture returns what read prints of a capture to standard output and error.
func readCapture(t *testing.T, o readOptions, path string) (out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	con := &console{out: &stdout, err: &stderr}
	if err := o.readAll(context.Background(), con, []string{path}); err != nil && err != errReported {
		t.Fatalf("%s: %v", path, err)
	}
	return stdout.String(), stderr.String()
}

// TestReadAgainstTruth compares every flow of the captures with what is known of
// it: none missing, none extra, packets and bytes exact for 99.5 of 100. Those
// that are not are answers in fragments, whose later ones are flows of their own
// in the truth.
func TestReadAgainstTruth(t *testing.T) {
	var flows, wrong int
	for _, path := range corpus.Files(t, "truth", "*.jsonl") {
		name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		want := readFlows(t, f, func(l *flowLine) (truth, bool) {
			optional := slices.ContainsFunc(l.Flags, func(s string) bool { return s == "tun" || strings.HasPrefix(s, "layer") })
			return truth{l.Pk, l.L3, optional, slices.Contains(l.Flags, "mf")}, !slices.Contains(l.Flags, "frag")
		})
		f.Close()
		out, errs := readCapture(t, readOptions{json: true, maxFlows: 1 << 16}, corpus.Path(t, "pcap", name))
		if errs != "" {
			t.Errorf("%s: %s", name, errs)
		}
		got := readFlows(t, strings.NewReader(out), func(l *flowLine) (truth, bool) {
			return truth{packets: l.Pkts, bytes: l.Bytes}, true
		})
		for k, w := range want {
			g, ok := got[k]
			switch {
			case !ok && w.optional:
				continue
			case !ok:
				t.Errorf("%s: %v is missing", name, k)
			case !w.joined && (g.packets != w.packets || g.bytes != w.bytes):
				t.Logf("%s: %v has %v packets, %v bytes; want %v, %v", name, k, g.packets, g.bytes, w.packets, w.bytes)
				wrong++
			}
			flows++
			delete(got, k)
		}
		for k := range got {
			t.Errorf("%s: %v is extra", name, k)
		}
	}
	if flows < 3600 || wrong*1000 > flows*5 {
		t.Errorf("%d of %d flows are not exact", wrong, flows)
	}
}

// TestReadOddCaptures reads formats of every kind and broken captures: each ends
// soon, with flows or with one line that names the file.
func TestReadOddCaptures(t *testing.T) {
	for _, folder := range []string{"formats", "robust"} {
		for _, path := range corpus.Files(t, folder, "*") {
			for _, asJSON := range []bool{false, true} {
				begin := time.Now()
				out, errs := readCapture(t, readOptions{json: asJSON, maxFlows: 1024}, path)
				if took := time.Since(begin); took > 5*time.Second {
					t.Errorf("%s: took %v", path, took)
				}
				if strings.Count(errs, "\n") > 1 || errs != "" && !strings.Contains(errs, path) {
					t.Errorf("%s: %q", path, errs)
				}
				if !asJSON && errs == "" && !strings.Contains(out, " flow") {
					t.Errorf("%s: neither flows nor an error: %q", path, out)
				}
			}
		}
	}
}
