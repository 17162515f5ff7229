package flow

import (
	"testing"

	"weir/internal/packet"
)

const (
	fFIN = packet.FIN
	fSYN = packet.SYN
	fRST = packet.RST
	fACK = packet.ACK
	fSA  = packet.SYN | packet.ACK
	fFA  = packet.FIN | packet.ACK
)

// handshake is a connection with 10 ms to the server and 2 ms to the client,
// seen by the observer; sequence numbers begin at 1000 and 5000.
func handshake(more ...seg) []seg {
	return append([]seg{
		{at: 0, from: 'c', flags: fSYN, seq: 1000},
		{at: 10000, from: 's', flags: fSA, seq: 5000},
		{at: 12000, from: 'c', flags: fACK, seq: 1001},
	}, more...)
}

func TestState(t *testing.T) {
	tests := []struct {
		name string
		segs []seg
		want string
	}{
		{"attempt", []seg{{from: 'c', flags: fSYN}}, "S0"},
		{"refused", []seg{{from: 'c', flags: fSYN}, {from: 's', flags: fRST | fACK}}, "REJ"},
		{"established", handshake(), "S1"},
		{"closed by both", handshake(seg{from: 'c', flags: fFA, seq: 1001}, seg{from: 's', flags: fFA, seq: 5001}), "SF"},
		{"half closed by the client", handshake(seg{from: 'c', flags: fFA, seq: 1001}), "S2"},
		{"half closed by the server", handshake(seg{from: 's', flags: fFA, seq: 5001}), "S3"},
		{"reset by the client", handshake(seg{from: 'c', flags: fRST}), "RSTO"},
		{"reset by the server", handshake(seg{from: 's', flags: fRST}), "RSTR"},
		{"reset by both, server first", handshake(seg{from: 's', flags: fRST}, seg{from: 'c', flags: fRST}), "RSTR"},
		{"reset by both, client first", handshake(seg{from: 'c', flags: fRST}, seg{from: 's', flags: fRST}), "RSTO"},
		{"gave up", []seg{{from: 'c', flags: fSYN}, {from: 'c', flags: fRST}}, "RSTOS0"},
		{"answer without question, reset", []seg{{from: 's', flags: fSA}, {from: 's', flags: fRST}}, "RSTRH"},
		{"half open then closed", []seg{{from: 'c', flags: fSYN}, {from: 'c', flags: fFIN}}, "SH"},
		{"answer without question, closed", []seg{{from: 's', flags: fSA}, {from: 's', flags: fFIN}}, "SHR"},
		{"joined in the middle", []seg{{from: 'c', flags: fACK, pay: 9}, {from: 's', flags: fACK}}, "OTH"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := play(t, packet.ProtoTCP, tt.segs).State(); got != tt.want {
				t.Errorf("state %s, want %s", got, tt.want)
			}
		})
	}
	if got := play(t, packet.ProtoUDP, []seg{{from: 'c'}}).State(); got != "" {
		t.Errorf("state %q of UDP", got)
	}
}

func TestLatencies(t *testing.T) {
	f := play(t, packet.ProtoTCP, handshake(
		seg{at: 13000, from: 'c', flags: fACK, seq: 1001, pay: 100},
		seg{at: 33000, from: 's', flags: fACK, seq: 5001, pay: 100},
	))
	if us, ok := f.ServerRTT(); !ok || us != 10000 {
		t.Errorf("server %d %v, want 10000", us, ok)
	}
	if us, ok := f.ClientRTT(); !ok || us != 2000 {
		t.Errorf("client %d %v, want 2000", us, ok)
	}
	if us, ok := f.AppLatency(); !ok || us != 20000 {
		t.Errorf("application %d %v, want 20000", us, ok)
	}
}

func TestLatencyOfRepeatedSYN(t *testing.T) {
	f := play(t, packet.ProtoTCP, []seg{
		{at: 0, from: 'c', flags: fSYN, seq: 1}, {at: 1_000_000, from: 'c', flags: fSYN, seq: 1},
		{at: 1_010_000, from: 's', flags: fSA, seq: 9},
	})
	if us, ok := f.ServerRTT(); !ok || us != 10000 {
		t.Errorf("server %d %v, want 10000 after the second SYN", us, ok)
	}
	if _, ok := f.ClientRTT(); ok {
		t.Error("client latency known before the ACK")
	}
}

