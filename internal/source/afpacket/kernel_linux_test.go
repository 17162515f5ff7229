package afpacket

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"weir/internal/packet"
	"weir/test/corpus"
)

// pipe is a pair of sockets of which the second has a filter. The kernel runs it
// on datagrams as it does on frames, and asks for no rights.
type pipe struct {
	in, out int
	buf     []byte
}

func newPipe(tb testing.TB, m *machine) pipe {
	tb.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	raw, err := bpf.Assemble(m.code)
	if err != nil {
		tb.Fatal(err)
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, in := range raw {
		filter[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: unsafe.SliceData(filter)}
	if err := unix.SetsockoptSockFprog(fds[1], unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &prog); err != nil {
		tb.Fatalf("attach %d instructions: %v", len(raw), err)
	}
	return pipe{fds[0], fds[1], make([]byte, 1<<17)}
}

// pass returns how much of the frame the kernel's filter lets through.
func (p pipe) pass(frame []byte) (int, error) {
	if err := unix.Send(p.in, frame, 0); err != nil {
		return 0, fmt.Errorf("send %d bytes: %w", len(frame), err)
	}
	n, err := unix.Read(p.out, p.buf)
	if errors.Is(err, unix.EAGAIN) {
		return 0, nil
	}
	return n, err
}

// TestKernelRules has the kernel decide on every rule, between a station and the
// router and between stations.
func TestKernelRules(t *testing.T) {
	for _, level := range []int{0, 2} { // those that draw no random numbers
		m := assembled(t, portFilter(level))
		p := newPipe(t, m)
		for _, r := range rules {
			for _, family := range []int{4, 6} {
				if r.only != 0 && r.only != family {
					continue
				}
				ip := r.packet(family)
				for name, frame := range map[string][]byte{
					"tracked":   ethernet(routerMAC, laptopMAC, family, ip),
					"uncounted": ethernet(nasMAC, laptopMAC, family, ip),
				} {
					got, err := p.pass(frame)
					if err != nil {
						t.Fatal(err)
					}
					want := r.want[level]
					if name == "uncounted" && len(frame) > headBytes {
						want = max(head, want)
					} else if name == "uncounted" {
						want = head
					}
					if want = min(want, len(frame)); got != want {
						t.Errorf("%s, IPv%d, %s, level %d: %d bytes, want %d", r.name, family, name, level, got, want)
					}
				}
			}
		}
	}
}

// TestKernelAgrees compares the machine with the kernel, on all frames of real
// captures and of the malformed ones.
func TestKernelAgrees(t *testing.T) {
	type program struct {
		*machine
		pipe
	}
	programs := make(map[packet.LinkType]program)
	for _, l := range []packet.LinkType{packet.LinkEthernet, packet.LinkRaw} {
		m := assembled(t, filter{hybrid: true, bridged: true, link: l})
		programs[l] = program{m, newPipe(t, m)}
	}
	compared, differ := 0, 0
	for _, dir := range []string{"pcap", "robust", "formats"} {
		for _, path := range corpus.Files(t, dir, "*.pcap*") {
			for i, r := range readCapture(t, path) {
				p, ok := programs[r.Link]
				if !ok || len(r.Data) == 0 || len(r.Data) > 60_000 {
					continue
				}
				got, err := p.pass(r.Data)
				if err != nil {
					t.Fatal(err)
				}
				want := int(p.run(&seen{data: r.Data, length: uint32(len(r.Data))}))
				if compared++; got != min(want, len(r.Data)) {
					differ++
					t.Logf("%s: frame %d: the kernel captures %d bytes, the machine %d", filepath.Base(path), i+1, got, want)
				}
			}
		}
	}
	if t.Logf("%d frames compared", compared); differ > 0 || compared < 40_000 {
		t.Errorf("%d of %d frames differ", differ, compared)
	}
}

// TestKernelTakesAll attaches every kind of program that there is.
func TestKernelTakesAll(t *testing.T) {
	vlans := map[string]vlanRule{"all": {}, "one": {only: 20}, "others": {except: []uint16{5, 7}, untaggedIn: true}}
	for level := range levels {
		for _, direction := range []direction{bothWays, receiveOnly, bridgePort, bridgeItself} {
			for vlan, rule := range vlans {
				for i := range 16 {
					f := portFilter(level)
					f.direction, f.vlan = direction, rule
					f.brief, f.bridged, f.hybrid = i&1 != 0, i&2 != 0, i&4 == 0
					if f.snaplen = 1600; i&8 != 0 {
						f.link = packet.LinkRaw
					}
					t.Run(fmt.Sprintf("level %d, direction %d, VLAN %s, %d", level, direction, vlan, i), func(t *testing.T) {
						newPipe(t, assembled(t, f))
					})
				}
			}
		}
	}
}

// BenchmarkKernelFilter measures what the kernel takes for a frame that the
// program refuses, beside a program that refuses at once: the difference is what
// the rules cost.
func BenchmarkKernelFilter(b *testing.B) {
	programs := []struct {
		name    string
		machine *machine
	}{
		{"at once", &machine{code: []bpf.Instruction{bpf.RetConstant{}}}},
		{"rules", assembled(b, portFilter(0))},
	}
	for _, r := range rules {
		if !slices.Contains([]string{"pure ACK", "bulk", "QUIC data", "ESP"}, r.name) {
			continue
		}
		for _, p := range programs {
			b.Run(r.name+"/"+p.name, func(b *testing.B) {
				in := newPipe(b, p.machine)
				frame := ethernet(routerMAC, laptopMAC, 4, r.packet(4))
				// The least of many short turns, which nothing else interrupted.
				const sends = 500
				least := time.Hour
				for b.Loop() {
					start := time.Now()
					for range sends {
						if err := unix.Send(in.in, frame, 0); err != nil {
							b.Fatal(err)
						}
					}
					least = min(least, time.Since(start))
				}
				b.ReportMetric(float64(least)/sends, "least-ns/frame")
			})
		}
	}
}
