package afpacket

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// open makes the ring of t, of so many bytes, and binds it to its device. The
// filter is in place before the first frame can arrive.
func open(cfg Config, t tap, level int, p *point, ringBytes int) (*ring, error) {
	fd, err := packetSocket()
	if err != nil {
		return nil, err
	}
	r := &ring{tap: t, level: level, point: p, weight: uint16(cfg.Sampling), file: os.NewFile(uintptr(fd), "packet:"+t.device)}
	if err := r.setUp(fd, cfg, ringBytes); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// packetSocket opens a socket that receives nothing until it is bound.
func packetSocket() (fd int, err error) {
	fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	switch {
	case errors.Is(err, os.ErrPermission):
		return -1, fmt.Errorf("open packet socket: %w: weir needs CAP_NET_RAW; run it as root or grant its user that capability", err)
	case errors.Is(err, unix.EAFNOSUPPORT):
		return -1, fmt.Errorf("open packet socket: %w: the kernel lacks packet sockets (CONFIG_PACKET)", err)
	case err != nil:
		return -1, fmt.Errorf("open packet socket: %w", err)
	}
	return fd, nil
}

// mayCapture returns why packet sockets cannot be had, so that a missing right
// is told at once and not when the first device appears.
func mayCapture() error {
	fd, err := packetSocket()
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

func (r *ring) setUp(fd int, cfg Config, ringBytes int) error {
	var err error
	if r.conn, err = r.file.SyscallConn(); err != nil {
		return fmt.Errorf("packet socket: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return fmt.Errorf("set TPACKET_V3, which needs Linux 3.2 or newer: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1); err != nil {
		r.notes = append(r.notes, fmt.Sprintf("%s: the kernel refuses PACKET_VNET_HDR (%v), so each frame merged by GRO or TSO counts as one packet", r.tap.device, err))
	} else {
		r.vnet = true
	}
	if err := r.attach(cfg, r.tap, r.level); err != nil {
		return err
	}
	if err := r.mapRing(fd, ringBytes, cfg.Snaplen); err != nil {
		return err
	}
	if cfg.Promiscuous {
		r.promote(fd)
	}
	addr := unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL), Ifindex: r.tap.id.index}
	if err := unix.Bind(fd, &addr); err != nil {
		return fmt.Errorf("bind packet socket: %w", err)
	}
	return nil
}

// mapRing makes the kernel allocate the ring and maps it.
func (r *ring) mapRing(fd, ringBytes, snaplen int) error {
	size, count := geometry(ringBytes, snaplen, os.Getpagesize())
	// TPACKET_V3 packs frames of any size; the frame size is only checked
	// against the block size.
	req := unix.TpacketReq3{
		Block_size:     uint32(size),
		Block_nr:       uint32(count),
		Frame_size:     uint32(size),
		Frame_nr:       uint32(count),
		Retire_blk_tov: uint32(retireAfter / time.Millisecond),
	}
	switch err := unix.SetsockoptTpacketReq3(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req); {
	case errors.Is(err, unix.ENOMEM):
		return fmt.Errorf("allocate a ring of %d bytes: %w; configure a smaller one", size*count, err)
	case err != nil:
		return fmt.Errorf("allocate a ring of %d bytes: %w", size*count, err)
	}
	mem, err := unix.Mmap(fd, 0, size*count, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map a ring of %d bytes: %w", size*count, err)
	}
	r.mem, r.blockSize = mem, size
	return nil
}

// promote asks for promiscuous mode; it ends with the socket.
func (r *ring) promote(fd int) {
	req := unix.PacketMreq{Ifindex: int32(r.tap.id.index), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &req); err != nil {
		r.notes = append(r.notes, fmt.Sprintf("%s: promiscuous mode is refused: %v", r.tap.device, err))
		return
	}
	r.promiscuous = true
}

// attach gives the socket the filter of t at a level of the budget. The kernel
// replaces a filter at once, without a moment that has none. Where it lacks the
// memory for a filter of hybrid mode, it gets the brief one.
func (r *ring) attach(cfg Config, t tap, level int) error {
	f := filterOf(cfg, t, level)
	length, err := r.replace(f)
	if cfg.Hybrid && errors.Is(err, unix.ENOMEM) {
		// Old and new filters need room together; one that refuses all needs none
		// to speak of. What passes meanwhile, for microseconds, is not captured.
		if refuseAll := r.setFilter([]bpf.RawInstruction{{Op: unix.BPF_RET | unix.BPF_K}}); refuseAll == nil {
			length, err = r.replace(f)
		}
		if errors.Is(err, unix.ENOMEM) {
			f.brief = true
			length, err = r.replace(f)
		}
	}
	switch {
	case errors.Is(err, unix.ENOMEM):
		return fmt.Errorf("attach filter of %d instructions: %w; raise net.core.optmem_max", length, err)
	case err != nil:
		return fmt.Errorf("attach filter of %d instructions: %w", length, err)
	}
	r.leaveOutSent(cfg.Hybrid && t.direction == bridgePort)
	r.tap.direction, r.tap.own, r.tap.vlan = t.direction, t.own, t.vlan
	r.level, r.brief = level, f.brief
	if cfg.Hybrid {
		r.parties.Store(f.parties())
	}
	return nil
}

// leaveOutSent says whether the kernel may forget about the socket when the device
// sends. It would make a copy of each such frame before the filter can refuse it,
// which costs more than the filter.
func (r *ring) leaveOutSent(yes bool) {
	value := 0
	if yes {
		value = 1
	}
	// Linux 4.20 and newer; on others the filter refuses those frames.
	_ = r.conn.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, value)
	})
}

// replace attaches f and returns its length.
func (r *ring) replace(f filter) (length int, err error) {
	code, err := f.program()
	if err != nil {
		return 0, err
	}
	raw, err := bpf.Assemble(code)
	if err != nil {
		return 0, fmt.Errorf("assemble: %w", err)
	}
	return len(raw), r.setFilter(raw)
}

func (r *ring) setFilter(prog []bpf.RawInstruction) error {
	filter := make([]unix.SockFilter, len(prog))
	for i, in := range prog {
		filter[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	fprog := unix.SockFprog{Len: uint16(len(filter)), Filter: unsafe.SliceData(filter)}
	var failed error
	err := r.conn.Control(func(fd uintptr) {
		failed = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &fprog)
	})
	if err != nil {
		return err
	}
	return failed
}

// collect adds the kernel's drop counter, which reading resets, to the point's.
func (r *ring) collect() {
	// On a closed socket this does nothing: close has collected.
	_ = r.conn.Control(func(fd uintptr) {
		st, err := unix.GetsockoptTpacketStatsV3(int(fd), unix.SOL_PACKET, unix.PACKET_STATISTICS)
		if err == nil {
			r.point.drops.Add(uint64(st.Drops))
		}
	})
}

// stop makes the kernel pass no more frames and read return once it has
// delivered those that are in the ring.
func (r *ring) stop() {
	// Both fail on a closed socket alone, and then read has returned.
	_ = r.setFilter([]bpf.RawInstruction{{Op: unix.BPF_RET | unix.BPF_K}})
	_ = r.file.SetReadDeadline(time.Now().Add(drainTime))
}

// close frees socket and memory, once read has returned.
func (r *ring) close() {
	if r.conn != nil {
		r.collect()
	}
	r.file.Close()
	if r.mem != nil {
		// It fails only for memory that is not mapped.
		_ = unix.Munmap(r.mem)
	}
}

// networkOrder returns the host's v as sockaddr_ll wants it.
func networkOrder(v uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], v)
	return binary.NativeEndian.Uint16(b[:])
}