func TestSequences(t *testing.T) {
	data := func(at int64, seq, pay uint32) seg { return seg{at: at, from: 'c', flags: fACK, seq: seq, pay: pay} }
	type counts struct{ retrans, ooo, lost uint32 }
	tests := []struct {
		name string
		segs []seg
		want counts
	}{
		{"in order", []seg{data(1, 1001, 100), data(2, 1101, 100), data(3, 1201, 100)}, counts{}},
		{"repeated", []seg{data(1, 1001, 100), data(300_000, 1001, 100), data(300_001, 1101, 100)}, counts{retrans: 1}},
		{"repeated and longer", []seg{data(1, 1001, 100), data(300_000, 1001, 200), data(300_001, 1201, 100)}, counts{retrans: 1}},
		{"swapped", []seg{data(1, 1001, 100), data(2, 1201, 100), data(3, 1101, 100), data(4, 1301, 100)}, counts{ooo: 1}},
		{"lost before us, sent again after three", []seg{
			data(1, 1001, 100), data(2, 1201, 100), data(3, 1301, 100), data(4, 1401, 100), data(5, 1501, 100),
			data(15_000, 1101, 100), data(15_001, 1601, 100)}, counts{retrans: 1}},
		{"lost before us, sent again after a timeout", []seg{data(1, 1001, 100), data(2, 1201, 100), data(300_000, 1101, 100)}, counts{retrans: 1}},
		{"lost for good", []seg{data(1, 1001, 100), data(2, 1301, 100), data(3, 1401, 100)}, counts{lost: 2}},
		{"a short tail overtakes", []seg{data(1, 1001, 1460), data(2, 2461, 1460), data(3, 3921, 1460), data(4, 6841, 60)}, counts{lost: 1}},
		{"a short tail overtakes and is followed", []seg{data(1, 1001, 1460), data(2, 2461, 1460), data(3, 5381, 60), data(4, 3921, 1460)}, counts{ooo: 1}},
		{"wraps around", []seg{data(1, 1<<32-100, 100), data(2, 0, 100)}, counts{}},
		{"keep-alive", []seg{data(1, 1001, 100), data(9_000_000, 1100, 0), data(18_000_000, 1100, 1)}, counts{}},
		{"merged frame", []seg{{at: 1, from: 'c', flags: fACK, seq: 1001, pay: 3000, n: 3}, data(2, 4001, 10)}, counts{}},
		{"merged frame sent again", []seg{{at: 1, from: 'c', flags: fACK, seq: 1001, pay: 3000, n: 3},
			{at: 300_000, from: 'c', flags: fACK, seq: 1001, pay: 3000, n: 3}}, counts{retrans: 3}},
		{"FIN takes a number", []seg{data(1, 1001, 100), {at: 2, from: 'c', flags: fFA, seq: 1101}, {at: 300_000, from: 'c', flags: fFA, seq: 1101}}, counts{retrans: 1}},
		{"FIN overtakes data", []seg{data(1, 1001, 1460), {at: 2, from: 'c', flags: fFA, seq: 3921}, data(3, 2461, 1460)}, counts{ooo: 1}},
		{"bare ACKs say nothing", []seg{data(1, 1001, 100), data(2, 1101, 0), data(3, 1101, 0)}, counts{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := play(t, packet.ProtoTCP, tt.segs)
			c := f.Client()
			if got := (counts{f.Retransmitted(c), f.OutOfOrder(c), f.Lost(c)}); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			s := c.Other()
			if f.Retransmitted(s)|f.OutOfOrder(s)|f.Lost(s) != 0 {
				t.Error("faults counted at the silent end")
			}
		})
	}
}

// Whatever the sequence numbers, the counters stay plausible: nothing is sent
// again or reordered that was not sent.
func FuzzSegments(f *testing.F) {
	f.Add([]byte{2, 0, 0, 1, 18, 0, 0, 1, 16, 0, 100, 9, 16, 0, 10, 9})
	f.Fuzz(func(t *testing.T, in []byte) {
		tb := New(Config{Max: 4}, &recorder{})
		var total uint32
		for i := 0; i+4 <= len(in); i += 4 {
			s := seg{at: int64(i) * 100, from: "cs"[in[i]>>7], flags: in[i] & 0x3f,
				seq: uint32(in[i+1])<<24 | uint32(in[i+2])<<4, pay: uint32(in[i+3]) * 10, n: uint32(in[i+2]&3) + 1}
			fl, e, _ := tb.Packet(s.packetOf(packet.ProtoTCP))
			total += s.n
			if fl.Retransmitted(e) > total || fl.OutOfOrder(e) > total {
				t.Fatalf("%d retransmitted, %d out of order of %d sent", fl.Retransmitted(e), fl.OutOfOrder(e), total)
			}
			if st := fl.State(); st == "" {
				t.Fatal("no state")
			}
		}
	})
}
