package api

import (
	"context"
	"errors"
	"net"

	"weir/internal/device"
	"weir/internal/packet"
)

// maxNote is how many bytes a note may have.
const maxNote = 1024

var deviceSetMethod = Method{
	Name: "device_set",
	Doc:  "Says what a device is called and what it is. Arguments that are left out change nothing, empty ones take away.",
	Args: []Arg{
		deviceIDArg,
		{Name: "name", Type: String, Doc: "what it is called", Empty: true},
		{Name: "type", Type: String, Doc: "what it is: phone, computer, tv …", Empty: true},
		{Name: "icon", Type: String, Doc: "icon to show, in place of that of its type", Empty: true},
		{Name: "pool", Type: String, Doc: "group that it belongs to, by its name or section", Empty: true},
		{Name: "note", Type: String, Doc: "what you want to remember of it", MaxLen: maxNote, Empty: true},
		{Name: "private", Type: Bool, Doc: "true: keep no names of what it talks to"},
	},
	Write:   true,
	Example: `{"id":2,"name":"Anna phone","pool":"kids"}`,
	run: func(ctx context.Context, b *Backend, a Args) (Reply, error) {
		if b.Identity == nil {
			return nil, noIdentity("device_set")
		}
		c := ProfileChange{
			Name: given[string](a, "name"), Type: given[string](a, "type"), Icon: given[string](a, "icon"),
			Pool: given[string](a, "pool"), Note: given[string](a, "note"), Private: given[bool](a, "private"),
		}
		id := uint32(arg[int64](a, "id"))
		if err := b.Identity.SetProfile(ctx, id, c); err != nil {
			return nil, identityError("device_set", err)
		}
		return deviceReply(ctx, b, id)
	},
}

// given returns an argument, nil when it was not given.
func given[T any](a Args, name string) *T {
	v, ok := a[name].(T)
	if !ok {
		return nil
	}
	return &v
}

var deviceMergeMethod = Method{
	Name: "device_merge",
	Doc:  "Makes one device a part of another: what it has and had counts as the other's from now on.",
	Args: []Arg{
		deviceIDArg,
		{Name: "with", Type: Int, Doc: "id of the device that becomes a part of it", Min: 1, Max: 1<<32 - 1, Required: true},
	},
	Write:   true,
	Example: `{"id":2,"with":3}`,
	run: func(ctx context.Context, b *Backend, a Args) (Reply, error) {
		if b.Identity == nil {
			return nil, noIdentity("device_merge")
		}
		id := uint32(arg[int64](a, "id"))
		if err := b.Identity.MergeDevices(id, uint32(arg[int64](a, "with"))); err != nil {
			return nil, identityError("device_merge", err)
		}
		return deviceReply(ctx, b, id)
	},
}

var deviceSplitMethod = Method{
	Name: "device_split",
	Doc:  "Makes a hardware address of a device one of its own again, with what it had moved until they were joined.",
	Args: []Arg{
		deviceIDArg,
		{Name: "mac", Type: String, Doc: "the hardware address", Form: macArg.Form, Required: true, parse: parseMAC},
	},
	Write:   true,
	Example: `{"id":2,"mac":"02:00:00:00:00:09"}`,
	run: func(ctx context.Context, b *Backend, a Args) (Reply, error) {
		if b.Identity == nil {
			return nil, noIdentity("device_split")
		}
		id, text := uint32(arg[int64](a, "id")), arg[string](a, "mac")
		mac, err := net.ParseMAC(text)
		var own uint32
		if err == nil {
			own, err = b.Identity.SplitDevice(id, packet.MAC(mac))
		}
		if errors.Is(err, device.ErrNoDevice) {
			return nil, notFound("device lists its hardware addresses", "device %d has no hardware address %s", id, text)
		}
		if err != nil {
			return nil, identityError("device_split", err)
		}
		return deviceReply(ctx, b, own)
	},
}

var deviceUndoMethod = Method{
	Name:  "device_undo",
	Doc:   "Takes back the last device_merge or device_split since weir was started.",
	Write: true,
	run: func(_ context.Context, b *Backend, _ Args) (Reply, error) {
		if b.Identity == nil {
			return nil, noIdentity("device_undo")
		}
		if err := b.Identity.UndoDevices(); err != nil {
			return nil, identityError("device_undo", err)
		}
		return done(b), nil
	},
}

var deviceForgetMethod = Method{
	Name:    "device_forget",
	Doc:     "Forgets a device with all that is known about it but what was counted. It is a new one when it is seen again.",
	Args:    []Arg{deviceIDArg},
	Write:   true,
	Example: `{"id":3}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		if b.Identity == nil {
			return nil, noIdentity("device_forget")
		}
		if err := b.Identity.ForgetDevice(uint32(arg[int64](a, "id"))); err != nil {
			return nil, identityError("device_forget", err)
		}
		return done(b), nil
	},
}

// done answers that something was done.
func done(b *Backend) Reply {
	ts := b.now().Unix()
	return func(e *Encoder) { e.Int("ts", ts) }
}

func doneAnswer() []Field { return []Field{{"ts", Integer, false, "when it was done"}} }
