package api

import (
	"context"
	"errors"
	"time"

	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/packet"
)

// Identity is who is who in the house: what the user and the configuration say of
// devices, when they were there, and what they are connected to. Devices are named by
// the IDs of Traffic. What changes something has taken effect when it returns and is
// kept; errors of which devices are one are those of package device.
type Identity interface {
	// Profile returns what the user and the configuration say of a device.
	Profile(*engine.DeviceRow) Profile
	// SetProfile changes that. It fails with an *Error that tells the remedy where
	// the configuration cannot be written.
	SetProfile(ctx context.Context, id uint32, c ProfileChange) error
	// Suggestions returns which devices may be one, of all or, with an ID, of one.
	Suggestions(id uint32) []device.Suggestion
	// MergeDevices makes one device a part of another, SplitDevice makes one of its
	// own of the device that uses a hardware address, and returns its ID, UndoDevices
	// takes the last of these back, and ForgetDevice lets a device go with all that is
	// stored about it but its history.
	MergeDevices(into, from uint32) error
	SplitDevice(id uint32, mac packet.MAC) (uint32, error)
	UndoDevices() error
	ForgetDevice(id uint32) error
	// Stays returns when a device was there, the oldest first: as far as that reaches
	// into the time from until before to, in seconds since the Unix epoch.
	Stays(id uint32, from, to int64) ([]Stay, error)
	// AccessPoints returns the wireless networks of this machine; the error says why
	// they are not known.
	AccessPoints() ([]AccessPoint, error)
}

// Profile is what the user and the configuration say of a device.
type Profile struct {
	Note    string
	NoteAt  time.Time // when it was written
	Icon    string    // "" for that of its type
	Private bool      // no names of its far ends are kept
	Hidden  bool
}

// ProfileChange is what of a Profile is to change; what is nil stays, and an empty
// text takes away.
type ProfileChange struct {
	Name, Type, Icon, Pool, Note *string
	Private                      *bool
}

// Stay is a time that a device was there, in seconds since the Unix epoch.
type Stay struct {
	From, To int64
}

// AccessPoint is a wireless network of this machine.
type AccessPoint struct {
	Name     string // of its network device
	SSID     string
	BSSID    packet.MAC
	State    string // as hostapd has it: ENABLED, DFS, DISABLED …
	PHY      string
	Channel  int
	Freq     int // MHz
	Busy     int // how much of its time the channel is in use, 0 to 255; -1 where that is not known
	Stations int
}

// noIdentity is the error of methods that need an Identity.
func noIdentity(method string) *Error {
	return &Error{Code: NotSupported, Message: method + ": nobody keeps here who is who"}
}

// identityError turns an error of package device into the API's.
func identityError(method string, err error) error {
	code, hint := InvalidArgument, ""
	switch {
	case err == nil:
		return nil
	case errors.Is(err, device.ErrNoDevice):
		code, hint = NotFound, "list devices for those that are known"
	case errors.Is(err, device.ErrNoUndo):
		code = NotFound
	case errors.Is(err, device.ErrConfigured), errors.Is(err, device.ErrNoRoom):
		code = NotSupported
	case errors.Is(err, device.ErrSame), errors.Is(err, device.ErrTooMany), errors.Is(err, device.ErrOnly):
	default:
		return err
	}
	return &Error{code, method + ": " + err.Error(), hint}
}
