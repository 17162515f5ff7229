//go:build integration && linux

package link

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"

	"weir/test/netns"
)

func list(t *testing.T, n *netns.Namespace) (s *State) {
	t.Helper()
	err := n.Do(func() (err error) {
		s, err = List()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestListRouter(t *testing.T) {
	home := netns.New(t, netns.Options{})
	s := list(t, home.Router)
	bridge, ok := s.ByName(netns.Bridge)
	want := Link{Index: bridge.Index, Name: netns.Bridge, Kind: "bridge", Type: TypeEthernet, MTU: 1500,
		MAC: netns.RouterMAC, Up: true, Carrier: true}
	if d := cmp.Diff(want, bridge, cmpopts.IgnoreFields(Link{}, "Counters")); !ok || d != "" {
		t.Errorf("bridge: %s", d)
	}
	ports := s.Ports(bridge.Index)
	if d := cmp.Diff([]string{netns.Port1, netns.Port2}, names(ports)); d != "" {
		t.Fatalf("ports: %s", d)
	}
	if p := ports[0]; p.Kind != "veth" || p.PortOf != "bridge" || p.Parent != 0 {
		t.Errorf("port: %+v", p)
	}
	var prefixes []string
	for _, a := range s.Addresses(bridge.Index) {
		if a.Scope == 0 {
			prefixes = append(prefixes, a.Prefix.String())
		}
	}
	if d := cmp.Diff([]string{"192.168.1.1/24", "2001:db8:1::1/64"}, prefixes); d != "" {
		t.Errorf("addresses: %s", d)
	}

	if _, err := home.Client1.Send(netns.Eth, []netns.Flow{{Proto: 17, SrcMAC: netns.Client1MAC, DstMAC: netns.RouterMAC,
		Src: netip.AddrPortFrom(netns.Client1IP, 1), Dst: netip.AddrPortFrom(netns.RouterIP, 9), Payload: 1000}}, 100, 0); err != nil {
		t.Fatal(err)
	}
	after, _ := list(t, home.Router).ByIndex(ports[0].Index)
	if n := after.Counters.RxBytes - ports[0].Counters.RxBytes; n < 100*1042 || n > 101*1042 {
		t.Errorf("%d bytes received of 104,200 sent", n)
	}
}

// lengthen gives the queue of events room for so many bytes.
func lengthen(t *testing.T, w *Watcher, queue int) {
	t.Helper()
	raw, err := w.events.SyscallConn()
	if err == nil {
		err = errors.Join(err, raw.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, queue)
		}))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// follow starts a Watcher in a namespace. It ends with the test.
func follow(t *testing.T, n *netns.Namespace, tell func(Event), topics ...Topic) *Watcher {
	t.Helper()
	var w *Watcher
	if err := n.Do(func() (err error) { w, err = Open(topics...); return err }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx, tell) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// until collects what is told about a device until done holds for it.
func until(t *testing.T, events <-chan Event, device string, done func(Event) bool) (told []string) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case e := <-events:
			if e.Link.Name == device || e.Op == AddressSet || e.Op == AddressGone || e.Op == Synced {
				told = append(told, e.Op.String())
			}
			if done(e) {
				return told
			}
		case <-deadline:
			t.Fatalf("not told in 10 s; only %v", told)
		}
	}
}

