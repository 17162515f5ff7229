//go:build integration

package offload

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"weir/internal/flow"
	"weir/internal/packet"
	"weir/internal/source"
	"weir/internal/source/afpacket"
	"weir/test/ask"
	"weir/test/netns"
)

// watching is what watch tells first.
const watching = "watching"

// suffix is what the names of the test's servers end with.
const suffix = ".offload.example"

// watch captures as weir does in hybrid mode, from the bridge or, when how is
// "ports", from its ports, and writes the names of servers which it finds in the
// frames that come through the filter, one a line, until SIGTERM.
func watch(how string, w io.Writer) error {
	src, err := afpacket.New(afpacket.Config{
		Interfaces: []afpacket.Interface{{Name: "lan", Device: netns.Bridge, Ports: how == "ports"}},
		Hybrid:     true,
	}, nil)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	sink := &nameSink{w: w}
	go func() {
		for ctx.Err() == nil && src.Status().State != "running" {
			time.Sleep(10 * time.Millisecond)
		}
		sink.tell(watching)
	}()
	return src.Run(ctx, sink)
}

// nameSink is a source.Sink that looks for names in ClientHellos.
type nameSink struct {
	mu sync.Mutex
	w  io.Writer // guarded by mu
}

func (s *nameSink) Interface(string) (uint8, error) { return 0, nil }
func (s *nameSink) Records([]flow.Record)           {}
func (s *nameSink) Connections([]flow.Connection)   {}
func (s *nameSink) Swept(int64)                     {}

// Packets implements source.Sink. It is not after parsing TLS: a name of the
// test's in a handshake record of a client is one.
func (s *nameSink) Packets(batch []packet.Raw) {
	for i := range batch {
		data := batch[i].Data
		at := bytes.Index(data, []byte("\x16\x03\x01"))
		end := bytes.Index(data, []byte(suffix))
		if at < 0 || end < at {
			continue
		}
		begin := end
		for begin > 0 && strings.IndexByte("abcdefghijklmnopqrstuvwxyz0123456789-", data[begin-1]) >= 0 {
			begin--
		}
		s.tell(string(data[begin:end]) + suffix)
	}
}

func (s *nameSink) tell(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintln(s.w, line)
}

var _ source.Sink = (*nameSink)(nil)

// names are those that a process of watch has told so far.
type names struct {
	said *ask.Lines
}

// startWatch runs watch in the router until the test ends.
func startWatch(t *testing.T, home *netns.Home, how string) *names {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	n := &names{said: &ask.Lines{}}
	cmd := home.Router.Command(self)
	cmd.Env = append(os.Environ(), envWatch+"="+how)
	cmd.Stdout, cmd.Stderr = n.said, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(cmd); err != nil {
			t.Errorf("watch %s: %v", how, err)
		}
	})
	until(t, "it watches "+how, func() bool { return strings.Contains(n.said.String(), watching) })
	return n
}

// list returns the names, each once, in order.
func (n *names) list() []string {
	all := strings.Fields(strings.TrimPrefix(n.said.String(), watching))
	slices.Sort(all)
	return slices.Compact(all)
}
