package afpacket

import (
	"slices"

	"golang.org/x/net/bpf"

	"weir/internal/link"
)

// EtherTypes of VLAN tags (IEEE 802.1Q).
const (
	etherVLAN = 0x8100
	etherQinQ = 0x88a8
)

// vlanRule says which VLANs of a device belong to an observation point. The
// kernel has usually taken the tag out of the frame; a device that cannot tag
// in hardware has it in the frame when it sends.
type vlanRule struct {
	only   uint16   // this one alone; 0 for no such rule
	except []uint16 // all but these: they are captured as devices of their own

	// Whether frames without a tag belong to the point, by their direction.
	untaggedIn, untaggedOut bool
}

// active reports whether the rule leaves anything out.
func (r vlanRule) active() bool { return r.only != 0 || len(r.except) > 0 }

func (r vlanRule) same(o vlanRule) bool {
	return r.only == o.only && slices.Equal(r.except, o.except) &&
		r.untaggedIn == o.untaggedIn && r.untaggedOut == o.untaggedOut
}

// test refuses the frames of other VLANs and goes on with the rest. The name
// tells its labels from those of other tests of the program.
func (r vlanRule) test(a *assembler, untagged bool, name string) {
	if !r.active() {
		return
	}
	inFrame, have, without, done := name+": in the frame", name+": tag", name+": untagged", name+": its VLAN"
	a.ask(bpf.ExtVLANTagPresent)
	a.equal(0, inFrame)
	a.ask(bpf.ExtVLANTag)
	a.jump(have)
	a.label(inFrame)
	a.load(12, 2)
	a.equal(etherVLAN, name+": read")
	a.when(bpf.JumpEqual, etherQinQ, "", without)
	a.label(name + ": read")
	a.load(14, 2)
	a.label(have)
	a.alu(bpf.ALUOpAnd, vlanMask)
	a.equal(0, without) // a tag that tells the priority alone
	if r.only != 0 {
		a.when(bpf.JumpEqual, uint32(r.only), done, refused)
	} else {
		for _, v := range r.except {
			a.equal(uint32(v), refused)
		}
		a.jump(done)
	}
	a.label(without)
	if !untagged {
		a.jump(refused)
	}
	a.label(done)
}

// vlanOf returns the rule for a device, of which a point wants the VLAN only, or
// all but those in except. ports tells what VLANs a filtering bridge gives the
// device; where no bridge does, frames without a tag are of no VLAN.
func vlanOf(only uint16, except []uint16, vlans []link.PortVLAN) vlanRule {
	r := vlanRule{only: only, untaggedIn: only == 0, untaggedOut: only == 0}
	if only == 0 {
		r.except = except
	}
	for _, v := range vlans {
		mine := v.VID == only
		if !mine && !slices.Contains(r.except, v.VID) {
			continue
		}
		if v.PVID {
			r.untaggedIn = mine
		}
		if v.Untagged {
			r.untaggedOut = mine
		}
	}
	return r
}
