package apitest

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"weir/internal/api"
	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/packet"
)

// decided is what was changed of who is who in the house.
type decided struct {
	change  api.ProfileChange
	changed uint32
	fail    error
}

// FailIdentity makes what changes who is who fail.
func (h *House) FailIdentity(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.decided.fail = err
}

// Profile returns what is written down of the phone, and what was changed.
func (h *House) Profile(r *engine.DeviceRow) api.Profile {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.ID != 2 {
		return api.Profile{}
	}
	p := api.Profile{Note: "back on Friday", NoteAt: Now.Add(-time.Hour), Icon: "phone", Private: true}
	if c := h.decided.change; h.decided.changed == 2 && c.Note != nil {
		p.Note = *c.Note
	}
	return p
}

// Changed returns what was changed last of a device, and of which.
func (h *House) Changed() (uint32, api.ProfileChange) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.decided.changed, h.decided.change
}

// SetProfile notes what is to change.
func (h *House) SetProfile(_ context.Context, id uint32, c api.ProfileChange) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.decided.fail != nil {
		return h.decided.fail
	}
	if !h.knows(id) {
		return device.ErrNoDevice
	}
	h.decided.changed, h.decided.change = id, c
	return nil
}

func (h *House) knows(id uint32) bool {
	return slices.ContainsFunc(h.DeviceRows, func(r engine.DeviceRow) bool { return r.ID == id })
}

// Suggestions proposes that the phone is the laptop, too.
func (h *House) Suggestions(id uint32) []device.Suggestion {
	if id != 0 && id != 2 && id != 3 {
		return nil
	}
	return []device.Suggestion{{Into: 3, From: 2, Reasons: []string{device.SameName, device.RandomMACs, device.NeverTogether}, Score: 10}}
}

// MergeDevices makes the laptop a part of the phone, or the other way round.
func (h *House) MergeDevices(into, from uint32) error {
	switch {
	case !h.knows(into) || !h.knows(from):
		return device.ErrNoDevice
	case into == from:
		return device.ErrSame
	}
	return h.failing()
}

// SplitDevice parts what the phone was found to be, too, which is the laptop then.
func (h *House) SplitDevice(id uint32, mac packet.MAC) (uint32, error) {
	switch {
	case id == 2 && mac == phoneMAC:
		return 0, device.ErrOnly
	case id != 2 || mac != (packet.MAC{2, 0, 0, 0, 0, 9}):
		return 0, device.ErrNoDevice
	}
	return 3, h.failing()
}

// UndoDevices takes back what nobody decided.
func (h *House) UndoDevices() error { return h.failing() }

// ForgetDevice forgets the laptop; the phone is configured.
func (h *House) ForgetDevice(id uint32) error {
	switch {
	case id == 2:
		return device.ErrConfigured
	case !h.knows(id):
		return device.ErrNoDevice
	}
	return h.failing()
}

func (h *House) failing() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.decided.fail
}

// Stays returns that a device was there for five minutes, twice.
func (h *House) Stays(id uint32, from, to int64) ([]api.Stay, error) {
	now := Now.Unix()
	var all []api.Stay
	for _, s := range []api.Stay{{From: now - 7200, To: now - 6900}, {From: now - 300, To: now}} {
		if s.To >= from && s.From < to {
			all = append(all, s)
		}
	}
	return all, nil
}

// AccessPoints returns a network that is on the air and one that is not.
func (h *House) AccessPoints() ([]api.AccessPoint, error) {
	return []api.AccessPoint{
		{Name: "phy0-ap0", SSID: "Haus", BSSID: packet.MAC{2, 0x55, 0xab, 0, 0, 1}, State: "ENABLED", PHY: "phy0", Channel: 36, Freq: 5180, Busy: 51, Stations: 1},
		{Name: "phy1-ap0", State: "DISABLED", PHY: "phy1", Busy: -1},
	}, nil
}

// detailed adds what only one device tells.
func detailed(r engine.DeviceRow) engine.DeviceRow {
	if r.ID != 2 {
		return r
	}
	r.Hardware = []engine.MACRow{{MAC: phoneMAC, First: r.First, Last: r.Last}}
	r.Addrs = []engine.AddrRow{
		{IP: phone.IP, By: "lease", Expires: ago(-3600), First: r.First, Last: r.Last},
		{IP: netip.MustParseAddr("fd00::20"), By: "random"},
	}
	r.Evidence = []device.Evidence{
		{Kind: device.FromUser, Value: "Anna phone", At: r.Last},
		{Kind: device.FromDHCP, Value: "Annas-iPhone", At: r.Last, Nature: device.Nature{Type: device.Phone, OS: device.IOS}},
		{Kind: device.DHCPOptions, Value: "1,121,3,6,15,119,252", At: r.Last, Nature: device.Nature{OS: device.IOS}},
	}
	r.Since = r.Last - 300_000_000
	r.Members = []engine.MemberRow{{ID: 9, Key: "02:00:00:00:00:09", MACs: []packet.MAC{{2, 0, 0, 0, 0, 9}}, First: ago(86400), Last: ago(7200)}}
	return r
}
