package flowlog_test

import (
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/flowlog"
	"weir/internal/packet"
	"weir/internal/source/pcap"
	"weir/test/corpus"
)

// corpusFlows returns the flows of all captures as the engine logs them, one
// capture after the other. With a router, connection tracking counted them and
// translated the addresses of those that leave the house, as a router by default
// has it.
func corpusFlows(tb testing.TB, router bool) []flowlog.Flow {
	tb.Helper()
	var all []flowlog.Flow
	at := int64(1_760_000_000_000_000)
	for _, path := range corpus.Files(tb, "pcap", "*.pcap*") {
		rows := captureFlows(tb, path)
		if len(rows) == 0 {
			continue
		}
		first, last := rows[0].First, rows[0].Last
		for i := range rows {
			first, last = min(first, rows[i].First), max(last, rows[i].Last)
		}
		for i := range rows {
			f := &rows[i]
			f.First += at - first
			f.Last += at - first
			f.ID = f.ID>>31<<31 | uint64(f.First)&(1<<31-1)
			if router {
				track(f)
			}
		}
		all = append(all, rows...)
		at += last - first
	}
	return all
}

func captureFlows(tb testing.TB, path string) []flowlog.Flow {
	tb.Helper()
	file, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	r, err := pcap.NewReader(file)
	if err != nil {
		return nil // of a link type that is refused
	}
	var rows []flowlog.Flow
	e := engine.New(engine.Config{
		Flows:    flow.Config{Max: 8192, Idle: time.Minute, Active: 5 * time.Minute, Completed: 10 * time.Second},
		MaxHosts: 4096, MaxDevices: 512, CaptureTime: true,
		Log: func(f *flowlog.Flow) { rows = append(rows, *f) },
	})
	if _, err := e.Interface("br-lan"); err != nil {
		tb.Fatal(err)
	}
	batch := make([]packet.Raw, 64)
	for {
		n, err := r.Batch(batch)
		for i := range batch[:n] {
			batch[i].Iface = 0
		}
		e.Packets(batch[:n])
		if err != nil {
			e.Flush()
			return rows
		}
	}
}

// track makes f what it is where connection tracking counts.
func track(f *flowlog.Flow) {
	none32 := flowlog.Pair[uint32]{}
	f.Observed, f.Source, f.Offload, f.Uplink = false, "conntrack", "software", "wan"
	f.Payload, f.LowGoodput = flowlog.Pair[uint64]{}, false
	f.GapMin, f.GapAvg, f.GapMax, f.Retrans, f.OutOfOrder, f.Lost = none32, none32, none32, none32, none32, none32
	f.RTTClient, f.RTTApp = 0, 0
	o := packet.Tuple{Src: packet.AddrOf(f.Client.IP), Dst: packet.AddrOf(f.Server.IP), SrcPort: f.Client.Port, DstPort: f.Server.Port}
	f.NAT = &flowlog.NAT{Orig: o, Reply: o.Inverted()}
	if f.Dir == "out" && f.Client.IP.Is4() {
		f.NAT.Reply.Dst = packet.AddrOf(netip.MustParseAddr("203.0.113.77"))
	}
}

// pack packs flows into as many blocks as it takes.
func pack(tb testing.TB, flows []flowlog.Flow) []flowlog.Block {
	tb.Helper()
	var blocks []flowlog.Block
	b := flowlog.NewBuilder()
	for i := range flows {
		if b.Append(&flows[i]) {
			continue
		}
		blocks = append(blocks, b.Close())
		if !b.Append(&flows[i]) {
			tb.Fatal("an empty builder takes no flow")
		}
	}
	return append(blocks, b.Close())
}

// TestSize checks how much room flows of real captures take: at most 45 bytes
// each where connection tracking counts them, as on a router.
func TestSize(t *testing.T) {
	for _, tt := range []struct {
		name          string
		router, named bool // only those with names
		most          float64
	}{{"router", true, false, 45}, {"router, with names", true, true, 45}, {"captured", false, false, 45}, {"captured, with names", false, true, 50}} {
		t.Run(tt.name, func(t *testing.T) {
			flows := corpusFlows(t, tt.router)
			if tt.named {
				flows = slices.DeleteFunc(flows, func(f flowlog.Flow) bool { return f.Host == "" })
			}
			size, named := 0, 0
			blocks := pack(t, flows)
			for _, b := range blocks {
				size += len(b.Bytes)
			}
			for i := range flows {
				if flows[i].Host != "" {
					named++
				}
			}
			each := float64(size) / float64(len(flows))
			t.Logf("%d flows, %d of them with names, in %d blocks: %.1f bytes a flow", len(flows), named, len(blocks), each)
			if each > tt.most {
				t.Errorf("%.1f bytes a flow, at most %.0f are wanted", each, tt.most)
			}
			if testing.Verbose() {
				t.Log(strings.Join(flowlog.Sizes(blocks), "\n"))
			}
		})
	}
}
