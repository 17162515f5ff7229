//go:build integration

package daemon

import (
	"math"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"weir/test/ask"
	"weir/test/netns"
)

// At more than 50,000 packets a second for ten seconds nothing is dropped, every
// flow is counted to the packet and to the byte, and the API answers.
func TestLoad(t *testing.T) {
	const seconds, up, down, count = 10, 42_000, 14_000, 24
	home := netns.New(t, netns.Options{NAT: true, Silent: true})
	s := newSite(t, bridge)
	s.live(t, home)
	flows := fromClient(count, 40000)
	back := fromServer(flows)
	cpu := number(s.call(t, "status", nil), "cpu")
	stop := s.ask(t)
	var sent, sentBack netns.Report
	var errs [2]error
	var both sync.WaitGroup
	begin := time.Now()
	both.Go(func() { sent, errs[0] = home.Client1.Send(netns.Eth, flows, up*seconds/len(flows), up) })
	both.Go(func() { sentBack, errs[1] = home.Server.Send(netns.Eth, back, down*seconds/len(back), down) })
	both.Wait()
	took := time.Since(begin)
	asked, slowest, which := stop()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	s.check(t, append(sent.Sent, sentBack.Sent...)...)
	status := s.call(t, "status", nil)
	packets := number(status, "traffic.pkts")
	rate := packets / took.Seconds()
	t.Logf("%.0f packets in %v, %.0f a second; dropped %v", packets, took.Round(time.Millisecond), rate, number(status, "drops.packets"))
	t.Logf("daemon: %.0f ns of processor time a packet, %.1f MiB resident", (number(status, "cpu")-cpu)*1e9/packets, number(status, "memory.rss")/(1<<20))
	t.Logf("API: %d answers, the slowest took %v (%s)", asked, slowest.Round(10*time.Microsecond), which)
	if rate < 50_000 {
		t.Errorf("only %.0f packets a second could be sent", rate)
	}
	if slowest > time.Second {
		t.Errorf("%s took %v to answer", which, slowest)
	}
	devices := s.call(t, "devices", url.Values{"mac": {"02:00:00:00:01:01"}})
	if ask.At(devices, "devices.0.online") != true {
		t.Errorf("the client is not known: %v", devices)
	}
}

// transfer makes a connection none of whose segments had to be sent again: where
// one was lost, TCP does not tell.
func transfer(t *testing.T, home *netns.Home, addr netip.AddrPort, up, down int64) netns.Connection {
	t.Helper()
	for range 10 {
		c, err := netns.Transfer(home.Client1, home.Server, addr, up, down)
		if err != nil {
			t.Fatal(err)
		}
		if c.Retransmitted == 0 && c.Disordered == 0 {
			return c
		}
	}
	t.Skip("SKIPPED: this machine is too busy for a connection without losses")
	return netns.Connection{}
}

// With segmentation offloads the kernel hands over merged frames; what is counted
// is what was on the wire.
func TestOffloads(t *testing.T) {
	home := netns.New(t, netns.Options{NAT: true, Offloads: true})
	s := newSite(t, bridge+"\toption ring_size '32M'\n") // TCP sends as fast as it can
	s.live(t, home)
	const up, down = 3_000_000, 20_000_000
	for _, addr := range []netip.Addr{netns.ServerIP, netns.ServerIP6} {
		c := transfer(t, home, netip.AddrPortFrom(addr, 8080), up, down)
		s.settle(t)
		reply := s.call(t, "flows", url.Values{"ip": {addr.String()}, "port": {strconv.Itoa(int(c.Client.Port()))}})
		row := ask.At(reply, "flows.0")
		if out, in := number(row, "pkts.tx"), number(row, "pkts.rx"); out != float64(c.Out) || in != float64(c.In) {
			t.Errorf("%s: %v and %v packets, TCP counts %d and %d segments", addr, out, in, c.Out, c.In)
		}
		if number(row, "goodput.tx") != up || number(row, "goodput.rx") != down {
			t.Errorf("%s: payload %v and %v", addr, number(row, "goodput.tx"), number(row, "goodput.rx"))
		}
		t.Logf("%s: %d segments out, %d in", addr, c.Out, c.In)
	}
	points := s.call(t, "interfaces", nil)
	frames, packets := number(points, "interfaces.0.frames"), number(points, "interfaces.0.pkts")
	t.Logf("%v packets in %v frames", packets, frames)
	if frames > packets/2 {
		t.Error("the kernel merged next to nothing: this tests nothing")
	}
	s.checkDrops(t)
}

