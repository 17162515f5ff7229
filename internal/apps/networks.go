package apps

import "weir/internal/packet"

// Networks are packed as records of networkSize bytes sorted by address: the
// address (8 bytes: the upper half of an IPv6 one; ::ffff and all of an IPv4 one),
// how many bits of those count, the application, and the number of the record
// whose network holds this one, counted from 1.
//
// Ports are packed as records of portSize bytes sorted by number, without two that
// overlap: the IP protocol, the first and the last port, the application.
const (
	networkSize = 8 + 1 + 2 + 2
	portSize    = 1 + 2 + 2 + 2
)

// byNetwork returns the application whose own networks the server is in, the
// smallest one's.
func byNetwork(table string, server *packet.Addr) App {
	want := networkKey(server)
	i := search(len(table)/networkSize, func(i int) bool { return u64(table, i*networkSize) > want })
	for i > 0 {
		at := (i - 1) * networkSize
		if (u64(table, at)^want)>>(64-table[at+8]) == 0 {
			return App(u16(table, at+9))
		}
		i = int(u16(table, at+11))
	}
	return None
}

// byPort returns the application that a port of a server stands for.
func byPort(table string, proto uint8, port uint16) App {
	i := search(len(table)/portSize, func(i int) bool {
		p := table[i*portSize]
		return p > proto || p == proto && u16(table, i*portSize+1) > port
	})
	if i == 0 {
		return None
	}
	if at := (i - 1) * portSize; table[at] == proto && port <= u16(table, at+3) {
		return App(u16(table, at+5))
	}
	return None
}

// search returns the lowest number below n of which after is true, and n if there
// is none.
func search(n int, after func(int) bool) int {
	lo, hi := 0, n
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); after(mid) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// networkKey is what orders addresses: half of one tells an IPv6 network, and its
// other half an IPv4 address.
func networkKey(a *packet.Addr) uint64 {
	half := a[:8]
	if a.Is4() {
		half = a[8:]
	}
	var k uint64
	for _, b := range half {
		k = k<<8 | uint64(b)
	}
	return k
}

// u64 reads eight bytes of a packed table, the first one highest.
func u64(s string, at int) uint64 {
	var v uint64
	for i := range 8 {
		v = v<<8 | uint64(s[at+i])
	}
	return v
}
