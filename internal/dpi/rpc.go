package dpi

import "weir/internal/packet"

// nfs recognises NFS and the services it is found and mounted by, by the calls and
// replies of ONC RPC (RFC 5531 section 9).
var nfs = Detector{NFS, OverTCP | OverUDP, detectNFS,
	"calls and replies of ONC RPC to the port mapper, mount daemon and NFS"}

// Programs (RFC 5531 section 13.3 and the registry at IANA).
const (
	rpcPortmap = 100000
	rpcNFS     = 100003
	rpcMount   = 100005
	rpcQuota   = 100011
	rpcLock    = 100021
	rpcStatus  = 100024
	rpcACL     = 100227
	rpcAtFirst = 0x80000000 // of a record: it is the last of its message
)

func detectNFS(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	head := s.Answered().Head()
	if s.Proto == packet.ProtoTCP {
		if mark := c.u32(); mark&rpcAtFirst == 0 || mark&^rpcAtFirst > 1<<20 {
			return s.wait()
		}
		head = head[min(4, len(head)):]
	}
	id, kind := c.u32(), c.u32()
	switch kind {
	case 0:
		version, program, programVersion := c.u32(), c.u32(), c.u32()
		if !c.short && version == 2 && programVersion <= 4 && isNFSProgram(program) {
			return Yes
		}
	case 1: // accepted or denied, to a call whose head was seen
		state, call := c.u32(), cursor{b: head}
		if !c.short && state <= 1 && call.u32() == id && call.u32() == 0 && call.u32() == 2 && isNFSProgram(call.u32()) {
			return Yes
		}
	}
	return s.wait()
}

func isNFSProgram(p uint32) bool {
	switch p {
	case rpcPortmap, rpcNFS, rpcMount, rpcQuota, rpcLock, rpcStatus, rpcACL:
		return true
	}
	return false
}
