package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/packet"
	"weir/internal/source/pcap"
	"weir/test/corpus"
)

// TestCorpus has the program, built as it is now, judged by the whole corpus, and
// once more behind the filter of hybrid mode. It fails where a figure is below
// nDPI's, or a name is lost that the filter must pass.
func TestCorpus(t *testing.T) {
	folder := filepath.Dir(corpus.Path(t, "score"))
	if _, err := exec.LookPath("python3"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED: needs python3 for the corpus' scorer")
	}
	bin := filepath.Join(t.TempDir(), "weir")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "../../cmd/weir")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, filter := range []string{"", "hybrid"} {
		t.Run("filter="+filter, func(t *testing.T) {
			var out bytes.Buffer
			if err := run(t.Context(), &out, job{bin: bin, corpus: folder, filter: filter}); err != nil {
				t.Error(err)
			}
			t.Log("\n" + out.String())
		})
	}
}

func TestJobsThatCannotRun(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("SKIPPED: needs python3")
	}
	for _, j := range []job{
		{bin: "weir", corpus: t.TempDir()},
		{bin: "no-such-program", corpus: filepath.Dir(corpus.Path(t, "score"))},
		{bin: "true", corpus: filepath.Dir(corpus.Path(t, "score")), filter: "packets"},
	} {
		if err := run(t.Context(), new(bytes.Buffer), j); err == nil {
			t.Errorf("%+v can run", j)
		}
	}
}

func TestFloor(t *testing.T) {
	good := result{MacroF1: 0.9, Recall: 0.99, Precision: 1, Counts: map[string]float64{
		"hard": 10, "hard_ok": 8, "app_n_host": 10, "app_ok_host": 10, "host_quic": 10, "hostok_quic": 10,
	}}
	if err := good.print(new(bytes.Buffer)); err != nil {
		t.Errorf("above the floor: %v", err)
	}
	bad := good
	bad.MacroF1 = 0.869
	if err := bad.print(new(bytes.Buffer)); err == nil {
		t.Error("a macro-F1 below the floor passes")
	}
}

func TestLosses(t *testing.T) {
	tls := func(port uint16, host, ja4 string) line {
		return line{Pcap: "a", Proto: 6, Src: "192.0.2.1", Sport: port, Dst: "198.51.100.1", Dport: 443, L7: "tls", Host: host, JA4: ja4, Pkts: [2]uint64{9, 9}}
	}
	ssh := line{Pcap: "a", Proto: 6, Src: "192.0.2.1", Sport: 7, Dst: "198.51.100.1", Dport: 2200, L7: "ssh"}
	nameless := line{Pcap: "a", Proto: 17, Src: "192.0.2.1", Sport: 7, Dst: "198.51.100.1", Dport: 9999}
	flows := []line{tls(1, "a.example", "t13"), tls(2, "b.example", ""), tls(3, "", ""), ssh, nameless}
	turned := tls(1, "a.example", "t12")
	turned.Src, turned.Dst, turned.Sport, turned.Dport, turned.Pkts = turned.Dst, turned.Src, turned.Dport, turned.Sport, [2]uint64{1, 0}
	passed := []line{turned, tls(2, "", "")}

	got := compare(flows, passed)
	want := losses{
		"tls": {flows: 3, hosts: 2, ja4s: 1, lostHosts: 1, lostJA4s: 1},
		"ssh": {flows: 1, lostNames: 1},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(loss{})); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
	if got.check() == nil {
		t.Error("a lost host passes")
	}
	var out bytes.Buffer
	got.print(&out)
	for _, row := range []string{"| tls | 3 | 0 | 2 | 1 | 1 | 1 |", "| ssh | 1 | 1 |", "| 0 others | 0 |"} {
		if !bytes.Contains(out.Bytes(), []byte(row)) {
			t.Errorf("no %q in\n%s", row, &out)
		}
	}
	is := counted(flows, passed)
	if is[0].Src != "192.0.2.1" || is[0].Pkts != [2]uint64{9, 9} || is[0].JA4 != "t12" {
		t.Errorf("connection tracking counts, what passed names: %+v", is[0])
	}
}

func TestLines(t *testing.T) {
	all := []line{{Pcap: "a", Proto: 17, Src: "192.0.2.1", Sport: 1, Dst: "192.0.2.2", Dport: 53, L7: "dns", Host: "example.com", Pkts: [2]uint64{1, 1}}}
	text, err := format(all)
	if err != nil {
		t.Fatal(err)
	}
	got, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("written and read (-want +got):\n%s", diff)
	}
	for _, broken := range []string{"{", `{"pcap":"a"}`} {
		if _, err := parse([]byte(broken)); err == nil {
			t.Errorf("%q is a flow", broken)
		}
	}
}

// Frames that are cut keep their time and length on the wire.
func TestBlocks(t *testing.T) {
	frames := []packet.Raw{
		{Time: 1700000000123456789, Data: []byte("abcdefgh"), Len: 8, Link: packet.LinkEthernet},
		{Time: 1700000001123456789, Data: []byte("12345"), Len: 1500, Link: packet.LinkRaw},
	}
	var file bytes.Buffer
	b := blocks{w: &file, links: make(map[packet.LinkType]uint32)}
	b.section()
	for i := range frames {
		b.frame(&frames[i], 5)
	}
	if b.err != nil {
		t.Fatal(b.err)
	}
	r, err := pcap.NewReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	var got []packet.Raw
	for {
		var raw packet.Raw
		if r.Next(&raw) != nil {
			break
		}
		raw.Data, raw.Iface = slices.Clone(raw.Data), 0
		got = append(got, raw)
	}
	frames[0].Data = frames[0].Data[:5]
	if diff := cmp.Diff(frames, got); diff != "" {
		t.Errorf("written and read (-want +got):\n%s", diff)
	}
}
