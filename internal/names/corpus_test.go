package names_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weir/internal/dpi"
	"weir/internal/names"
	"weir/internal/packet"
	"weir/internal/source/pcap"
	"weir/test/corpus"
)

// end is a flow as truth files have it, by the one that opened it.
type end struct {
	proto        uint8
	src, dst     netip.Addr
	sport, dport uint16
}

// asked reads which names the clients of a capture asked servers for.
func asked(t *testing.T, path string) map[end]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	hosts := map[end]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l struct {
			Proto        uint8
			Src, Dst     string
			Sport, Dport uint16
			L7           string
			Host         []string
		}
		if json.Unmarshal(lines.Bytes(), &l) != nil || len(l.Host) == 0 || l.L7 != "tls" && l.L7 != "quic" && l.L7 != "http" {
			continue
		}
		src, err := netip.ParseAddr(l.Src)
		dst, err2 := netip.ParseAddr(l.Dst)
		if err != nil || err2 != nil {
			continue
		}
		host, _, _ := strings.Cut(strings.ToLower(l.Host[0]), ":")
		hosts[end{l.Proto, src, dst, l.Sport, l.Dport}] = strings.TrimSuffix(host, ".")
	}
	return hosts
}

// watcher passes the packets of a capture to a Names and asks it for each flow
// whose host is known otherwise.
type watcher struct {
	*names.Names
	hosts map[end]string
	seen  map[end]bool

	flows, named, exact, domain int // domain: another name of the same domain
}

// packet looks at one packet.
func (w *watcher) packet(p *packet.Packet) {
	now := p.Time / 1000
	if p.Proto == packet.ProtoUDP && (p.SrcPort == 53 || p.DstPort == 53) {
		w.message(p, now)
		return
	}
	k := end{p.Proto, p.Src.IP(), p.Dst.IP(), p.SrcPort, p.DstPort}
	host, ok := w.hosts[k]
	if !ok || w.seen[k] {
		return
	}
	w.seen[k] = true
	w.flows++
	m := w.Lookup(&names.Client{Addr: p.Src}, &p.Dst, now)
	if m.Name == 0 {
		return
	}
	w.named++
	switch got := w.Pool.Text(m.Name); {
	case string(got) == host:
		w.exact++
	case string(names.Domain(got)) == string(names.Domain([]byte(host))):
		w.domain++
	}
}

// message does with a DNS message what an engine does.
func (w *watcher) message(p *packet.Packet, now int64) {
	m, ok := dpi.ParseMessage(p.Payload)
	if !ok || m.Counts[dpi.Question] != 1 {
		return
	}
	var room [3][dpi.MaxName]byte
	var r dpi.Record
	it := m.Records()
	if !it.Next(&r) {
		return
	}
	head := names.Message{
		At: now, ID: m.ID, Response: m.Response(), Rcode: m.Rcode(), Type: r.Type, Name: r.Name.AppendTo(room[0][:0]),
		Client: names.Client{Addr: p.Src}, Resolver: names.Resolver{Addr: p.Dst}, Port: p.SrcPort,
	}
	if head.Response {
		head.Client.Addr, head.Resolver.Addr, head.Port = p.Dst, p.Src, p.DstPort
	}
	w.Message(&head)
	for it.Next(&r) && r.Section == dpi.Answer {
		a := names.Answer{Owner: r.Name.AppendTo(room[1][:0]), Type: r.Type, TTL: r.TTL}
		if ip, ok := r.Addr(); ok {
			a.Addr = packet.AddrOf(ip)
		}
		if to, ok := r.Target(); ok && !to.Root() {
			a.Target = to.AppendTo(room[2][:0])
		}
		w.Answer(&a)
	}
	w.Done()
}

// TestCaptures has the DNS of real captures name their flows, and compares the
// names with those that the flows themselves say. What differs are addresses that
// serve several names, and what hosts had asked before the capture began: of a
// chain they had in their caches they ask only for the end.
func TestCaptures(t *testing.T) {
	var all watcher
	var total names.Counts
	for _, path := range corpus.Files(t, "pcap", "*.pcap*") {
		base := filepath.Base(path)
		w := watcher{
			Names: names.New(names.Config{Decode: true, Flows: 8192, Devices: 512}), seen: map[end]bool{},
			hosts: asked(t, filepath.Join(corpus.Path(t, "truth"), base+".jsonl")),
		}
		read(t, path, w.packet)
		all.flows, all.named, all.exact, all.domain = all.flows+w.flows, all.named+w.named, all.exact+w.exact, all.domain+w.domain
		c := w.Total()
		total.Queries, total.Unanswered, total.Unasked = total.Queries+c.Queries, total.Unanswered+c.Unanswered, total.Unasked+c.Unasked
		for i, n := range c.Answers {
			total.Answers[i] += n
		}
		if wrong := w.named - w.exact - w.domain; wrong > 0 {
			t.Logf("%s: %d of %d flows have another name", base, wrong, w.named)
		}
	}
	t.Logf("%d flows that say their host, %d named by DNS: %d the same, %d of the same domain", all.flows, all.named, all.exact, all.domain)
	t.Logf("%d queries, answers %v, %d to queries that were not seen", total.Queries, total.Answers, total.Unasked)
	if all.named == 0 || float64(all.exact+all.domain) < 0.92*float64(all.named) || float64(all.exact) < 0.8*float64(all.named) {
		t.Error("DNS and flows disagree")
	}
}

// read calls f with each packet of a capture.
func read(t *testing.T, path string, f func(*packet.Packet)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rd, err := pcap.NewReader(file)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	var raw packet.Raw
	var p packet.Packet
	for {
		err := rd.Next(&raw)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if packet.Decode(&raw, &p) == packet.OK {
			f(&p)
		}
	}
}
