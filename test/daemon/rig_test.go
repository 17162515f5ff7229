//go:build integration

package daemon

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"weir/test/ask"
	"weir/test/netns"
)

// live starts weir in the router of a home. What is measured is weir, not what
// else the machine does.
func (s *site) live(t *testing.T, home *netns.Home) *process {
	t.Helper()
	netns.Favour(t)
	p := s.start(t, home.Router.Command(program, "run", s.path("config"))).ready(t)
	ask.Until(t, "it captures", func() bool { return text(s.call(t, "sources", nil), "sources.0.state") == "running" })
	return p
}

// bridge is the configuration that captures the home's bridge.
const bridge = "config weir 'main'\n\tlist interface '" + netns.Bridge + "'\n\toption idle_timeout '600'\n"

// fromClient returns count flows from the first client to the server, over IPv4
// and IPv6, TCP and UDP, of several sizes; no two have a port in common.
func fromClient(count, firstPort int) []netns.Flow {
	var flows []netns.Flow
	for i := range count {
		f := netns.Flow{
			Proto: []uint8{17, 6}[i%2], Payload: []int{0, 18, 200, 1200}[i/2%4],
			SrcMAC: netns.Client1MAC, DstMAC: netns.RouterMAC,
			Src: netip.AddrPortFrom(netns.Client1IP, uint16(firstPort+i)), Dst: netip.AddrPortFrom(netns.ServerIP, 443),
		}
		if i%4 >= 2 {
			f.Src = netip.AddrPortFrom(netns.Client1IP6, uint16(firstPort+i))
			f.Dst = netip.AddrPortFrom(netns.ServerIP6, 443)
		}
		flows = append(flows, f)
	}
	return flows
}

// fromServer returns the other direction of those flows that are not translated.
func fromServer(flows []netns.Flow) []netns.Flow {
	var back []netns.Flow
	for _, f := range flows {
		if f.Src.Addr().Is6() {
			f.Src, f.Dst = f.Dst, f.Src
			f.SrcMAC, f.DstMAC = netns.ServerMAC, netns.WANMAC
			back = append(back, f)
		}
	}
	return back
}

// counted is what the API says of a direction of a flow.
type counted struct{ packets, bytes float64 }

// flows asks for all flows and returns what each end of each sent, by proto and
// both ends.
func (s *site) flows(t *testing.T) map[string]counted {
	t.Helper()
	all := make(map[string]counted)
	const page = 200
	for offset := 0; ; offset += page {
		reply := s.call(t, "flows", url.Values{"limit": {strconv.Itoa(page)}, "offset": {strconv.Itoa(offset)}, "sort": {"first"}})
		rows, _ := ask.At(reply, "flows").([]any)
		for _, r := range rows {
			client := fmt.Sprintf("%s:%v", text(r, "client.ip"), number(r, "client.port"))
			server := fmt.Sprintf("%s:%v", text(r, "server.ip"), number(r, "server.port"))
			all[text(r, "proto")+" "+client+" "+server] = counted{number(r, "pkts.tx"), number(r, "bytes.tx")}
			all[text(r, "proto")+" "+server+" "+client] = counted{number(r, "pkts.rx"), number(r, "bytes.rx")}
		}
		if len(rows) < page {
			return all
		}
	}
}

// name is the key of a flow in what flows returns.
func name(f netns.Flow) string {
	proto := map[uint8]string{6: "tcp", 17: "udp"}[f.Proto]
	return fmt.Sprintf("%s %s:%d %s:%d", proto, f.Src.Addr(), f.Src.Port(), f.Dst.Addr(), f.Dst.Port())
}

// settle waits until no more packets are accounted.
func (s *site) settle(t *testing.T) {
	t.Helper()
	last, same := -1.0, 0
	ask.Until(t, "the last frames are accounted", func() bool {
		now := number(s.call(t, "status", nil), "traffic.pkts")
		if same++; now != last {
			last, same = now, 0
		}
		time.Sleep(100 * time.Millisecond) // a block of the ring waits 80 ms
		return same == 5
	})
}

// check compares what was sent with what was counted: to the packet and byte.
func (s *site) check(t *testing.T, sent ...netns.Sent) {
	t.Helper()
	s.settle(t)
	got := s.flows(t)
	for _, f := range sent {
		if have, want := got[name(f.Flow)], (counted{float64(f.Packets), float64(f.Bytes)}); have != want {
			t.Errorf("%s: %v, sent %v", name(f.Flow), have, want)
		}
	}
	s.checkDrops(t)
}

// checkDrops reports what the kernel had to drop, which explains other failures.
func (s *site) checkDrops(t *testing.T) {
	t.Helper()
	if drops := number(s.call(t, "status", nil), "drops.packets"); drops != 0 {
		t.Errorf("%v packets dropped", drops)
	}
}

func send(t *testing.T, from *netns.Namespace, flows []netns.Flow, perFlow, rate int) netns.Report {
	t.Helper()
	r, err := from.Send(netns.Eth, flows, perFlow, rate)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// questions are asked all the time while packets come.
var questions = []struct {
	method string
	args   url.Values
}{
	{"status", nil}, {"sources", nil}, {"interfaces", nil},
	{"flows", url.Values{"limit": {"200"}}},
	{"devices", nil}, {"hosts", url.Values{"limit": {"200"}}},
	{"series", url.Values{"class": {"total"}, "metric": {"packets"}, "period": {"hour"}}},
	{"top", url.Values{"class": {"device"}, "period": {"day"}}},
}

// ask asks the questions in turn until stop is called, which returns how many
// there were and the slowest answer.
func (s *site) ask(t *testing.T) (stop func() (int, time.Duration, string)) {
	done := make(chan struct{})
	var asking sync.WaitGroup
	var count int
	var slowest time.Duration
	var which string
	asking.Go(func() {
		for {
			q := questions[count%len(questions)]
			begin := time.Now()
			if _, err := s.get(q.method, q.args); err != nil {
				t.Errorf("%s under load: %v", q.method, err)
			}
			if took := time.Since(begin); took > slowest {
				slowest, which = took, q.method
			}
			count++
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	return func() (int, time.Duration, string) {
		close(done)
		asking.Wait()
		return count, slowest, which
	}
}