// An interface that is deleted and made again is captured again, and what was
// counted of its flows stays.
func TestInterfaceMadeAgain(t *testing.T) {
	home := netns.New(t, netns.Options{NAT: true, Silent: true})
	s := newSite(t, bridge)
	p := s.live(t, home)
	flows := fromClient(4, 40000)
	first := send(t, home.Client1, flows, 50, 0)
	s.check(t, first.Sent...)

	home.Router.IP(t, "link del "+netns.Bridge)
	ask.Until(t, "it waits", func() bool { return text(s.call(t, "sources", nil), "sources.0.state") == "waiting" })
	if note := text(s.call(t, "status", nil), "sources.0.note"); note != netns.Bridge+" does not exist; waiting for it" {
		t.Errorf("note: %s", note)
	}
	if line := `level=WARN msg=capture interface=br-lan note="br-lan does not exist; waiting for it"`; !strings.Contains(p.log.String(), line) {
		t.Errorf("not in the log: %s", line)
	}
	home.Router.IP(t,
		"link add "+netns.Bridge+" address 02:00:00:00:00:01 type bridge forward_delay 0",
		"link set "+netns.Bridge+" up",
		"link set "+netns.Port1+" master "+netns.Bridge,
		"link set "+netns.Port2+" master "+netns.Bridge)
	home.AddressRouter(t)
	ask.Until(t, "it captures again", func() bool { return text(s.call(t, "sources", nil), "sources.0.state") == "running" })
	second := send(t, home.Client1, flows, 70, 0)
	for i := range second.Sent {
		second.Sent[i].Packets += first.Sent[i].Packets
		second.Sent[i].Bytes += first.Sent[i].Bytes
	}
	s.check(t, second.Sent...)
}

// Hosts with addresses of a prefix that the interface gets are local from then on.
func TestPrefixAdded(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	s := newSite(t, bridge)
	s.live(t, home)
	f := netns.Flow{Proto: 17, SrcMAC: netns.Client1MAC, DstMAC: netns.RouterMAC,
		Src: netip.MustParseAddrPort("[2001:db8:9::77]:5000"), Dst: netip.AddrPortFrom(netns.ServerIP6, 53)}
	scope := func() string {
		send(t, home.Client1, []netns.Flow{f}, 1, 0)
		return text(s.call(t, "flows", url.Values{"ip": {"2001:db8:9::77"}}), "flows.0.client.scope")
	}
	ask.Until(t, "the foreign address is seen", func() bool { return scope() == "remote" })
	home.Router.IP(t, "addr add 2001:db8:9::1/64 dev "+netns.Bridge)
	ask.Until(t, "the address is local", func() bool { return scope() == "local" })
	f.Src = netip.MustParseAddrPort("[2001:db8:9::78]:5000")
	send(t, home.Client1, []netns.Flow{f}, 1, 0)
	ask.Until(t, "another one is local at once", func() bool {
		return text(s.call(t, "hosts", url.Values{"ip": {"2001:db8:9::78"}}), "hosts.0.scope") == "local"
	})
	home.Router.IP(t, "addr del 2001:db8:9::1/64 dev "+netns.Bridge)
	ask.Until(t, "the address is foreign again", func() bool { return scope() == "remote" })
}