func TestWatch(t *testing.T) {
	home := netns.New(t, netns.Options{})
	events := make(chan Event, 100)
	follow(t, home.Router, func(e Event) { events <- e })
	told := until(t, events, netns.Bridge, func(e Event) bool { return e.Op == Synced })
	if len(told) < 8 || told[0] != "link set" || !slices.Contains(told, "address set") {
		t.Errorf("told what is there: %v", told)
	}

	prefix := netip.MustParsePrefix("2001:db8:77::1/64")
	home.Router.IP(t, "addr add 2001:db8:77::1/64 dev br-lan")
	until(t, events, netns.Bridge, func(e Event) bool { return e.Op == AddressSet && e.Address.Prefix == prefix })
	home.Router.IP(t, "addr del 2001:db8:77::1/64 dev br-lan")
	until(t, events, netns.Bridge, func(e Event) bool { return e.Op == AddressGone && e.Address.Prefix == prefix })

	home.Router.IP(t, "link set lan2 nomaster")
	until(t, events, netns.Port2, func(e Event) bool {
		if e.Op == LinkGone {
			t.Error("a port that leaves its bridge is told as gone")
		}
		return e.Op == LinkSet && e.Link.Name == netns.Port2 && e.Link.Master == 0
	})
	home.Router.IP(t, "link del lan2")
	until(t, events, netns.Port2, func(e Event) bool { return e.Op == LinkGone && e.Link.Name == netns.Port2 })
}

// TestWatchOverrun keeps the reader busy until the kernel drops events, and
// wants the truth from it all the same. The long queue takes a while to
// discard, as the short one does on a slow machine.
func TestWatchOverrun(t *testing.T) {
	t.Run("short queue", func(t *testing.T) { overrun(t, 0, 1500) })
	t.Run("long queue", func(t *testing.T) { overrun(t, 4<<20, 3000) })
}

func overrun(t *testing.T, queue, changes int) {
	home := netns.New(t, netns.Options{})
	release := make(chan struct{})
	synced := make(chan struct{}, 10)
	marker, marked := netip.MustParsePrefix("10.99.99.97/32"), make(chan struct{})
	var mu sync.Mutex
	state := new(State) // guarded by mu
	w := follow(t, home.Router, func(e Event) {
		mu.Lock()
		state.Apply(e)
		mu.Unlock()
		if e.Op == Synced {
			synced <- struct{}{}
			<-release
		}
		if e.Op == AddressSet && e.Address.Prefix == marker {
			close(marked)
		}
	})
	if queue > 0 {
		lengthen(t, w, queue)
	}
	<-synced
	var adds, dels []string
	for i := range changes {
		a := fmt.Sprintf("10.%d.%d.1/32 dev br-lan", 10+i/250, i%250)
		n := fmt.Sprintf("10.%d.%d.2", 10+i/250, i%250)
		adds = append(adds, "addr add "+a, "neigh add "+n+" lladdr 02:00:00:00:09:09 nud permanent dev br-lan")
		dels = append(dels, "addr del "+a, "neigh del "+n+" dev br-lan")
	}
	home.Router.IP(t, adds...)
	home.Router.IP(t, dels...)
	home.Router.IP(t, "addr add 10.99.99.99/32 dev br-lan",
		"neigh add 10.99.99.98 lladdr 02:00:00:00:09:09 nud permanent dev br-lan")
	close(release)
	select {
	case <-synced:
	case <-time.After(10 * time.Second):
		t.Fatal("no second list after an overrun")
	}
	// What was in the queue still has been told when this is.
	home.Router.IP(t, "addr add "+marker.String()+" dev br-lan")
	select {
	case <-marked:
	case <-time.After(10 * time.Second):
		t.Fatal("no events after an overrun")
	}
	want := list(t, home.Router)
	mu.Lock()
	defer mu.Unlock()
	if d := cmp.Diff(addresses(want), addresses(state)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(hosts4(want), hosts4(state)); d != "" || len(hosts4(want)) != 4 {
		t.Error(d)
	}
	if d := cmp.Diff(want.Links(), state.Links(), cmpopts.IgnoreFields(Link{}, "Counters")); d != "" {
		t.Error(d)
	}
}

// hosts4 returns the IPv4 neighbours of s. Those of IPv6 come by themselves.
func hosts4(s *State) (all []string) {
	for _, n := range s.Neighbours(0) {
		if n.Addr.Is4() {
			all = append(all, fmt.Sprint(n))
		}
	}
	return all
}

func addresses(s *State) (all []string) {
	for _, a := range s.Addresses(0) {
		all = append(all, fmt.Sprint(a))
	}
	return all
}
