//go:build integration

package afpacket

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"weir/internal/link"
	"weir/internal/logfmt"
	"weir/test/netns"
)

func TestNoRightToCapture(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	s, err := New(Config{Interfaces: []Interface{{Name: "lan", Device: netns.Bridge}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = home.Router.Do(func() error {
		none := [2]unix.CapUserData{}
		if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]); err != nil {
			t.Error(err)
		}
		return s.Run(t.Context(), new(longest))
	})
	if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "CAP_NET_RAW") {
		t.Errorf("Run: %v; want one that names CAP_NET_RAW", err)
	}
	if st := s.Status(); st.State != stateFailed {
		t.Errorf("state %q", st.State)
	}
}

// TestRefused has the kernel refuse options of the socket, which it does for
// reasons of devices, memory and age that a test cannot bring about.
func TestRefused(t *testing.T) {
	tests := []struct {
		name        string
		option      uint32 // 0 for none
		state       string
		note        string
		promiscuity uint32 // users of promiscuous mode that the device has
		packets     uint64
	}{
		{name: "nothing", state: stateRunning, promiscuity: 1, packets: 10},
		{name: "promiscuous mode", option: unix.PACKET_ADD_MEMBERSHIP, state: stateRunning, packets: 10,
			note: "br-lan: promiscuous mode is refused: operation not permitted"},
		{name: "vnet headers", option: unix.PACKET_VNET_HDR, state: stateRunning, promiscuity: 1, packets: 10,
			note: "br-lan: the kernel refuses PACKET_VNET_HDR (operation not permitted), so each frame merged by GRO or TSO counts as one packet"},
		{name: "ring", option: unix.PACKET_RX_RING, state: stateWaiting,
			note: "br-lan: allocate a ring of 524288 bytes: operation not permitted"},
	}
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("SKIPPED: the filter of refuse is for little-endian machines that have setsockopt as a system call of its own")
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			home := netns.New(t, netns.Options{Silent: true})
			var log strings.Builder
			s, err := New(Config{Interfaces: []Interface{{Name: "lan", Device: netns.Bridge}}, Promiscuous: true},
				logfmt.New(&log, nil))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			sink := newLedger()
			ended := make(chan error, 1)
			go func() {
				ended <- home.Router.Do(func() error {
					if err := refuse(tt.option); err != nil {
						return err
					}
					return s.Run(ctx, sink)
				})
			}()
			await(t, "the source to decide", func() bool { return s.Status().State != stateStarting })
			if st := s.Status(); st.State != tt.state || st.Note != tt.note || st.Points[0].Promiscuous != (tt.promiscuity > 0) {
				t.Errorf("status %+v, want state %q and note %q", st, tt.state, tt.note)
			}
			if got := promiscuity(t, home.Router, netns.Bridge); got != tt.promiscuity {
				t.Errorf("the device has promiscuity %d, want %d", got, tt.promiscuity)
			}
			sent := send(t, home.Client1, netns.Eth, toServer(1), 10, 0).Sent[0]
			cancel()
			if err := <-ended; (err != nil) != (tt.state == stateFailed) {
				t.Errorf("Run: %v", err)
			}
			got := sink.get(keyOf("lan", sent)).packets
			if got != tt.packets || !strings.Contains(log.String(), tt.note) {
				t.Errorf("%d of 10 packets; the log: %s", got, log.String())
			}
		})
	}
}

// TestTriedAgain leaves the kernel no memory for a filter, and then some.
func TestTriedAgain(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	const setting = "net.core.optmem_max="
	home.Router.Sysctl(t, setting+"16")
	sink := newLedger()
	s := capture(t, home.Router, Config{Interfaces: []Interface{{Name: "lan", Device: netns.Bridge, Ports: true}}}, sink)
	if st := s.Status(); st.State != stateWaiting || !strings.Contains(st.Note, "lan1: attach filter of 13 instructions: cannot allocate memory; raise net.core.optmem_max") {
		t.Errorf("status %+v", st)
	}
	home.Router.Sysctl(t, setting+"131072")
	await(t, "another attempt", func() bool { st := s.Status(); return st.State == stateRunning && st.Note == "" })
	sent := send(t, home.Client1, netns.Eth, toServer(1), 10, 0).Sent[0]
	s.end()
	sink.check(t, "lan", sent)
}

func promiscuity(t *testing.T, n *netns.Namespace, device string) (p uint32) {
	t.Helper()
	err := n.Do(func() error {
		s, err := link.List()
		if err != nil {
			return err
		}
		l, _ := s.ByName(device)
		p = l.Promisc
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// refuse makes setsockopt(…, SOL_PACKET, option) fail with EPERM on the calling
// thread, by a filter of seccomp(2).
func refuse(option uint32) error {
	if option == 0 {
		return nil
	}
	// struct seccomp_data: nr at 0, the low halves of the arguments from 16 on,
	// on little-endian machines.
	prog, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 0, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SYS_SETSOCKOPT, SkipTrue: 5},
		bpf.LoadAbsolute{Off: 24, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SOL_PACKET, SkipTrue: 3},
		bpf.LoadAbsolute{Off: 32, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: option, SkipTrue: 1},
		bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW},
	})
	if err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	var filter []unix.SockFilter
	for _, in := range prog {
		filter = append(filter, unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K})
	}
	fprog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	err = unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&fprog)), 0, 0)
	runtime.KeepAlive(filter)
	return err
}