// A daemon that is killed while packets come starts again with the history that
// it had stored.
func TestKilledLive(t *testing.T) {
	home := netns.New(t, netns.Options{NAT: true, Silent: true})
	s := newSite(t, bridge)
	from := time.Now().Add(-time.Hour)
	history := func() (n float64) {
		t.Helper()
		reply := s.call(t, "series", url.Values{"class": {"total"}, "metric": {"packets"}, "points": {"24"},
			"from": {strconv.FormatInt(from.Unix(), 10)}, "to": {strconv.FormatInt(from.Unix()+2*3600, 10)}})
		values, _ := ask.At(reply, "values").([]any)
		for _, v := range values {
			f, _ := v.(float64)
			n += f
		}
		return n
	}
	p := s.live(t, home)
	send(t, home.Client1, fromClient(8, 40000), 1000, 10_000)
	s.settle(t)
	counted := number(s.call(t, "status", nil), "traffic.pkts")
	p.stop(t)

	p = s.live(t, home)
	stored := history()
	if stored < counted || counted < 8000 {
		t.Errorf("%v packets counted of 8000, %v after a clean stop", counted, stored)
	}
	device := ask.At(s.call(t, "devices", nil), "devices.0")
	sending := make(chan error, 1)
	go func() { _, err := home.Client1.Send(netns.Eth, fromClient(8, 41000), 5000, 20_000); sending <- err }()
	ask.Until(t, "it counts", func() bool { return number(s.call(t, "status", nil), "traffic.pkts") > 10_000 })
	if err := p.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.wait()
	s.live(t, home)
	if got := history(); got < stored {
		t.Errorf("%v packets of %v after the kill", got, stored)
	}
	again := ask.At(s.call(t, "devices", nil), "devices.0")
	if number(again, "id") != number(device, "id") || number(again, "first") != number(device, "first") {
		t.Errorf("device %v, was %v", again, device)
	}
	if err := <-sending; err != nil {
		t.Error(err)
	}
}

// With sampling, counters are estimates of the truth.
func TestSampling(t *testing.T) {
	const factor, flows, perFlow = 10, 20, 5000
	home := netns.New(t, netns.Options{NAT: true, Silent: true})
	s := newSite(t, bridge+"\toption sampling '10'\n")
	s.live(t, home)
	sent := send(t, home.Client1, fromClient(flows, 40000), perFlow, 30_000)
	s.settle(t)
	s.checkDrops(t)
	status := s.call(t, "status", nil)
	// Each frame is passed with one chance in ten and counts for ten: a binomial
	// distribution, of which five deviations are never left by chance.
	deviations := func(got, want float64) float64 {
		return (got - want) / math.Sqrt(want*(factor-1))
	}
	total := number(status, "traffic.pkts")
	if d := deviations(total, flows*perFlow); math.Abs(d) > 5 {
		t.Errorf("%v packets, sent %d: off by %.1f standard deviations", total, flows*perFlow, d)
	}
	got := s.flows(t)
	for _, f := range sent.Sent {
		if d := deviations(got[name(f.Flow)].packets, perFlow); math.Abs(d) > 5 {
			t.Errorf("%s: %v packets, sent %d: off by %.1f standard deviations", name(f.Flow), got[name(f.Flow)].packets, perFlow, d)
		}
	}
	t.Logf("one in %d: %.0f packets estimated, %d sent (%.1f standard deviations)", factor, total, flows*perFlow, deviations(total, flows*perFlow))
}

// The ports of the bridge and the bridge itself show the same routed traffic.
func TestPortsAndBridge(t *testing.T) {
	home := netns.New(t, netns.Options{NAT: true, Silent: true})
	ports := newSite(t, "")
	folder := ports.folder(t, map[string]string{
		"network": "config device\n\toption name '" + netns.Bridge + "'\n\toption type 'bridge'\n\tlist ports '" + netns.Port1 + "'\n\tlist ports '" + netns.Port2 + "'\n" +
			"config interface 'lan'\n\toption device '" + netns.Bridge + "'\n",
	}, "config weir 'main'\n\tlist interface 'lan'\n\toption capture_ports '1'\n\toption idle_timeout '600'\n")
	ports.start(t, home.Router.Command(program, "run", folder)).ready(t)
	ask.Until(t, "it captures", func() bool { return text(ports.call(t, "sources", nil), "sources.0.state") == "running" })
	whole := newSite(t, bridge)
	whole.live(t, home)

	flows := fromClient(16, 40000)
	sent := send(t, home.Client1, flows, 500, 20_000).Sent
	sent = append(sent, send(t, home.Server, fromServer(flows), 500, 20_000).Sent...)
	whole.check(t, sent...)
	ports.check(t, sent...)
	a, b := number(whole.call(t, "status", nil), "traffic.bytes"), number(ports.call(t, "status", nil), "traffic.bytes")
	t.Logf("bridge %v bytes, ports %v bytes", a, b)
}
