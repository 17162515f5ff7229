//go:build integration

package afpacket

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"weir/internal/link"
	"weir/test/netns"
)

func TestNoRightToCapture(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	s, err := New(Config{Interfaces: []Interface{{Name: "lan", Device: netns.Bridge}}}, slog.New(slog.DiscardHandler))
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

func TestPromiscuous(t *testing.T) {
	tests := []struct {
		name   string
		refuse bool
		want   uint32 // how many users of promiscuous mode the device has
		note   string
	}{
		{name: "granted", want: 1},
		{name: "refused", refuse: true, note: "wan: promiscuous mode is refused: operation not permitted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			home := netns.New(t, netns.Options{Silent: true})
			var log strings.Builder
			s, err := New(Config{Interfaces: []Interface{{Name: "wan", Device: netns.WAN}}, Promiscuous: true},
				slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				ended <- home.Router.Do(func() error {
					if tt.refuse {
						if err := refusePromiscuous(); err != nil {
							t.Error(err)
						}
					}
					return s.Run(ctx, new(longest))
				})
			}()
			await(t, "the source to run", func() bool { return s.Status().State == stateRunning })
			st := s.Status()
			if st.Note != tt.note || st.Points[0].Promiscuous == tt.refuse {
				t.Errorf("status %+v, want the note %q", st, tt.note)
			}
			if got := promiscuity(t, home.Router, netns.WAN); got != tt.want {
				t.Errorf("the device has promiscuity %d, want %d", got, tt.want)
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if !strings.Contains(log.String(), tt.note) {
				t.Errorf("the log lacks the note: %s", log.String())
			}
			if got := promiscuity(t, home.Router, netns.WAN); got != 0 {
				t.Errorf("the device has promiscuity %d after the end", got)
			}
		})
	}
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

// refusePromiscuous makes setsockopt(…, SOL_PACKET, PACKET_ADD_MEMBERSHIP) fail
// with EPERM on the calling thread, by a filter of seccomp(2).
func refusePromiscuous() error {
	// struct seccomp_data: nr at 0, the low halves of the arguments from 16 on.
	prog, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 0, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SYS_SETSOCKOPT, SkipTrue: 5},
		bpf.LoadAbsolute{Off: 24, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SOL_PACKET, SkipTrue: 3},
		bpf.LoadAbsolute{Off: 32, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.PACKET_ADD_MEMBERSHIP, SkipTrue: 1},
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
